"""Comparisons against published numbers, and against what they promise."""

from __future__ import annotations

from itertools import starmap
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, chi2, logrank
from scipy.stats.contingency import association
from statsmodels.duration.survfunc import survdiff
from statsmodels.stats.multitest import multipletests

from routing.outcomes.comparison import (
    Compared,
    Measure,
    Side,
    Sight,
    compare,
    discoveries,
    pace_difference,
    share_difference,
    told_apart,
)
from routing.outcomes.figures import Difference, Wait
from routing.outcomes.waits import Waits


def between(first: int, of_first: int, second: int, of_second: int) -> Difference:
    found = share_difference(first, of_first, second, of_second)
    assert found is not None
    return found


def waits(ended: str, waiting: str = "") -> list[Wait]:
    return [Wait(float(one), happened=True) for one in ended.split()] + [
        Wait(float(one), happened=False) for one in waiting.split()
    ]


def tied(each: list[Wait]) -> Waits:
    """Each different wait once, with how often it is there."""
    different = sorted(set(each), key=lambda one: (one.seconds, one.happened))
    return Waits(
        np.array([one.seconds for one in different]),
        np.array([one.happened for one in different]),
        np.array([each.count(one) for one in different]),
    )


class TestShares:
    @pytest.mark.parametrize(
        ("first", "of_first", "second", "of_second", "low", "high"),
        [
            # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
            (56, 70, 48, 80, 0.0524, 0.3339),
            (9, 10, 3, 10, 0.1705, 0.8090),
            (5, 56, 0, 29, -0.0381, 0.1926),
            (0, 10, 0, 10, -0.2775, 0.2775),
            (10, 10, 0, 10, 0.6075, 1.0000),
        ],
    )
    def test_the_interval_is_newcombe_s(
        self, first: int, of_first: int, second: int, of_second: int, low: float, high: float
    ) -> None:
        found = between(first, of_first, second, of_second)
        assert found.value == pytest.approx(first / of_first - second / of_second)
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)

    def test_the_test_is_chi_squared_with_n_less_one(self) -> None:
        # 1 degree of freedom: 3.841459 is the 95 % point, and 6.9766 gives 0.008258.
        assert between(56, 70, 48, 80).p == pytest.approx(0.008258, abs=5e-6)

    @given(st.integers(0, 300), st.integers(0, 300))
    def test_the_test_is_the_one_by_another_library_s_measure_of_association(
        self, first: int, second: int
    ) -> None:
        if not 4 <= first + second <= 596:
            return  # there the exact test is asked
        table = [[first, 300 - first], [second, 300 - second]]
        strength = association(table, method="cramer")
        assert between(first, 300, second, 300).p == pytest.approx(
            chi2.sf(599 * strength**2, 1), rel=1e-6, abs=1e-12
        )

    @pytest.mark.parametrize(
        ("first", "of_first", "second", "of_second", "p"),
        [
            (1, 100, 0, 100, 1.0),
            (0, 50, 3, 10, 120 / 34_220),  # one table of C(60, 3), of which C(10, 3) look so
            (2, 900, 2, 30, 0.0058015),  # as other programs compute it
        ],
    )
    def test_where_little_is_expected_the_test_is_exact(
        self, first: int, of_first: int, second: int, of_second: int, p: float
    ) -> None:
        assert between(first, of_first, second, of_second).p == pytest.approx(p, rel=1e-4)

    def test_of_nothing_there_is_no_difference(self) -> None:
        assert share_difference(0, 0, 3, 4) is None
        assert share_difference(3, 4, 0, 0) is None

    def test_where_all_are_hits_nothing_can_be_told(self) -> None:
        assert between(40, 40, 50, 50).p == pytest.approx(1)

    @given(st.data())
    def test_the_groups_may_change_places(self, data: st.DataObject) -> None:
        of_first, of_second = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
        first = data.draw(st.integers(0, of_first))
        second = data.draw(st.integers(0, of_second))
        one, other = (
            between(first, of_first, second, of_second),
            between(second, of_second, first, of_first),
        )
        assert one.p == pytest.approx(other.p)
        assert 0 <= one.p <= 1
        assert one.low == pytest.approx(-other.high)
        assert one.low - 1e-12 <= one.value <= one.high + 1e-12


class TestPace:
    # Freireich et al. (1963), Blood 21, 699-716: weeks in remission, with 6-MP and without.
    TREATED = waits("6 6 6 7 10 13 16 22 23", "6 9 10 11 17 19 20 25 32 32 34 35")
    PLACEBO = waits("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23")

    def test_the_leukaemia_trial_gives_its_published_log_rank(self) -> None:
        found = pace_difference(self.TREATED, self.PLACEBO)
        assert found is not None
        # Chi-squared 16.79 on 1 degree of freedom, observed 9 against 19.25, variance 6.257.
        assert found.p == pytest.approx(4.17e-5, rel=0.005)
        assert found.value == pytest.approx(0.194, abs=0.001)
        assert found.low == pytest.approx(0.0888, abs=0.001)
        assert found.high == pytest.approx(0.425, abs=0.001)

    def test_two_libraries_find_the_same_log_rank(self) -> None:
        dice = np.random.default_rng(3)
        for _ in range(20):
            n, part = 90, int(dice.integers(20, 70))
            seconds = np.round(dice.exponential(10, n) * np.where(np.arange(n) < part, 1, 1.5))
            ended = dice.random(n) < 0.7
            sides = [
                [Wait(float(s), bool(e)) for s, e in zip(seconds[at], ended[at], strict=True)]
                for at in (slice(part), slice(part, None))
            ]
            found = pace_difference(*sides)
            assert found is not None
            told = logrank(
                *(
                    CensoredData(uncensored=seconds[at][ended[at]], right=seconds[at][~ended[at]])
                    for at in (slice(part), slice(part, None))
                )
            )
            assert found.p == pytest.approx(told.pvalue, rel=1e-6)
            other = survdiff(seconds, ended.astype(int), (np.arange(n) < part).astype(int))
            assert found.p == pytest.approx(other[1], rel=1e-6)

    @given(
        st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40),
        st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40),
    )
    def test_waits_that_are_counted_compare_as_each_by_itself(
        self, first: list[tuple[int, bool]], second: list[tuple[int, bool]]
    ) -> None:
        one, other = (list(starmap(Wait, side)) for side in (first, second))
        alone, counted = pace_difference(one, other), pace_difference(tied(one), tied(other))
        if alone is None or counted is None:
            assert alone is counted
            return
        assert counted.value == pytest.approx(alone.value)
        assert counted.p == pytest.approx(alone.p)

    def test_the_same_waits_twice_go_at_the_same_pace(self) -> None:
        found = pace_difference(self.TREATED, self.TREATED)
        assert found is not None
        assert (found.value, found.p) == (pytest.approx(1), pytest.approx(1))

    def test_where_nothing_happened_there_is_nothing_to_compare(self) -> None:
        assert pace_difference(waits("", "1 2 3"), waits("", "4")) is None
        assert pace_difference([], self.PLACEBO) is None
        assert pace_difference([], []) is None

    @given(
        st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30),
        st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30),
    )
    def test_the_groups_may_change_places(
        self, first: list[tuple[int, bool]], second: list[tuple[int, bool]]
    ) -> None:
        a, b = (list(starmap(Wait, side)) for side in (first, second))
        one, other = pace_difference(a, b), pace_difference(b, a)
        if one is None or other is None:
            assert one is other
            return
        assert one.p == pytest.approx(other.p)
        assert one.value == pytest.approx(1 / other.value)


class TestManyComparisons:
    def test_the_worked_example_of_benjamini_and_hochberg(self) -> None:
        # Their section 4.1, fifteen probabilities at a rate of 0.05: the first four count.
        seen = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
        seen += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
        assert discoveries(seen, 0.05) == (True,) * 4 + (False,) * 11
        assert discoveries(seen[::-1], 0.05) == (False,) * 11 + (True,) * 4

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
    def test_another_library_says_the_same(self, seen: list[float]) -> None:
        assert discoveries(seen, 0.05) == tuple(multipletests(seen, 0.05, method="fdr_bh")[0])

    def test_of_no_comparisons_none_counts(self) -> None:
        assert discoveries([]) == ()
        assert told_apart([]) == ()
        assert told_apart([(), ()]) == (False, False)

    def test_each_group_of_kpis_keeps_its_own_answer(self) -> None:
        def of(*by_chance: float) -> tuple[Compared, ...]:
            return tuple(Compared(Measure.CSAT, Difference(0, 0, 0, p), 99, 99) for p in by_chance)

        assert told_apart([of(0.9, 0.0001), of(0.5), (), of(0.0001, 0.7)]) == (
            True,
            False,
            False,
            True,
        )


def some_tickets(dice: Random, n: int, *, happy: float = 0.85, days: float = 0.5) -> Side:
    """Tickets as they come: four in ten rated, some still open."""
    seen = []
    for _ in range(n):
        replied = dice.expovariate(1 / 3_600)
        solved = replied + dice.expovariate(1 / (days * 86_400))
        age = dice.uniform(0, 30 * 86_400)
        done = solved < age
        seen.append(
            Sight(
                satisfied=dice.random() < happy if done and dice.random() < 0.4 else None,
                one_touch=dice.random() < 0.6 if done else None,
                first_reply=Wait(min(replied, age), replied < age),
                resolution=Wait(min(solved, age), done),
            )
        )
    return Side.of(seen)


ALL = [Measure.CSAT, Measure.ONE_TOUCH, Measure.FIRST_REPLY, Measure.RESOLUTION]


class TestGroupsOfTickets:
    def test_of_a_thousand_equal_pairs_at_most_one_in_twenty_is_told_apart(self) -> None:
        shown = 0
        for seed in range(1_000):
            dice = Random(seed)
            pair = compare(some_tickets(dice, 150), some_tickets(dice, 200))
            assert [one.measure for one in pair] == ALL
            shown += told_apart([pair])[0]
        assert shown <= 50

    def test_corrected_together_a_thousand_equal_pairs_show_hardly_any(self) -> None:
        pairs = []
        for seed in range(300):
            dice = Random(seed)
            pairs.append(compare(some_tickets(dice, 100), some_tickets(dice, 100)))
        assert sum(told_apart(pairs)) <= 3

    def test_groups_that_differ_are_told_apart(self) -> None:
        found = 0
        for seed in range(100):
            dice = Random(seed)
            slow = some_tickets(dice, 300, days=1.0)
            found += told_apart([compare(some_tickets(dice, 300), slow)])[0]
        assert found >= 95

    def test_below_thirty_nothing_is_compared(self) -> None:
        dice = Random(1)
        assert compare(some_tickets(dice, 29), some_tickets(dice, 500)) == ()

    def test_only_enough_tickets_can_show_that_there_is_no_difference(self) -> None:
        few = compare(some_tickets(Random(1), 60), some_tickets(Random(2), 60))
        many = compare(some_tickets(Random(1), 2_000), some_tickets(Random(2), 2_000))
        assert not all(one.as_good_as_equal for one in few)
        assert all(one.as_good_as_equal for one in many)
