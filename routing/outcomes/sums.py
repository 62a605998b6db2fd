"""Tickets counted by group: sums that add up, over weeks and over databases of any size.

What time alone decides is not counted yet but carried along: waits that go on, and promises that
are neither kept nor broken. So a sum is true whenever it was made, and is asked "as of" a moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from threading import local
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import (
    KINDS,
    Coded,
    Columns,
    Flag,
    Happened,
    Labelled,
    Open,
    open_together,
)
from routing.outcomes.dimensions import Clock, Dimension, Kind
from routing.outcomes.scale import GOING, Codes, Scale

T = TypeVar("T")

Label = str | None

Pieces = tuple[Codes, Codes | int]
"""Places, and how many tickets stand at each of them."""

_FLAGS = tuple(flag for flag in Flag if flag is not Flag.GONE)
_NAMES = ("tickets", "gone", *(flag.name or "" for flag in _FLAGS))

RATED = {"score": range(1, 6), "nps": range(11), "ces": range(1, 8)}
"""Which ratings there are of each kind."""

_ENDS = [*accumulate(map(len, RATED.values()), initial=len(_NAMES))]
_COLUMNS = {name: slice(*ends) for name, ends in zip(RATED, pairwise(_ENDS), strict=True)}
"""In which columns the ratings of each kind are counted, behind those of the names."""

_DENSE = 32
"""A table of counts is made where it has at most so many places per ticket; else all are sorted."""

_KEPT = 1 << 21
"""Places of the largest table that is kept to be used again: 16 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Going:
    """Tickets that are still waiting for something, and the places of their groups."""

    group: Codes
    tickets: Open


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """How long what has come to its end or stopped took, of each group.

    ``numbers`` tickets stand at each of ``places``: its group times the scale's size, plus where
    on the scale it is.
    """

    places: Codes
    numbers: Codes


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
        return pairs + 14 * len(self.going.group) + 400 * len(self.groups)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Tickets in columns, and which of these rows are asked for; None means all of them."""

    told: Columns
    rows: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Grouped:
    """Tickets in columns, the rows that are asked for, and each row's group.

    ``mask`` is None where all are. ``rows`` are those that are counted; the group of one is
    ``to[codes[row]]``, and that behind the last one is of rows that are not asked for.
    """

    told: Columns
    mask: NDArray[np.bool_] | None
    rows: slice | NDArray[np.intp]
    codes: Codes
    to: NDArray[np.int64]

    @classmethod
    def of(cls, part: Part, codes: Codes, to: NDArray[np.int64], groups: int) -> _Grouped:
        mask, every = part.rows, slice(None)
        if mask is None:
            return cls(part.told, mask, every, codes, to)
        if 2 * np.count_nonzero(mask) < len(mask):
            return cls(part.told, mask, np.flatnonzero(mask), codes, to)
        # To copy most rows takes longer than to count the others, too.
        behind = codes.dtype.type(len(to))
        return cls(part.told, mask, every, codes * mask + behind * ~mask, np.append(to, groups))

    def among(self, some: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of some rows that are asked for."""
        return some if self.mask is None else some[self.mask[some]]

    @property
    def going(self) -> Going:
        """What still waits."""
        rows, tickets = self.told.going, self.told.open
        if self.mask is not None:
            theirs = self.mask[rows]
            rows, tickets = rows[theirs], tickets[theirs]
        return Going(_narrow(self.to)[self.codes[rows]], tickets)


def sum_up(
    parts: Sequence[Part], by: Dimension | None, clock: Clock, *, finely: bool = False
) -> Sums:
    """Count tickets of parts (one at least, all of one scale) by group, as if they were one part.

    Without a dimension all are one group. Lengths are counted on the rough scale, which is quick
    and good enough for many tickets, or ``finely`` as the columns have them.
    """
    own = parts[0].told.scale
    scale = own if finely else own.rough
    labelled = [_groups(part.told, by) for part in parts]
    groups, new = _as_same([one.labels for one in labelled])
    grouped = [
        _Grouped.of(part, one.codes, to, len(groups))
        for part, one, to in zip(parts, labelled, new, strict=True)
    ]
    counts = np.zeros((len(groups) + 1, _ENDS[-1]), dtype=np.int64)
    for one in grouped:
        counts[one.to] += _happened(one)
    counts = counts[:-1]
    return Sums(
        clock=clock,
        scale=scale,
        groups=groups,
        counts=dict(zip(_NAMES, counts.T[: len(_NAMES)], strict=True)),
        ratings={name: counts[:, columns] for name, columns in _COLUMNS.items()},
        lengths=_lengths(grouped, clock, scale, len(groups)),
        going=_together([one.going for one in grouped]),
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


def _happened(one: _Grouped) -> NDArray[np.int64]:
    """What became of tickets, counted by group: all flags and ratings in one go."""
    happened, size = one.told.happened, (len(one.to), len(one.told.happened.labels))
    # Narrow numbers are put together in half the time.
    kind = np.uint16 if size[0] * size[1] <= 1 << 16 else np.int64
    places = np.multiply(one.codes[one.rows], size[1], dtype=kind)
    places += happened.codes[one.rows]
    table = np.bincount(places, minlength=size[0] * size[1]).reshape(size)
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


def _lengths(
    grouped: Sequence[_Grouped], clock: Clock, scale: Scale, groups: int
) -> Mapping[Kind, Lengths]:
    """How long what has come to its end or stopped took, of each kind."""
    first, last = Kind.FIRST_RESOLUTION, Kind.RESOLUTION
    places: dict[Kind, list[Pieces]] = {kind: [] for kind in KINDS}
    for one in grouped:
        waits, begins = one.told.waits, one.to * scale.size
        bits = one.told.scale.bits - scale.bits
        at = begins.take(one.codes[one.rows])
        for kind in (Kind.FIRST_REPLY, first):
            places[kind].append((at + (waits[clock, kind][one.rows] >> bits), 1))
        # Most tickets are solved once: only what became of the others is counted another time.
        again = one.among(one.told.again[clock])
        at = begins.take(one.codes[again])
        for kind, n in ((first, -1), (last, 1)):
            places[last].append((at + (waits[clock, kind][again] >> bits), n))
    end = groups * scale.size
    found = {kind: counted(places[kind], end + scale.size) for kind in (Kind.FIRST_REPLY, first)}
    found[last] = counted([found[first], *places[last]], end + scale.size)
    # They are kept until they are asked for again, and so as narrow as they can be.
    kind_of = np.int32 if end < 1 << 31 else np.int64
    lengths = {}
    for kind, (at, numbers) in found.items():
        over = (at < end) & (scale.states(at) != GOING)
        lengths[kind] = Lengths(at[over].astype(kind_of), numbers[over].astype(np.int32))
    return lengths


def counted(parts: Sequence[Pieces], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each place that occurs (below ``size``), and how often: each time for a number of tickets.

    The numbers may be below 0; places that come to nothing are left out.
    """
    if size <= _DENSE * max(sum(len(places) for places, _ in parts), 1 << 14):
        whole = _empty.take(size)
        table = whole[:size]
        for places, numbers in parts:
            # Of narrow numbers this would take twenty times as long.
            np.add.at(table, _wide(places), numbers if isinstance(numbers, int) else _wide(numbers))
        at = np.flatnonzero(table != 0)  # of truths they are found much faster than of numbers
        found = table[at]
        table[at] = 0
        _empty.give_back(whole)
        return at, found
    every = np.concatenate([places for places, _ in parts])
    weights = np.concatenate([np.broadcast_to(n, len(places)) for places, n in parts])
    at, back = np.unique(every, return_inverse=True)
    numbers = np.bincount(back, weights).astype(np.int64)
    return at[numbers != 0], numbers[numbers != 0]


def _narrow(groups: NDArray[np.int64]) -> Codes:
    """Places of groups as small as they can be: many tickets have one, and are kept."""
    return groups.astype(np.uint16 if groups.max(initial=0) < 1 << 16 else np.uint32)


def _wide(numbers: Codes) -> NDArray[np.int64]:
    return numbers.astype(np.int64, copy=False)


class _Empty(local):
    """A table of zeros to count in, one for each thread: a new one may take longer than counting.

    Whoever takes it gives it back with zeros only; if that fails midway there is none any more.
    """

    table: NDArray[np.int64] | None = None

    def take(self, size: int) -> NDArray[np.int64]:
        known, self.table = self.table, None
        if known is None or len(known) < size:
            return np.zeros(size, dtype=np.int64)
        return known

    def give_back(self, table: NDArray[np.int64]) -> None:
        if len(table) <= _KEPT:
            self.table = table


_empty = _Empty()


def add_up(parts: Sequence[Sums], kinds: Collection[Kind] = KINDS) -> Sums:
    """The sum of sums (one at least, all of one clock and scale), with the lengths of ``kinds``.

    Of a single one the others are still there.
    """
    if len(parts) == 1:
        return parts[0]
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
        going=_together(
            [
                Going(_narrow(to)[part.going.group], part.going.tickets)
                for part, to in zip(parts, new, strict=True)
            ]
        ),
    )


def _lengths_together(
    parts: Sequence[Sums], new: Sequence[NDArray[np.int64]], kind: Kind, groups: int
) -> Lengths:
    width = parts[0].scale.size
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


def _together(parts: Sequence[Going]) -> Going:
    return Going(
        np.concatenate([part.group for part in parts]),
        open_together([part.tickets for part in parts]),
    )
