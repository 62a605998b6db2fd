"""How many customers stay, with those who are still here counted as such."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from routing.outcomes.figures import Share
from routing.outcomes.waits import Waits
from routing.worth.retention import DAY, Retention, by_segment, lifetimes, retention


def waits(days: list[float], *, ended: list[bool]) -> Waits:
    return Waits(np.array(days) * DAY, np.array(ended), np.ones(len(days), dtype=np.int64))


def kept(found: Retention | None) -> tuple[Share | None, ...]:
    assert found is not None
    return found.after


class TestLifetimes:
    def test_a_day_of_churn_ends_it_and_no_sign_of_it_does_not(self) -> None:
        found = lifetimes(
            signed_up=np.array([0.0, 0.0, 10.0]),
            churned=np.array([40.0, nan, 200.0]),
            last_order=np.array([nan, nan, nan]),
            now=100.0,
            horizon=None,
        )
        assert (found.seconds / DAY).tolist() == [40, 100, 90]
        # The third one has given notice, but is still here.
        assert found.ended.tolist() == [True, False, False]

    def test_after_the_horizon_silence_counts_as_leaving(self) -> None:
        last = np.array([10.0, 60.0, nan])
        found = lifetimes(np.zeros(3), np.full(3, nan), last, now=100.0, horizon=60.0)
        assert found.ended.tolist() == [True, False, False]
        assert (found.seconds / DAY).tolist() == [70, 100, 100]

    def test_a_day_of_churn_is_believed_before_silence(self) -> None:
        found = lifetimes(np.zeros(1), np.array([90.0]), np.array([5.0]), now=100.0, horizon=30.0)
        assert (found.seconds / DAY).tolist() == [90]

    def test_who_cannot_be_placed_is_counted_nought_times(self) -> None:
        signed_up = np.array([nan, 120.0, 50.0, 0.0])
        churned = np.array([10.0, nan, 20.0, nan])
        found = lifetimes(signed_up, churned, np.full(4, nan), now=100.0, horizon=None)
        assert found.counts.tolist() == [0, 0, 0, 1]
        assert np.isfinite(found.seconds).all()
        assert found.n == 1


class TestRetention:
    def test_without_customers_there_is_none(self) -> None:
        assert retention(waits([], ended=[])) is None

    def test_the_leukaemia_patients_stay_as_published(self) -> None:
        # Freireich et al. (1963), with weeks as days: 6-MP.
        ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
        still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
        found = retention(
            waits([*ended, *still], ended=[True] * 9 + [False] * 12), days=(10, 23, 35, 36)
        )
        assert found is not None
        assert (found.customers, found.lost) == (21, 9)
        ten, twenty_three, last, beyond = found.after
        assert ten is not None
        assert twenty_three is not None
        # As R's survfit says with conf.type = "log-log".
        assert (ten.value, ten.low, ten.high) == (
            pytest.approx(0.753, abs=5e-4),
            pytest.approx(0.503, abs=5e-4),
            pytest.approx(0.889, abs=5e-4),
        )
        assert twenty_three.value == pytest.approx(0.448, abs=5e-4)
        assert last == twenty_three
        assert beyond is None

    def test_where_nobody_has_left_yet_the_doubt_is_that_of_a_share(self) -> None:
        ninety = kept(retention(waits([100.0] * 10, ended=[False] * 10)))[1]
        assert ninety is not None
        assert (ninety.value, ninety.high) == (1, 1)
        assert ninety.low == pytest.approx(0.7225, abs=5e-5)  # Wilson's for 10 of 10

    def test_once_all_have_left_nobody_stays(self) -> None:
        after = kept(retention(waits([5.0, 40.0], ended=[True, True])))
        assert [None if one is None else one.value for one in after] == [0.5, 0, 0]

    def test_what_nobody_was_watched_for_is_not_told(self) -> None:
        after = kept(retention(waits([5.0, 40.0], ended=[True, False])))
        assert [one is None for one in after] == [False, True, True]

    def test_leaving_out_who_is_still_here_would_be_far_off(self) -> None:
        dice = np.random.default_rng(1)
        stays, since = dice.exponential(400, 5_000), dice.uniform(0, 500, 5_000)
        whole = waits(list(np.minimum(stays, since)), ended=list(stays <= since))
        year = kept(retention(whole))[2]
        assert year is not None
        truth = np.exp(-365 / 400)
        assert year.low <= truth <= year.high
        gone = whole.ended
        left_only = (whole.seconds[gone] >= 365 * DAY).mean()
        assert left_only < truth / 2

    def test_each_segment_has_its_own(self) -> None:
        signed_up, churned = np.zeros(4), np.array([10.0, inf, inf, nan])
        whole = lifetimes(signed_up, churned, np.full(4, nan), now=100.0, horizon=None)
        found = by_segment(["vip", None, "empty"], np.array([0, 0, 1, 1]), whole)
        assert list(found) == ["vip", None]
        assert (found["vip"].customers, found["vip"].lost) == (2, 1)
        assert (found[None].customers, found[None].lost) == (2, 0)
