"""Who belongs to a segment, compared with before and packed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.population.members import (
    NOBODY,
    Keys,
    applied,
    change,
    pack,
    rows_of,
    unpack,
    unsorted_keys,
)

ROWS = st.sets(st.integers(1, 2**32 - 1), max_size=30)


def keys(rows: set[int]) -> Keys:
    ordered = sorted(rows)
    return np.unique(unsorted_keys(ordered, [f"c-{row}" for row in ordered]))


@given(ROWS, ROWS, st.integers(1, 7))
def test_a_change_in_parts_makes_of_one_the_other(
    before: set[int], after: set[int], most: int
) -> None:
    now, wanted = keys(before), keys(after)
    whole = change(now, wanted)
    assert len(whole) == len(before ^ after)
    for first in range(0, len(whole), most):
        part = whole.part(first, most)
        assert len(part) == min(most, len(whole) - first)
        now = applied(now, part)
    assert np.array_equal(now, wanted)


@given(ROWS, ROWS, st.integers(0, 30))
def test_who_left_comes_before_who_joined(before: set[int], after: set[int], first: int) -> None:
    whole = change(keys(before), keys(after))
    every = [*rows_of(whole.left), *rows_of(whole.joined)]
    part = whole.part(first, 4)
    assert [*rows_of(part.left), *rows_of(part.joined)] == every[first : first + 4]


@given(ROWS)
def test_what_is_packed_comes_back(rows: set[int]) -> None:
    found = unpack(pack(keys(rows)))
    assert np.array_equal(found, keys(rows))
    assert rows_of(found) == sorted(rows)


def test_nothing_is_nobody() -> None:
    assert len(unpack(b"")) == len(unpack(pack(NOBODY))) == 0


def test_a_row_that_is_another_customer_now_is_one_who_left_and_one_who_joined() -> None:
    before, after = unsorted_keys([7], ["anna"]), unsorted_keys([7], ["ben"])
    changed = change(before, after)
    assert (rows_of(changed.left), rows_of(changed.joined)) == ([7], [7])
    assert np.array_equal(applied(before, changed), after)


def test_a_row_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 32 bits"):
        unsorted_keys([2**32], ["x"])


def test_a_million_members_are_packed_small() -> None:
    rows = np.arange(1, 1_000_001, dtype=np.uint64)
    marks = np.random.default_rng(1).integers(0, 2**32, len(rows), dtype=np.uint64)
    packed = pack((rows << np.uint64(32)) | marks)
    assert len(packed) < 4_200_000
