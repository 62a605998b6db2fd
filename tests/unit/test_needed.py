"""How many more are needed, against published numbers and against what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from routing.outcomes.comparison import pace_difference, share_difference
from routing.outcomes.figures import lacking
from routing.outcomes.needed import needed_for_pace, needed_for_shares, ready_at
from routing.outcomes.waits import Waits

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_below_thirty_the_rest_is_lacking() -> None:
    assert [lacking(n) for n in (0, 1, 29, 30, 31)] == [30, 29, 1, 0, 0]


class TestWhen:
    def test_at_the_pace_so_far(self) -> None:
        # Ten a week: the twenty that are missing take two weeks.
        assert ready_at(10, NOON - WEEK, NOON) == NOON + 2 * WEEK

    def test_enough_is_ready_now(self) -> None:
        assert ready_at(30, NOON - WEEK, NOON) == NOON

    def test_where_none_came_nobody_knows(self) -> None:
        assert ready_at(0, NOON - WEEK, NOON) is None
        assert ready_at(4, NOON, NOON) is None


class TestShares:
    def test_a_half_and_three_quarters_take_77_for_nine_in_ten(self) -> None:
        # As R's documentation of power.prop.test has it: n = 76.7.
        assert needed_for_shares(0.5, 0.75, power=0.9) == 77

    def test_the_same_share_is_never_shown_to_differ(self) -> None:
        assert needed_for_shares(0.4, 0.4) is None

    def test_a_huge_difference_still_takes_thirty(self) -> None:
        assert needed_for_shares(0.0, 1.0) == 30
        assert needed_for_shares(0.0, 0.5) == 30

    def test_a_tiny_difference_takes_very_many(self) -> None:
        # 2 (1.96 + 0.84)² / h², where h is nearly twice the difference.
        assert needed_for_shares(0.5, 0.501) == pytest.approx(15.698 / 0.002**2, rel=1e-3)

    def test_with_so_many_four_in_five_show_it(self) -> None:
        n = needed_for_shares(0.9, 0.82)
        assert n is not None
        dice = np.random.default_rng(5)
        shown = 0
        for first, second in zip(
            dice.binomial(n, 0.9, 2_000), dice.binomial(n, 0.82, 2_000), strict=True
        ):
            found = share_difference(int(first), n, int(second), n)
            shown += found is not None and found.p <= 0.05
        assert 0.77 <= shown / 2_000 <= 0.83


class TestPace:
    @pytest.mark.parametrize(("ratio", "endings"), [(1.5, 191), (2.0, 66), (0.5, 66)])
    def test_the_endings_are_schoenfeld_s(self, ratio: float, endings: int) -> None:
        # Schoenfeld (1983), Biometrics 39, 499-503: 191 for 1.5, 66 for 2.
        each = needed_for_pace(ratio)
        assert each is not None
        assert endings <= 2 * each <= endings + 1

    def test_where_half_will_have_ended_it_takes_twice_as_many(self) -> None:
        assert needed_for_pace(1.5) == 96
        assert needed_for_pace(1.5, ended=0.5) == 191

    def test_what_cannot_be_shown_has_no_number(self) -> None:
        assert needed_for_pace(1.0) is None
        assert needed_for_pace(2.0, ended=0.0) is None
        with pytest.raises(ValueError, match="more than 0"):
            needed_for_pace(0)

    def test_with_so_many_four_in_five_show_it(self) -> None:
        n = needed_for_pace(1.5)
        assert n is not None
        dice = np.random.default_rng(6)
        ended, counts = np.ones(n, dtype=np.bool_), np.ones(n, dtype=np.int64)
        shown = 0
        for _ in range(1_000):
            fast, slow = dice.exponential(1.0, n), dice.exponential(1.5, n)
            found = pace_difference(Waits(fast, ended, counts), Waits(slow, ended, counts))
            shown += found is not None and found.p <= 0.05
        assert 0.76 <= shown / 1_000 <= 0.85
