"""Tickets counted by group: sums that add up, over weeks and over databases of any size.

What time alone decides is not counted yet but carried along: waits that go on, and promises that
are neither kept nor broken. So a sum is true whenever it was made, and is asked "as of" a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import ENDED, GOING, KINDS, STATES, Coded, Codes, Columns, Flag
from routing.outcomes.dimensions import Clock, Dimension, Kind
from routing.outcomes.scale import Scale
from routing.outcomes.waits import Waits

Label = str | None

Elapsed = Callable[[str | None, NDArray[np.float64]], NDArray[np.float64]]
"""The working seconds from these moments (seconds since 1970) until now, by a schedule's name."""

_COUNTED = tuple(flag for flag in Flag if flag is not Flag.GONE)
_BITS = 1 << len(Flag)
_HAS = np.array([[float(bool(bits & flag)) for flag in _COUNTED] for bits in range(_BITS)])
"""Which of the counted flags are in each set of flags."""

_RATINGS = {"score": range(1, 6), "nps": range(11), "ces": range(1, 8)}
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
    schedule: Coded


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


def sum_up(
    told: Columns, by: Dimension | None, clock: Clock, rows: NDArray[np.bool_] | None = None
) -> Sums:
    """Count tickets, or those of some rows, by group; without a dimension all are one group."""
    group = _groups(told, by)
    every = len(group.labels)
    there = (told.flags & Flag.GONE) == 0
    fits = there if rows is None else rows & there
    left = ~there if rows is None else rows & ~there
    # Most often all of them are wanted, and none has to be copied.
    chosen: slice | NDArray[np.intp] = slice(None) if fits.all() else np.flatnonzero(fits)
    codes = group.codes[chosen].astype(np.int64)
    width = told.scale.size * STATES
    return Sums(
        clock=clock,
        scale=told.scale,
        groups=group.labels,
        counts={
            "tickets": np.bincount(codes, minlength=every),
            "gone": np.bincount(group.codes[left], minlength=every),
            **_flagged(codes, told.flags[chosen], every),
        },
        ratings={
            name: _rated(codes, given[chosen], name, every) for name, given in told.ratings.items()
        },
        lengths={
            kind: _lengths(codes * width + told.waits[clock, kind][chosen], every * width)
            for kind in KINDS
        },
        going=_going(told, group.codes, fits),
    )


def _flagged(
    codes: NDArray[np.int64], flags: NDArray[np.uint16], every: int
) -> dict[str, NDArray[np.int64]]:
    """How many tickets of each group have each flag: counted once, by all flags together."""
    table = np.bincount(codes * _BITS + flags, minlength=every * _BITS).reshape(every, _BITS)
    # As floats, for which there is a fast product; counts are exact in them.
    sums = (table.astype(np.float64) @ _HAS).astype(np.int64)
    return {flag.name or "": sums[:, place] for place, flag in enumerate(_COUNTED)}


def _groups(told: Columns, by: Dimension | None) -> Coded:
    if by is not None:
        return told.dimensions[by]
    return Coded((None,), np.zeros(len(told), dtype=np.uint8))


def _rated(
    codes: NDArray[np.int64], given: NDArray[np.uint8], name: str, every: int
) -> NDArray[np.int64]:
    ratings = _RATINGS[name]
    if not given.any():
        return np.zeros((every, len(ratings)), dtype=np.int64)
    wide = ratings.stop + 1  # one more than each, and 0 for none
    table = np.bincount(codes * wide + given, minlength=every * wide).reshape(every, wide)
    return table[:, ratings.start + 1 :]


def _lengths(places: NDArray[np.int64], size: int) -> Lengths:
    found, numbers = _counted(places, size)
    over = found % STATES != GOING
    return Lengths(found[over], numbers[over])


def _counted(
    places: NDArray[np.int64], size: int, weights: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each place that occurs, and how often (or with which weights together)."""
    if size <= _DENSE * max(len(places), 1 << 14):
        table = np.bincount(places, weights, minlength=size)
        at = np.flatnonzero(table)
        return at, table[at].astype(np.int64)
    if weights is None:
        return np.unique(places, return_counts=True)
    at, back = np.unique(places, return_inverse=True)
    return at, np.bincount(back, weights).astype(np.int64)


def _going(told: Columns, codes: Codes, fits: NDArray[np.bool_]) -> Going:
    rows = told.going[fits[told.going]]
    waits = [told.waits[Clock.CALENDAR, kind][rows] for kind in KINDS]
    return Going(
        group=codes[rows].astype(np.int64),
        opened=told.opened[rows].astype(np.float64),
        kinds=np.stack([one % STATES == GOING for one in waits], axis=1),
        deadline=told.deadline[rows].astype(np.float64),
        schedule=told.schedule[rows],
    )


def add_up(parts: Sequence[Sums], kinds: Collection[Kind] = KINDS) -> Sums:
    """The sum of sums (one at least, all of one clock and scale), with the lengths of ``kinds``."""
    first = parts[0]
    groups = tuple(dict.fromkeys(chain.from_iterable(part.groups for part in parts)))
    place_of = {label: place for place, label in enumerate(groups)}
    new = [np.array([place_of[label] for label in part.groups], dtype=np.int64) for part in parts]
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
        going=_carried(parts, new),
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
    numbers = np.concatenate([part.lengths[kind].numbers for part in parts])
    return Lengths(*_counted(np.concatenate(moved), groups * width, numbers))


def _carried(parts: Sequence[Sums], new: Sequence[NDArray[np.int64]]) -> Going:
    names = tuple(dict.fromkeys(chain.from_iterable(p.going.schedule.labels for p in parts)))
    at = {name: place for place, name in enumerate(names)}

    def one(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(columns)

    return Going(
        group=one([to[part.going.group] for part, to in zip(parts, new, strict=True)]),
        opened=one([part.going.opened for part in parts]),
        kinds=one([part.going.kinds for part in parts]),
        deadline=one([part.going.deadline for part in parts]),
        schedule=Coded(
            names,
            one(
                [
                    np.array([at[name] for name in part.going.schedule.labels], dtype=np.int64)[
                        part.going.schedule.codes
                    ]
                    for part in parts
                ]
            ),
        ),
    )


def total(sums: Sums) -> Sums:
    """All groups as one."""
    width, going = sums.width, sums.going
    return Sums(
        clock=sums.clock,
        scale=sums.scale,
        groups=(None,),
        counts={name: np.array([numbers.sum()]) for name, numbers in sums.counts.items()},
        ratings={name: wide.sum(axis=0, keepdims=True) for name, wide in sums.ratings.items()},
        lengths={
            kind: Lengths(*_counted(one.places % width, width, one.numbers))
            for kind, one in sums.lengths.items()
        },
        going=replace(going, group=np.zeros(len(going.group), dtype=np.int64)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """One group as of a moment: plain numbers, ratings by value, and waits.

    ``backlog`` tickets are open.
    """

    counts: Mapping[str, int]
    ratings: Mapping[str, Mapping[int, int]]
    backlog: int
    _waits: Callable[[Kind], Waits]

    def waits(self, kind: Kind) -> Waits:
        """How long its tickets have waited for something."""
        return self._waits(kind)

    def __add__(self, other: Tally) -> Tally:
        """The tickets of both; none may be in both."""
        return Tally(
            counts={name: n + other.counts[name] for name, n in self.counts.items()},
            ratings={
                name: {rating: n + other.ratings[name][rating] for rating, n in given.items()}
                for name, given in self.ratings.items()
            },
            backlog=self.backlog + other.backlog,
            _waits=lambda kind: self.waits(kind) + other.waits(kind),
        )


def tallies(sums: Sums, now: float, elapsed: Elapsed) -> dict[Label, Tally]:
    """Each group as of ``now`` (seconds since 1970), with what time has decided by then."""
    going = sums.going
    worked = _worked(going, now, elapsed)
    late = going.group[(going.deadline > 0) & (worked > going.deadline)]
    open_now = going.group[going.kinds[:, KINDS.index(Kind.RESOLUTION)]]
    broken, backlog = (np.bincount(some, minlength=len(sums.groups)) for some in (late, open_now))
    spent = worked if sums.clock is Clock.WORKING else np.maximum(now - going.opened, 0.0)
    counts = {**sums.counts, "BROKEN": sums.counts["BROKEN"] + broken}
    return {
        label: Tally(
            counts={name: int(numbers[place]) for name, numbers in counts.items()},
            ratings={
                name: dict(zip(_RATINGS[name], wide[place].tolist(), strict=True))
                for name, wide in sums.ratings.items()
            },
            backlog=int(backlog[place]),
            _waits=partial(_waits, sums, place, spent),
        )
        for place, label in enumerate(sums.groups)
    }


def _worked(going: Going, now: float, elapsed: Elapsed) -> NDArray[np.float64]:
    """How long each has been open by now, in the hours that count for its promises."""
    spent = np.maximum(now - going.opened, 0.0)
    for code, name in enumerate(going.schedule.labels):
        if name is not None:
            mine = going.schedule.codes == code
            spent[mine] = elapsed(name, going.opened[mine])
    return spent


def _waits(sums: Sums, place: int, spent: NDArray[np.float64], kind: Kind) -> Waits:
    mine = (sums.going.group == place) & sums.going.kinds[:, KINDS.index(kind)]
    ended = _ended(sums, place, kind)
    return ended + _still(spent[mine], sums.scale) if mine.any() else ended


def _ended(sums: Sums, place: int, kind: Kind) -> Waits:
    told = sums.lengths[kind]
    begins = place * sums.width
    first, last = np.searchsorted(told.places, [begins, begins + sums.width])
    code, state = np.divmod(told.places[first:last] - begins, STATES)
    return Waits(sums.scale.lengths(code), state == ENDED, told.numbers[first:last])


def _still(spent: NDArray[np.float64], scale: Scale) -> Waits:
    codes, counts = np.unique(scale.codes(spent), return_counts=True)
    return Waits(scale.lengths(codes), np.zeros(len(codes), dtype=np.bool_), counts)
