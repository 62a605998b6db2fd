"""NPS and CES against sums by hand, another way to the same number, and what they promise."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from routing.outcomes.figures import Score
from routing.outcomes.scores import ces, ces_difference, nps, nps_difference


def score(found: Score | None) -> Score:
    assert found is not None
    return found


class TestNps:
    def test_it_is_promoters_less_detractors_in_points(self) -> None:
        found = score(nps({10: 12, 9: 7, 8: 5, 7: 3, 6: 4, 0: 5}))
        assert (found.value, found.n) == (pytest.approx(100 * (19 - 9) / 36), 36)
        # By hand: of 39 there are 19.75 above and 9.75 below, 10 / 39 more, and the variance is
        # (29.5 / 39 - (10 / 39)²) / 39.
        half = 1.959964 * sqrt((29.5 / 39 - (10 / 39) ** 2) / 39)
        assert found.low == pytest.approx(100 * (10 / 39 - half), abs=1e-4)
        assert found.high == pytest.approx(100 * (10 / 39 + half), abs=1e-4)

    def test_without_answers_there_is_none(self) -> None:
        assert nps({}) is None
        assert nps({3: 0}) is None

    def test_an_answer_off_the_scale_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 to 10"):
            nps({11: 1})
        with pytest.raises(ValueError, match="answers are"):
            nps({3: -1})

    def test_thirty_are_enough(self) -> None:
        assert score(nps({9: 30})).enough
        assert not score(nps({9: 29})).enough

    @given(st.dictionaries(st.integers(0, 10), st.integers(0, 400)))
    def test_it_lies_within_its_interval_and_on_its_scale(self, answers: dict[int, int]) -> None:
        found = nps(answers)
        if found is None:
            assert not sum(answers.values())
            return
        assert found.low is not None
        assert found.high is not None
        assert -100 <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= 100

    @pytest.mark.parametrize("n", [10, 30, 60])
    def test_the_interval_holds_the_truth_as_often_as_it_says(self, n: int) -> None:
        # Exactly, over every way in which n answers can fall.
        held = []
        for above, below in product((0.1, 0.3, 0.5, 0.7), (0.05, 0.15, 0.3)):
            if above + below >= 1:
                continue
            covered = 0.0
            for p in range(n + 1):
                for d in range(n + 1 - p):
                    found = score(nps({9: p, 6: d, 7: n - p - d}))
                    assert found.low is not None
                    assert found.high is not None
                    if found.low <= 100 * (above - below) <= found.high:
                        ways = comb(n, p) * comb(n - p, d)
                        rest = 1 - above - below
                        covered += ways * above**p * below**d * rest ** (n - p - d)
            held.append(covered)
        assert 0.93 <= sum(held) / len(held) <= 0.98
        assert min(held) > 0.91


class TestCes:
    def test_it_is_the_mean_with_student_s_interval(self) -> None:
        found = score(ces({7: 2, 5: 2, 3: 1}))
        # 7, 7, 5, 5, 3: mean 5.4, variance 2.8, so the error is the root of 0.56.
        assert (found.value, found.n) == (pytest.approx(5.4), 5)
        assert found.low == pytest.approx(5.4 - t.ppf(0.975, 4) * sqrt(0.56))
        assert found.high == 7

    def test_of_one_answer_there_is_a_score_and_no_interval(self) -> None:
        assert ces({4: 1}) == Score(4, None, None, 1)

    def test_answers_that_are_all_the_same_leave_no_width(self) -> None:
        assert ces({6: 8}) == Score(6, 6, 6, 8)

    def test_without_answers_there_is_none(self) -> None:
        assert ces({}) is None

    def test_an_answer_off_the_scale_is_refused(self) -> None:
        with pytest.raises(ValueError, match="1 to 7"):
            ces({0: 1})


def test_two_scores_lie_as_far_apart_as_their_means() -> None:
    found = nps_difference({10: 80, 8: 20}, {10: 40, 3: 60})
    assert found is not None
    assert found.value == pytest.approx(100.0)
    assert found.low < 100 < found.high
    assert found.p < 0.001
    other = ces_difference({7: 50, 5: 50}, {6: 50, 4: 50})
    assert other is not None
    assert other.value == pytest.approx(1.0)


def test_answers_that_are_all_the_same_or_too_few_say_nothing_of_a_difference() -> None:
    assert nps_difference({10: 50}, {0: 50}) is None
    assert ces_difference({}, {5: 30, 6: 20}) is None
    assert ces_difference({5: 1}, {5: 30, 6: 20}) is None


def test_scores_of_the_same_customers_differ_no_more_often_than_they_may() -> None:
    dice = np.random.default_rng(5)
    found = 0
    for _ in range(600):
        sides = [Counter(dice.choice([10, 9, 8, 5, 0], 60).tolist()) for _ in range(2)]
        one = nps_difference(*sides)
        assert one is not None
        found += one.p <= 0.05
        assert (one.low > 0 or one.high < 0) is (one.p < 0.05)
    assert 0.02 <= found / 600 <= 0.08
