"""Many comparisons at once: what holds, what chance would have shown, and how it is said."""

from __future__ import annotations

import numpy as np
import pytest
from statistics_samples import a_side, waits

from routing.outcomes.comparison import Measure, Side
from routing.outcomes.figures import Difference, Times
from routing.outcomes.many import Answer, all_pairs, each_against_the_rest, in_words
from routing.outcomes.medians import MediansApart, medians_apart
from routing.outcomes.survival import times


class TestChance:
    def test_a_segment_that_is_worse_is_found_among_the_others(self) -> None:
        dice = np.random.default_rng(2)
        found = 0
        for _ in range(100):
            sides = {name: a_side(dice, 400) for name in "abc"}
            sides["worse"] = a_side(dice, 400, happy=0.65, hours=2.0)
            answers = each_against_the_rest(sides)
            told = {one.measure for one in answers.shown if one.first == "worse"}
            found += told >= {Measure.CSAT, Measure.RESOLUTION}
        assert found >= 95


class TestTooFew:
    def test_below_thirty_nothing_is_compared_and_it_is_said_what_is_lacking(self) -> None:
        dice = np.random.default_rng(3)
        small = Side({Measure.CSAT: (0, 29)}, {Measure.RESOLUTION: waits(dice, 29, 10)})
        sides = {"small": small, "large": a_side(dice, 500), "other": a_side(dice, 500)}
        for found in (all_pairs(sides), each_against_the_rest(sides)):
            assert not any("small" in {one.first, one.second} for one in found.made)
            assert {(one.name, one.measure, one.lacks) for one in found.lacking} == {
                ("small", Measure.CSAT, 1),
                ("small", Measure.RESOLUTION, 1),
            }

    def test_one_group_or_none_leaves_nothing_to_compare(self) -> None:
        dice = np.random.default_rng(4)
        assert each_against_the_rest({"alone": a_side(dice, 99)}).made == ()
        assert all_pairs({}).made == ()
        assert all_pairs({}).without_correction == 0


def answer(measure: Measure, found: Difference, medians: MediansApart | None = None) -> Answer:
    return Answer(measure, "Compliance-bound", "Enterprise", found, (90, 80), medians, shown=True)


class TestWords:
    def test_shares_are_told_in_points(self) -> None:
        lower = answer(Measure.CSAT, Difference(-0.099, -0.138, -0.063, 0.001))
        assert in_words(lower, str) == (
            "Compliance-bound is lower than Enterprise by 9.9 points (6.3 to 13.8)"
        )
        higher = answer(Measure.CSAT, Difference(0.099, 0.063, 0.138, 0.001))
        assert "higher than Enterprise by 9.9 points (6.3 to 13.8)" in in_words(higher, str)

    def test_times_are_told_by_their_medians(self) -> None:
        def minutes(seconds: float) -> str:
            return f"{seconds / 60:.0f} min"

        faster = Difference(1.4, 1.2, 1.6, 0.001)
        told = answer(Measure.RESOLUTION, faster, MediansApart(-180, -300, -60))
        assert in_words(told, minutes) == (
            "Compliance-bound is 3 min faster than Enterprise (1 min to 5 min)"
        )
        slower = Difference(0.7, 0.6, 0.8, 0.001)
        told = answer(Measure.RESOLUTION, slower, MediansApart(180, 60, 300))
        assert "3 min slower than Enterprise (1 min to 5 min)" in in_words(told, minutes)

    @pytest.mark.parametrize(
        "medians",
        [
            None,
            MediansApart(-180, None, -60),
            MediansApart(-10, -60, 40),
            MediansApart(180, 60, 300),
        ],
        ids=["unknown", "not bounded", "not clear", "the other way"],
    )
    def test_where_medians_do_not_say_it_the_pace_does(self, medians: MediansApart | None) -> None:
        told = answer(Measure.RESOLUTION, Difference(1.4, 1.2, 1.6, 0.001), medians)
        assert in_words(told, str) == (
            "Compliance-bound is 1.40 times as fast as Enterprise (1.20 to 1.60)"
        )

    def test_no_difference_is_a_result(self) -> None:
        same = Answer(Measure.CSAT, "A", None, Difference(0.01, -0.05, 0.07, 0.6), (90, 80))
        assert in_words(same, str) == "A and everyone else: no difference shown"


class TestMedians:
    def test_equal_halves_as_newcombe_puts_two_intervals_together(self) -> None:
        found = medians_apart(Times(100, 94, 108, 200, 50, 0), Times(60, 52, 64, 90, 50, 0))
        # 6 below and 4 above: the root of 52; 8 above and 8 below: the root of 128.
        assert found == MediansApart(40, pytest.approx(40 - 52**0.5), pytest.approx(40 + 128**0.5))

    def test_an_end_that_is_not_bounded_leaves_one_open(self) -> None:
        found = medians_apart(Times(100, 94, None, None, 50, 20), Times(60, 52, 64, 90, 50, 0))
        assert found is not None
        assert found.high is None
        assert found.low is not None

    def test_without_both_medians_there_is_no_difference(self) -> None:
        assert medians_apart(None, Times(60, 52, 64, 90, 50, 0)) is None
        assert medians_apart(Times(None, 3, None, None, 9, 8), Times(1, 1, 1, 1, 9, 0)) is None

    @pytest.mark.parametrize("n", [30, 100, 400])
    def test_the_interval_holds_the_truth_as_often_as_it_says(self, n: int) -> None:
        dice = np.random.default_rng(n)
        held = 0
        for _ in range(500):
            sides = [times(waits(dice, size, mean)) for size, mean in ((n, 100.0), (n + 20, 150.0))]
            found = medians_apart(*sides)
            assert found is not None
            held += (found.low is None or found.low <= -50) and (
                found.high is None or found.high >= -50
            )
        assert 0.92 <= held / 500 <= 0.99

    def test_an_answer_can_be_told_of_the_other_group(self) -> None:
        apart = Difference(0.1, 0.05, 0.15, 0.01)
        one = Answer(Measure.CSAT, "A", "B", apart, (40, 50), shown=True)
        assert one.told_of("A") is one
        other = one.told_of("B")
        assert in_words(other, str) == "B is lower than A by 10.0 points (5.0 to 15.0)"
        assert other.n == (50, 40)
        assert other.told_of("A") == one
        pace = Difference(2.0, 1.6, 2.5, 0.01)
        medians = MediansApart(-60.0, -90.0, None)
        wait = Answer(Measure.RESOLUTION, "A", "B", pace, (40, 50), medians, shown=True)
        turned = wait.told_of("B")
        assert turned.difference == Difference(0.5, 0.4, 0.625, 0.01)
        assert turned.medians == MediansApart(60.0, None, 90.0)
