"""Which segments bring the revenue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.worth.concentration import concentration

SEGMENTS: dict[str | None, tuple[int, float]] = {
    "Enterprise": (20, 700.0),
    "Growth": (80, 150.0),
    "Hobby": (300, 50.0),
    None: (600, 100.0),
}


def test_who_brings_most_comes_first_with_both_shares() -> None:
    found = concentration(SEGMENTS)
    assert found is not None
    assert [one.name for one in found.segments] == ["Enterprise", "Growth", None, "Hobby"]
    first = found.segments[0]
    assert (first.of_customers, first.of_revenue) == (pytest.approx(0.02), pytest.approx(0.7))
    assert [round(one.so_far, 2) for one in found.segments] == [0.7, 0.85, 0.95, 1.0]


def test_the_fewest_segments_that_bring_four_fifths() -> None:
    found = concentration(SEGMENTS)
    assert found is not None
    assert [one.name for one in found.bringing()] == ["Enterprise", "Growth"]
    assert [one.name for one in found.bringing(0.7)] == ["Enterprise"]
    assert len(found.bringing(1.0)) == 4


def test_where_nobody_brings_anything_there_is_none() -> None:
    assert concentration({}) is None
    assert concentration({"a": (3, 0.0), "b": (1, -5.0)}) is None


def test_refunds_take_nothing_from_what_others_bring() -> None:
    found = concentration({"a": (3, 10.0), "b": (1, -5.0)})
    assert found is not None
    assert [one.of_revenue for one in found.segments] == [1.0, 0.0]


@given(
    st.dictionaries(
        st.text(max_size=3), st.tuples(st.integers(0, 99), st.integers(0, 10**6)), min_size=1
    )
)
def test_shares_add_up_and_fall(segments: dict[str | None, tuple[int, float]]) -> None:
    found = concentration(segments)
    if found is None:
        return
    shares = [one.of_revenue for one in found.segments]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    few = found.bringing()
    assert sum(one.of_revenue for one in few) >= 0.8 - 1e-9
    assert sum(one.of_revenue for one in few[:-1]) < 0.8
