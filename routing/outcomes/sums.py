"""Tickets counted by group: sums that add up, over weeks and over databases of any size.

What time alone decides is not counted yet but carried along: waits that go on, and promises that
are neither kept nor broken. So a sum is true whenever it was made, and is asked "as of" a moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import (
    GOING,
    KINDS,
    STATES,
    Coded,
    Codes,
    Columns,
    Flag,
    Happened,
    Labelled,
)
from routing.outcomes.dimensions import Clock, Dimension, Kind
from routing.outcomes.scale import Scale

T = TypeVar("T")

Label = str | None

Pieces = tuple[NDArray[np.int64], NDArray[np.int64] | int]
"""Places, and how many tickets stand at each of them."""

_FLAGS = tuple(flag for flag in Flag if flag is not Flag.GONE)
_NAMES = ("tickets", "gone", *(flag.name or "" for flag in _FLAGS))

RATED = {"score": range(1, 6), "nps": range(11), "ces": range(1, 8)}
"""Which ratings there are of each kind."""

_ENDS = [*accumulate(map(len, RATED.values()), initial=len(_NAMES))]
_COLUMNS = {name: slice(*ends) for name, ends in zip(RATED, pairwise(_ENDS), strict=True)}
"""In which columns the ratings of each kind are counted, behind those of the names."""

_DENSE = 8
"""A table of counts is made where it has at most so many places per ticket; else all are sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class Going:
    """Tickets that are still waiting for something, one each.

    ``group`` and ``schedule`` are codes; ``kinds`` has of each kind whether it waits for that.
    """

    group: NDArray[np.int64]
    opened: NDArray[np.float64]
    kinds: NDArray[np.bool_]
    deadline: NDArray[np.float64]
    schedule: Labelled


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """How long what has come to its end or stopped took, of each group.

    ``numbers`` tickets stand at each of ``places``: its group times the scale's size times
    STATES, plus what the column of waits has.
    """

    places: NDArray[np.int64]
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Tickets counted by group.

    ``counts[name]`` has one number per group; ``ratings[name]`` one row per group with a column
    per rating.
    """

    clock: Clock
    scale: Scale
    groups: tuple[Label, ...]
    counts: Mapping[str, NDArray[np.int64]]
    ratings: Mapping[str, NDArray[np.int64]]
    lengths: Mapping[Kind, Lengths]
    going: Going

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        pairs = sum(one.places.nbytes + one.numbers.nbytes for one in self.lengths.values())
        return pairs + 40 * len(self.going.group) + 400 * len(self.groups)

    @property
    def width(self) -> int:
        """How many places one group has."""
        return self.scale.size * STATES


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Tickets in columns, and which of these rows are asked for; None means all of them."""

    told: Columns
    rows: NDArray[np.bool_] | None = None

    @property
    def chosen(self) -> slice | NDArray[np.intp]:
        """The rows that are asked for; of all of them nothing has to be copied."""
        return slice(None) if self.rows is None else np.flatnonzero(self.rows)


def sum_up(parts: Sequence[Part], by: Dimension | None, clock: Clock) -> Sums:
    """Count tickets of parts (one at least, all of one scale) by group, as if they were one part.

    Without a dimension all are one group.
    """
    scale = parts[0].told.scale
    width = scale.size * STATES
    labelled = [_groups(part.told, by) for part in parts]
    groups, new = _as_same([one.labels for one in labelled])
    counts = np.zeros((len(groups), _ENDS[-1]), dtype=np.int64)
    places: dict[Kind, list[NDArray[np.int64]]] = {kind: [] for kind in KINDS}
    going = []
    for part, group, to in zip(parts, labelled, new, strict=True):
        chosen = part.chosen
        codes = group.codes[chosen]
        counts[to] += _happened(codes, len(to), part.told.happened[chosen])
        begins = (to * width).take(codes)
        for kind in KINDS:
            places[kind].append(begins + part.told.waits[clock, kind][chosen])
        going.append(_going(part, group))
    return Sums(
        clock=clock,
        scale=scale,
        groups=groups,
        counts=dict(zip(_NAMES, counts.T[: len(_NAMES)], strict=True)),
        ratings={name: counts[:, columns] for name, columns in _COLUMNS.items()},
        lengths={kind: _lengths(found, len(groups) * width) for kind, found in places.items()},
        going=_carried(going, new),
    )


def _groups(told: Columns, by: Dimension | None) -> Labelled:
    if by is not None:
        return told.dimensions[by]
    return Coded((None,), np.zeros(len(told), dtype=np.uint8))


def _as_same(labels: Sequence[tuple[T, ...]]) -> tuple[tuple[T, ...], list[NDArray[np.int64]]]:
    """All labels, each once, and by the old codes of each part the new ones."""
    every = tuple(dict.fromkeys(chain.from_iterable(labels)))
    place_of = {label: place for place, label in enumerate(every)}
    return every, [np.array([place_of[label] for label in one], dtype=np.int64) for one in labels]


def _happened(codes: Codes, groups: int, happened: Coded[Happened]) -> NDArray[np.int64]:
    """What became of tickets, counted by group: all flags and ratings in one go."""
    wide = len(happened.labels)
    places = np.multiply(codes, wide, dtype=np.int64) + happened.codes
    table = np.bincount(places, minlength=groups * wide).reshape(groups, wide)
    # As floats, for which there is a fast product; counts are exact in them.
    return (table.astype(np.float64) @ _what_counts(happened.labels)).astype(np.int64)


@lru_cache(maxsize=1_000)
def _what_counts(every: tuple[Happened, ...]) -> NDArray[np.float64]:
    """What each of these counts for: a row with a column for each name and each rating."""
    flags, *ratings = np.array(every, dtype=np.int64).reshape(-1, len(Happened._fields)).T
    gone = (flags & Flag.GONE) != 0
    columns = [(flags & flag) != 0 for flag in _FLAGS]
    for given, values in zip(ratings, RATED.values(), strict=True):
        columns += [given == value + 1 for value in values]
    there = [column & ~gone for column in (np.ones_like(gone), *columns)]
    return np.stack([there[0], gone, *there[1:]], axis=1).astype(np.float64)


def _lengths(parts: Sequence[NDArray[np.int64]], size: int) -> Lengths:
    found, numbers = counted([(places, 1) for places in parts], size)
    over = found % STATES != GOING
    return Lengths(found[over], numbers[over])


def counted(parts: Sequence[Pieces], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each place that occurs, and how often: each time for a number of tickets."""
    if size <= _DENSE * max(sum(len(places) for places, _ in parts), 1 << 14):
        table = np.zeros(size, dtype=np.int64)
        for places, numbers in parts:
            np.add.at(table, places, numbers)
        at = np.flatnonzero(table != 0)  # of truths they are found much faster than of numbers
        return at, table[at]
    every = np.concatenate([places for places, _ in parts])
    weights = np.concatenate([np.broadcast_to(n, len(places)) for places, n in parts])
    at, back = np.unique(every, return_inverse=True)
    return at, np.bincount(back, weights).astype(np.int64)


def _going(part: Part, group: Labelled) -> Going:
    told = part.told
    rows = told.going if part.rows is None else told.going[part.rows[told.going]]
    waits = [told.waits[Clock.CALENDAR, kind][rows] for kind in KINDS]
    return Going(
        group=group.codes[rows].astype(np.int64),
        opened=told.opened[rows].astype(np.float64),
        kinds=np.stack([one % STATES == GOING for one in waits], axis=1),
        deadline=told.deadline[rows].astype(np.float64),
        schedule=told.schedule[rows],
    )


def add_up(parts: Sequence[Sums], kinds: Collection[Kind] = KINDS) -> Sums:
    """The sum of sums (one at least, all of one clock and scale), with the lengths of ``kinds``."""
    first = parts[0]
    groups, new = _as_same([part.groups for part in parts])
    counts = {name: np.zeros(len(groups), dtype=np.int64) for name in first.counts}
    ratings = {
        name: np.zeros((len(groups), wide.shape[1]), dtype=np.int64)
        for name, wide in first.ratings.items()
    }
    for part, to in zip(parts, new, strict=True):
        for name, numbers in part.counts.items():
            counts[name][to] += numbers
        for name, wide in part.ratings.items():
            ratings[name][to] += wide
    return Sums(
        clock=first.clock,
        scale=first.scale,
        groups=groups,
        counts=counts,
        ratings=ratings,
        lengths={kind: _lengths_together(parts, new, kind, len(groups)) for kind in kinds},
        going=_carried([part.going for part in parts], new),
    )


def _lengths_together(
    parts: Sequence[Sums], new: Sequence[NDArray[np.int64]], kind: Kind, groups: int
) -> Lengths:
    width = parts[0].width
    moved = []
    for part, to in zip(parts, new, strict=True):
        places = part.lengths[kind].places
        # Most often the groups are the same ones in the same order.
        if not np.array_equal(to, np.arange(len(to))):
            group, rest = np.divmod(places, width)
            places = to[group] * width + rest
        moved.append(places)
    numbers = [part.lengths[kind].numbers for part in parts]
    return Lengths(*counted([*zip(moved, numbers, strict=True)], groups * width))


def _carried(parts: Sequence[Going], new: Sequence[NDArray[np.int64]]) -> Going:
    names, schedules = _as_same([part.schedule.labels for part in parts])
    return Going(
        group=np.concatenate([to[part.group] for part, to in zip(parts, new, strict=True)]),
        opened=np.concatenate([part.opened for part in parts]),
        kinds=np.concatenate([part.kinds for part in parts]),
        deadline=np.concatenate([part.deadline for part in parts]),
        schedule=Coded(
            names,
            np.concatenate([to[p.schedule.codes] for p, to in zip(parts, schedules, strict=True)]),
        ),
    )
