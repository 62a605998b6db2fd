"""Sets of tickets as boxes: for each variable, the values it may have.

A variable's values are numbered and a set of them is an integer, a bit for each; a box maps
variables to such sets and leaves every variable it does not name free. A condition is a list of
boxes, and two conditions are compared by meeting and subtracting theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Box = Mapping[int, int]
"""The values that each variable may have, as bits; what is not in it is free."""

Boxes = tuple[Box, ...]

MOST = 64
"""Boxes that one condition may come to; beyond it nothing is said of the condition."""


class TooMany(Exception):
    """A condition comes to more boxes than are looked at."""


EVERYTHING: Boxes = ({},)
NOTHING: Boxes = ()


def meet(one: Box, other: Box) -> Box | None:
    """The tickets in both; None where there are none."""
    small, large = (one, other) if len(one) < len(other) else (other, one)
    both = dict(large)
    for variable, values in small.items():
        left = both.get(variable, -1) & values
        if not left:
            return None
        both[variable] = left
    return both


def minus(box: Box, other: Box, full: Sequence[int]) -> list[Box]:
    """The tickets in the first and not in the second, as boxes that share none.

    ``full`` has all values of each variable.
    """
    if meet(box, other) is None:
        return [box]
    pieces: list[Box] = []
    rest = dict(box)
    for variable, values in other.items():
        there = rest.get(variable, full[variable])
        if outside := there & ~values:
            pieces.append({**rest, variable: outside})
        rest[variable] = there & values
    return pieces


def product(parts: Iterable[Boxes]) -> Boxes:
    """The tickets that are in all parts. Raises TooMany."""
    met = EVERYTHING
    for part in parts:
        pairs = (meet(one, other) for one in met for other in part)
        met = _tidy(box for box in pairs if box is not None)
    return met


def union(parts: Iterable[Boxes]) -> Boxes:
    """The tickets that are in any part. Raises TooMany."""
    return _tidy(box for part in parts for box in part)


def key(boxes: Boxes) -> frozenset[frozenset[tuple[int, int]]]:
    """The boxes as a value that is the same for the same boxes in another order."""
    return frozenset(frozenset(box.items()) for box in boxes)


def _tidy(boxes: Iterable[Box]) -> Boxes:
    """The same tickets in fewer boxes: those that differ in one variable alone are joined."""
    lone: dict[int, int] = {}
    others: dict[frozenset[tuple[int, int]], Box] = {}
    for box in boxes:
        if len(box) == 1:
            ((variable, values),) = box.items()
            lone[variable] = lone.get(variable, 0) | values
        else:
            others[frozenset(box.items())] = box
        if len(lone) + len(others) > MOST:
            raise TooMany
    return (*({variable: values} for variable, values in lone.items()), *others.values())
