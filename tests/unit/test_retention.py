"""How many customers stay, with those who are still here counted as such."""

from __future__ import annotations

import csv
from math import inf, nan

import numpy as np
import pytest
from reference_data import reference

from routing.worth.report import MILESTONES, Stay
from routing.worth.retention import DAY, churn, lifetimes, stay


def watched(days: list[float], *, ended: list[bool], at: tuple[int, ...] = MILESTONES) -> Stay:
    """How customers stay who were watched for so many days, until they left or until today."""
    now = max(days)
    left = [day if end else inf for day, end in zip(days, ended, strict=True)]
    began = [0.0 if end else now - day for day, end in zip(days, ended, strict=True)]
    return stay(np.array(began), np.array(left), now, at)


class TestLifetimes:
    def test_a_day_of_leaving_ends_it_once_it_is_over(self) -> None:
        began, left = np.array([0.0, 0.0, 10.0]), np.array([40.0, inf, 200.0])
        found = lifetimes(began, left, now=100.0)
        assert (found.seconds / DAY).tolist() == [40, 100, 90]
        # The third one has given notice, but is still here.
        assert found.ended.tolist() == [True, False, False]

    def test_who_cannot_be_placed_is_counted_nought_times(self) -> None:
        began = np.array([nan, 120.0, 50.0, 0.0, 0.0])
        found = lifetimes(began, np.array([10.0, inf, 20.0, nan, inf]), now=100.0)
        assert found.counts.tolist() == [0, 0, 0, 0, 1]
        assert np.isfinite(found.seconds).all()
        assert found.n == 1


class TestStay:
    def test_without_customers_nothing_is_told(self) -> None:
        found = stay(np.zeros(0), np.zeros(0), now=0)
        assert (found.customers, found.after, found.churn, found.curve) == (0, (), None, ())

    def test_the_leukaemia_patients_stay_as_published(self) -> None:
        # Freireich et al. (1963), with weeks as days: 6-MP.
        ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
        still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
        found = watched([*ended, *still], ended=[True] * 9 + [False] * 12, at=(10, 23, 35, 36))
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
        ninety = watched([100.0] * 10, ended=[False] * 10).at(90)
        assert ninety is not None
        assert (ninety.value, ninety.high) == (1, 1)
        assert ninety.low == pytest.approx(0.7225, abs=5e-5)  # Wilson's for 10 of 10

    def test_once_all_have_left_nobody_stays(self) -> None:
        after = watched([5.0, 40.0], ended=[True, True]).after
        assert [None if one is None else one.value for one in after] == [0.5, 0, 0]

    def test_what_nobody_was_watched_for_is_not_told(self) -> None:
        after = watched([5.0, 40.0], ended=[True, False]).after
        assert [one is None for one in after] == [False, True, True]

    def test_leaving_out_who_is_still_here_would_be_far_off(self) -> None:
        dice = np.random.default_rng(1)
        stays, since = dice.exponential(400, 5_000), dice.uniform(0, 500, 5_000)
        gone = stays <= since
        year = watched(list(np.minimum(stays, since)), ended=list(gone)).at(365)
        assert year is not None
        truth = np.exp(-365 / 400)
        assert year.low <= truth <= year.high
        left_only = (stays[gone] >= 365).mean()
        assert left_only < truth / 2

    def test_a_curve_ends_where_too_few_are_watched(self) -> None:
        found = watched([*[10.0] * 50, *[400.0] * 29], ended=[False] * 79)
        assert found.curve[0].n == 79
        assert found.curve[-1].day <= 10
        assert all(step.n >= 30 for step in found.curve)

    def test_churn_is_of_those_who_were_here_a_year_ago(self) -> None:
        began = np.array([0.0, 0.0, 0.0, 0.0, 900.0, nan, 0.0])
        left = np.array([700.0, inf, 1_200.0, 600.0, 950.0, 700.0, nan])
        found = churn(began, left, now=1_000.0)
        # Here on day 635 were the first three; the one who left on day 600 was not any more.
        assert found is not None
        assert (found.value, found.n) == (pytest.approx(1 / 3), 3)

    def test_telco_customers_stay_as_an_independent_count_says(self) -> None:
        path = reference("telco/Telco-Customer-Churn.csv")
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        months = np.array([float(row["tenure"]) for row in rows])
        gone = np.array([row["Churn"] == "Yes" for row in rows])
        days = (90, 365, 730, 1_460)
        found = watched(list(months * 30), ended=list(gone), at=days)
        assert found.customers == len(rows)
        assert found.lost == gone.sum()
        for day, told in zip(days, found.after, strict=True):
            stays = 1.0
            for month in sorted(set(months[gone])):
                if month * 30 <= day:
                    at_risk = (months >= month).sum()
                    stays *= 1 - (gone & (months == month)).sum() / at_risk
            assert told is not None
            assert told.value == pytest.approx(stays)
            assert told.low < told.value < told.high
