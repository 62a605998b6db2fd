"""Intervals and quantiles against published numbers, and against what they promise."""

from __future__ import annotations

from math import comb, exp, log, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, binomtest, ecdf

from routing.outcomes.figures import Share, Times, Wait
from routing.outcomes.scale import ENDED, FINE, ROUGH
from routing.outcomes.statistics import share
from routing.outcomes.survival import survival, survivals, times, times_of_all
from routing.outcomes.waits import Waits

Z = 1.959964  # the normal distribution's 97.5 % point


def share_of(hits: int, n: int) -> Share:
    result = share(hits, n)
    assert result is not None
    return result


def times_of(*waits: Wait) -> Times:
    result = times(waits)
    assert result is not None
    return result


def ended(*seconds: float) -> list[Wait]:
    return [Wait(one, happened=True) for one in seconds]


def waiting(*seconds: float) -> list[Wait]:
    return [Wait(one, happened=False) for one in seconds]


class TestShare:
    def test_of_nothing_there_is_none(self) -> None:
        assert share(0, 0) is None

    @pytest.mark.parametrize(
        ("hits", "n", "low", "high"),
        [
            # The first four are Newcombe (1998), Statistics in Medicine 17, 857-872, table I.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (8, 10, 0.4902, 0.9433),
            (0, 10, 0.0000, 0.2775),
            (10, 10, 0.7225, 1.0000),
        ],
    )
    def test_the_interval_is_wilson_s(self, hits: int, n: int, low: float, high: float) -> None:
        result = share_of(hits, n)
        assert result.value == hits / n
        assert result.low == pytest.approx(low, abs=5e-5)
        assert result.high == pytest.approx(high, abs=5e-5)

    @pytest.mark.parametrize("n", range(10, 101, 10))
    def test_it_covers_the_truth_as_often_as_it_says(self, n: int) -> None:
        # Exactly: the chance of each number of hits, summed where the interval holds the truth.
        intervals = [share_of(hits, n) for hits in range(n + 1)]
        truths = [place / 100 for place in range(5, 96)]
        coverage = [
            sum(
                comb(n, hits) * p**hits * (1 - p) ** (n - hits)
                for hits, one in enumerate(intervals)
                if one.low <= p <= one.high
            )
            for p in truths
        ]
        assert 0.91 <= sum(coverage) / len(coverage) <= 0.98
        # A single truth can be unlucky by a little; the textbook interval falls below 0.75 here.
        assert min(coverage) > 0.82

    @given(st.integers(1, 3_000), st.data())
    def test_another_library_says_the_same(self, n: int, data: st.DataObject) -> None:
        hits = data.draw(st.integers(0, n))
        other = binomtest(hits, n).proportion_ci(method="wilson")
        result = share_of(hits, n)
        assert result.low == pytest.approx(other.low, abs=1e-9)
        assert result.high == pytest.approx(other.high, abs=1e-9)

    @given(st.integers(1, 10_000), st.data())
    def test_it_holds_the_share_and_stays_between_nought_and_one(
        self, n: int, data: st.DataObject
    ) -> None:
        result = share_of(data.draw(st.integers(0, n)), n)
        assert 0 <= result.low <= result.value + 1e-12
        assert result.value <= result.high + 1e-12 <= 1 + 2e-12

    def test_thirty_observations_are_enough(self) -> None:
        assert not share_of(3, 29).enough
        assert share_of(3, 30).enough


# Times to relapse in weeks under 6-MP: Freireich et al. (1963), Blood 21, 699-716.
SIX_MP = [
    *ended(6, 6, 6, 7, 10, 13, 16, 22, 23),
    *waiting(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35),
]
# The weeks in which somebody fell ill again, with the share that had not by then: of 21 at risk
# three fell ill, of 17 one, and so on, multiplied up.
BY_HAND = [
    (6, 18 / 21),
    (7, 18 / 21 * 16 / 17),
    (10, 18 / 21 * 16 / 17 * 14 / 15),
    (13, 18 / 21 * 16 / 17 * 14 / 15 * 11 / 12),
    (16, 18 / 21 * 16 / 17 * 14 / 15 * 11 / 12 * 10 / 11),
    (22, 18 / 21 * 16 / 17 * 14 / 15 * 11 / 12 * 10 / 11 * 6 / 7),
    (23, 18 / 21 * 16 / 17 * 14 / 15 * 11 / 12 * 10 / 11 * 6 / 7 * 5 / 6),
]
PLACEBO = ended(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


class TestTimes:
    def test_of_nothing_there_are_none(self) -> None:
        assert times([]) is None

    def test_the_leukaemia_patients_under_6_mp_have_a_median_of_23_weeks(self) -> None:
        result = times_of(*SIX_MP)
        assert (result.median, result.n, result.waiting) == (23, 21, 12)
        assert result.low == 13
        assert result.high is None
        assert result.p90 is None

    def test_the_ones_under_placebo_have_a_median_of_8_weeks(self) -> None:
        result = times_of(*PLACEBO)
        assert (result.median, result.low, result.high) == (8, 4, 11)

    def test_the_whole_curve_is_the_one_worked_by_hand(self) -> None:
        # With k more patients who fell ill at once, survival is 21 / (21 + k) times what it was:
        # so the median of the enlarged group shows where the curve crosses any height.
        assert dict(BY_HAND)[10] == pytest.approx(0.753, abs=5e-4)
        crossed = []
        for k in (0, 1, 4, 7, 9, 12, 14, 16):
            height = 0.5 * (21 + k) / 21
            week = next(week for week, survival in BY_HAND if survival <= height)
            assert times_of(*SIX_MP, *ended(*[0] * k)).median == week
            crossed.append(week)
        assert crossed == [23, 23, 22, 16, 13, 10, 7, 6]

    def test_tickets_that_are_still_open_count_as_waiting(self) -> None:
        # Most of the recent tickets are open. To look at the solved ones alone flatters.
        dice = Random(7)
        truth = 48.0
        waits = []
        for _ in range(2_000):
            needed = dice.expovariate(log(2) / truth)
            since = dice.uniform(0, 60)
            waits.append(Wait(min(needed, since), happened=needed <= since))
        solved_only = times_of(*[wait for wait in waits if wait.happened]).median
        assert solved_only is not None
        assert solved_only < truth / 2
        assert times_of(*waits).median == pytest.approx(truth, rel=0.15)

    def test_when_more_than_half_still_wait_there_is_no_median_yet(self) -> None:
        result = times_of(*ended(1, 2), *waiting(5, 5, 5))
        assert result.median is None
        assert result.high is None

    @pytest.mark.parametrize("n", [1, 2, 10, 24, 28, 30, 100, 333, 1_000])
    def test_when_all_have_ended_the_quantiles_are_those_of_the_list(self, n: int) -> None:
        # 24 and 28 are lengths where rounding once let "half" count as more than half.
        result = times_of(*ended(*range(1, n + 1)))
        assert result.median == (n + 1) // 2
        assert result.p90 == -(-9 * n // 10)

    @pytest.mark.parametrize("n", range(8, 90, 3))
    def test_when_all_have_ended_the_interval_is_the_one_of_the_closed_formula(
        self, n: int
    ) -> None:
        # Without anyone waiting Greenwood's variance of log S is (1 - S) / (n S).
        low = high = None
        for place in range(1, n):
            alive = 1 - place / n
            half = Z * sqrt((1 - alive) / (n * alive)) / abs(log(alive))
            if low is None and alive ** exp(half) <= 0.5:
                low = place
            if high is None and alive ** exp(-half) <= 0.5:
                high = place
        result = times_of(*ended(*range(1, n + 1)))
        assert (result.low, result.high) == (low, high)

    def test_one_ticket_does_not_bound_its_median_from_above(self) -> None:
        assert times_of(*ended(5)) == Times(5, 5, None, 5, 1, 0)

    def test_one_that_ends_and_one_that_waits_at_the_same_moment_both_were_there_till_then(
        self,
    ) -> None:
        assert times_of(*waiting(4), *ended(4)).median == 4
        assert times_of(*ended(4), *waiting(4)).median == 4

    @given(
        st.lists(
            st.builds(Wait, st.floats(0, 1e9) | st.integers(0, 3), st.booleans()),
            min_size=1,
            max_size=30,
        ),
        st.randoms(use_true_random=False),
    )
    def test_the_order_of_the_tickets_does_not_matter_and_the_bounds_hold_the_median(
        self, waits: list[Wait], dice: Random
    ) -> None:
        result = times_of(*waits)
        dice.shuffle(waits)
        assert times_of(*waits) == result
        assert result.waiting == sum(not wait.happened for wait in waits)
        if result.median is not None:
            assert result.low is not None
            assert result.low <= result.median
            assert result.high is None or result.median <= result.high
            assert result.p90 is None or result.median <= result.p90

    @pytest.mark.parametrize("open_share", [False, True], ids=["all ended", "many still open"])
    @pytest.mark.parametrize("n", [30, 100])
    def test_the_median_s_interval_holds_the_truth_as_often_as_it_says(
        self, n: int, *, open_share: bool
    ) -> None:
        dice = Random(n)
        truth = exp(1.0)
        held = 0
        for _ in range(600):
            waits = []
            for _ in range(n):
                needed = dice.lognormvariate(1.0, 1.2)
                since = dice.expovariate(0.2) if open_share else float("inf")
                waits.append(Wait(min(needed, since), happened=needed <= since))
            result = times_of(*waits)
            above = result.low is None or truth < result.low
            below = result.high is not None and truth > result.high
            held += not above and not below
        assert 0.91 <= held / 600 <= 0.99


SOME_WAITS = st.lists(
    st.builds(Wait, st.integers(0, 20).map(float), st.booleans()), min_size=1, max_size=60
)


def grouped(waits: list[Wait]) -> Waits:
    """Each different wait once, with how often it is there."""
    different = sorted(set(waits), key=lambda one: (one.seconds, one.happened))
    return Waits(
        np.array([one.seconds for one in different]),
        np.array([one.happened for one in different]),
        np.array([waits.count(one) for one in different]),
    )


class TestManyWaits:
    @given(SOME_WAITS)
    def test_waits_that_are_counted_say_what_each_by_itself_says(self, waits: list[Wait]) -> None:
        together = grouped(waits)
        assert times(together) == times(waits)
        assert (together.n, together.waiting) == (len(waits), sum(not w.happened for w in waits))

    @given(SOME_WAITS, SOME_WAITS)
    def test_two_columns_of_waits_add_up(self, first: list[Wait], second: list[Wait]) -> None:
        assert times(grouped(first) + Waits.of(second)) == times([*first, *second])

    def test_a_wait_counted_a_million_times_is_one_of_a_million(self) -> None:
        many = Waits(np.array([5.0, 9.0]), np.array([True, False]), np.array([600_000, 400_000]))
        result = times(many)
        assert result is not None
        assert (result.median, result.n, result.waiting) == (5, 1_000_000, 400_000)

    def test_columns_of_different_lengths_are_refused(self) -> None:
        with pytest.raises(ValueError, match="one length"):
            Waits(np.array([1.0]), np.array([True, False]), np.array([1]))

    @given(st.lists(SOME_WAITS, max_size=5))
    def test_many_groups_at_once_are_each_what_it_is_alone(self, groups: list[list[Wait]]) -> None:
        every = [Waits.of(waits) for waits in [*groups, []]]
        together = times_of_all(every)
        assert together == [times(waits) for waits in every]
        for one, alone in zip(survivals(every), map(survival, every), strict=True):
            for name in ("seconds", "waiting", "low", "high"):
                assert getattr(one, name) == pytest.approx(getattr(alone, name))

    @pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
    @given(SOME_WAITS)
    def test_the_curve_and_its_interval_are_those_of_another_library(
        self, waits: list[Wait]
    ) -> None:
        ended = [one.seconds for one in waits if one.happened]
        if not ended:
            assert not len(survival(Waits.of(waits)).seconds)
            return
        right = [one.seconds for one in waits if not one.happened]
        other = ecdf(CensoredData(uncensored=ended, right=right)).sf
        bounds = other.confidence_interval(method="log-log")
        curve = survival(Waits.of(waits))
        places = np.searchsorted(other.quantiles, curve.seconds)
        assert curve.waiting == pytest.approx(other.probabilities[places])
        known = curve.waiting > 0  # at nought the other one has no interval
        assert curve.low[known] == pytest.approx(bounds.low.probabilities[places][known])
        assert curve.high[known] == pytest.approx(bounds.high.probabilities[places][known])


class TestRoundedWaits:
    """Of two waits that are rounded to one length nobody knows which was longer."""

    def curve(self, seconds: float, *, rounded: bool) -> list[float]:
        two = np.array([True, False])
        waits = Waits(np.full(2, seconds), two, np.array([2, 2]), rounded=rounded)
        return survival(waits).waiting.tolist()

    def test_half_of_those_that_still_wait_are_taken_to_have_waited_less(self) -> None:
        assert self.curve(100.0, rounded=True) == pytest.approx([1 - 2 / 3])
        assert self.curve(100.0, rounded=False) == pytest.approx([1 - 2 / 4])

    def test_what_is_told_apart_by_the_second_is_not_rounded(self) -> None:
        assert self.curve(60.0, rounded=True) == pytest.approx([1 - 2 / 4])

    def test_added_to_others_they_stay_rounded(self) -> None:
        some = Waits.of([Wait(100.0, happened=True)])
        assert not (some + some).rounded
        assert (some + Waits(some.seconds, some.ended, some.counts, rounded=True)).rounded

    def test_so_a_month_of_tickets_hardly_ever_has_the_next_one_s_time_as_its_p90(self) -> None:
        dice = np.random.default_rng(7)
        off: dict[str, list[float]] = {"as they stand": [], "by halves": [], "finely": []}
        for _ in range(300):
            seconds, ended = a_month(dice, 3_000)
            rough, fine = (one.lengths(one.places(seconds, ENDED)) for one in (ROUGH, FINE))
            exact = _p90(seconds, ended)
            off["as they stand"].append(_p90(rough, ended) / exact - 1)
            off["by halves"].append(_p90(rough, ended, rounded=True) / exact - 1)
            off["finely"].append(_p90(fine, ended, rounded=True) / exact - 1)
        wrong = {how: float(np.mean(np.abs(some) > 0.01)) for how, some in off.items()}
        assert wrong["as they stand"] > 0.03
        assert wrong["by halves"] < 0.01
        assert wrong["finely"] < 0.004


def a_month(dice: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """How long tickets of the last thirty days took, or have waited; one in twenty never ends."""
    age = dice.random(n) * 30 * 86_400 + 4 * 86_400
    speed = 1 + np.minimum(dice.geometric(0.25, n) - 1, 11)
    took = (dice.lognormal(7.5, 1.4, n) + dice.lognormal(9.5, 1.6, n)) * speed
    ended = (took < age) & (dice.random(n) > 0.05)
    return np.floor(np.where(ended, took, age)), ended


def _p90(seconds: np.ndarray, ended: np.ndarray, *, rounded: bool = False) -> float:
    ones = np.ones(len(seconds), dtype=np.int64)
    found = times(Waits(seconds, ended, ones, rounded=rounded))
    assert found is not None
    assert found.p90 is not None
    return found.p90
