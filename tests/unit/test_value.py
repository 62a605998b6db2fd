"""Scores, classes, ranks and shares of revenue, against plain counting."""

from __future__ import annotations

from itertools import pairwise, product, starmap
from math import isnan, nan

import cdnow
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.worth.rfm import RFM_CLASSES, rfm_class
from routing.worth.value import (
    fifths,
    gini,
    lorenz,
    revenue_rank,
    rfm,
    top_share,
)

money = st.lists(st.integers(0, 30).map(float) | st.just(nan), max_size=60)
"""Small whole sums, so that many are equal, and some unknown."""


def array(values: list[float]) -> cdnow.Floats:
    return np.array(values, dtype=np.float64)


def test_a_hundred_different_values_are_scored_in_fifths_of_twenty() -> None:
    scores = fifths(array([float(one) for one in range(100)])).tolist()
    assert scores == [1 + place // 20 for place in range(100)]


def test_equal_values_get_equal_scores_though_a_fifth_grows_too_large() -> None:
    assert fifths(array([1.0] * 7 + [2.0, 3.0, 4.0])).tolist() == [1] * 7 + [4, 5, 5]


@given(money)
def test_scores_follow_the_values_and_unknown_ones_have_none(values: list[float]) -> None:
    scores = fifths(array(values)).tolist()
    known = [one for one in values if not isnan(one)]
    for value, score in zip(values, scores, strict=True):
        if isnan(value):
            assert score == 0
        else:
            smaller = sum(one < value for one in known)
            assert score == 1 + 5 * smaller // len(known)


def test_who_bought_last_has_the_highest_recency() -> None:
    scores = rfm(array([1, 50, 100, 200, 300]), array([9, 7, 5, 3, 1]), array([90, 70, 50, 30, 1]))
    assert scores.recency.tolist() == [5, 4, 3, 2, 1]
    assert scores.classes() == ["champions", "champions", "loyal", "sleeping", "lost"]


def test_every_score_has_exactly_one_class_and_every_class_some_scores() -> None:
    found = set(starmap(rfm_class, product(range(1, 6), repeat=3)))
    assert found == {one.name for one in RFM_CLASSES}


@pytest.mark.parametrize(
    ("recency", "frequency", "money", "name"),
    [
        (5, 5, 5, "champions"),
        (4, 4, 4, "champions"),
        (3, 5, 5, "loyal"),
        (5, 3, 3, "loyal"),
        (5, 1, 1, "promising"),
        (3, 2, 3, "promising"),
        (2, 4, 4, "cannot lose"),
        (1, 5, 5, "cannot lose"),
        (2, 3, 4, "at risk"),
        (1, 3, 3, "at risk"),
        (2, 2, 3, "sleeping"),
        (1, 1, 1, "lost"),
        (0, 5, 5, None),
        (5, 0, 5, None),
        (5, 5, 0, None),
    ],
)
def test_scores_have_the_class_of_the_documented_table(
    recency: int, frequency: int, money: int, name: str | None
) -> None:
    assert rfm_class(recency, frequency, money) == name


def test_a_customer_with_an_unknown_value_is_in_no_class() -> None:
    scores = rfm(array([1, 2, nan]), array([3, nan, 3]), array([10, 20, 30]))
    assert scores.classes()[1:] == [None, None]
    assert scores.classes()[0] is not None


def test_the_rank_is_the_share_of_customers_who_bring_more() -> None:
    assert revenue_rank(array([10, 40, 30, 20])).tolist() == [75, 0, 25, 50]
    assert revenue_rank(array([5, 5, 9, 1])).tolist() == [25, 25, 0, 75]


@given(money)
def test_ranks_agree_with_counting(values: list[float]) -> None:
    known = [one for one in values if not isnan(one)]
    for value, rank in zip(values, revenue_rank(array(values)).tolist(), strict=True):
        if isnan(value):
            assert isnan(rank)
        else:
            assert rank == pytest.approx(100 * sum(one > value for one in known) / len(known))


def test_the_top_fifth_of_the_cdnow_customers_brings_two_thirds_of_the_revenue() -> None:
    spent = cdnow.revenue()
    assert len(spent) == 23_570
    assert len(cdnow.purchases()) == 69_659
    top = top_share(array(list(spent.values())))
    assert top == pytest.approx(0.678, abs=0.0005)
    dearest = sorted(spent.values(), reverse=True)[: len(spent) // 5]
    assert top == pytest.approx(sum(dearest) / sum(spent.values()))


def test_the_top_fifth_of_the_ranks_is_the_top_fifth_of_the_revenue() -> None:
    spent = array(list(cdnow.revenue().values()))
    top = spent[revenue_rank(spent) < 20]
    # The two on the border brought the same, so neither is left out.
    assert len(top) == len(spent) // 5 + 1
    assert top.sum() / spent.sum() == pytest.approx(top_share(spent), abs=1e-4)


def test_the_customer_on_the_border_counts_in_part() -> None:
    assert top_share(array([60, 20, 20])) == pytest.approx(0.6 * 60 / 100)
    assert top_share(array([60, 20, 20]), 0.5) == pytest.approx(0.7)


@given(money)
def test_the_lorenz_curve_runs_below_the_diagonal_and_meets_the_top_share(
    values: list[float],
) -> None:
    revenue = array(values)
    curve = lorenz(revenue)
    top = top_share(revenue)
    if top is None:
        assert curve == ()
        return
    assert curve[0] == (0.0, 0.0)
    assert curve[-1] == pytest.approx((1.0, 1.0))
    shares = [share for _, share in curve]
    assert shares == sorted(shares)
    assert all(share <= customers + 1e-9 for customers, share in curve)
    assert curve[80][1] == pytest.approx(1 - top)


def test_nobody_brings_anything_has_no_curve() -> None:
    assert top_share(array([0, 0, -3])) is None
    assert top_share(array([])) is None
    assert lorenz(array([nan])) == ()


def test_a_refund_takes_nothing_from_what_others_bring() -> None:
    assert top_share(array([10, 10, 10, 10, -40])) == pytest.approx(0.25)


def test_gini_is_nought_where_all_bring_the_same_and_near_one_where_one_brings_all() -> None:
    assert gini(array([5.0] * 8)) == pytest.approx(0)
    assert gini(array([0.0] * 99 + [7.0])) == pytest.approx(0.99)
    assert gini(array([])) is None
    assert gini(array([0.0, nan])) is None


def test_gini_is_half_of_the_mean_difference_beside_the_mean() -> None:
    revenue = array([3.0, 1.0, 0.0, 8.0, 2.5, 2.5])
    apart = sum(abs(a - b) for a in revenue for b in revenue) / len(revenue) ** 2
    assert gini(revenue) == pytest.approx(apart / 2 / revenue.mean())


def test_gini_of_the_cdnow_customers_is_twice_the_area_below_the_diagonal() -> None:
    revenue = array(list(cdnow.revenue().values()))
    curve = lorenz(revenue, 2_001)
    area = sum((b[1] + a[1]) / 2 * (b[0] - a[0]) for a, b in pairwise(curve))
    assert gini(revenue) == pytest.approx(1 - 2 * area, abs=1e-4)
