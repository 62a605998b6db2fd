"""Tickets counted by group: sums that add up, over weeks and over databases of any size.

What time alone decides is not counted yet but carried along: waits that go on, and promises that
are neither kept nor broken. So a sum is true whenever it was made, and is asked "as of" a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import ENDED, GOING, NOT_RATED, Coded, Columns, Flag
from routing.outcomes.dimensions import Clock, Dimension, Kind
from routing.outcomes.scale import Scale
from routing.outcomes.waits import Waits

Label = str | None

Elapsed = Callable[[str | None, NDArray[np.float64]], NDArray[np.float64]]
"""The working seconds from these moments (seconds since 1970) until now, by a schedule's name."""

_KINDS = (Kind.FIRST_REPLY, Kind.FIRST_RESOLUTION, Kind.RESOLUTION)
_COUNTED = (
    Flag.SOLVED_ONCE,
    Flag.ONE_TOUCH,
    Flag.REOPENED,
    Flag.TRANSFERRED,
    Flag.SURVEYED,
    Flag.PROMISED,
    Flag.KEPT,
    Flag.BROKEN,
)
_RATINGS = {"score": range(1, 6), "nps": range(11), "ces": range(1, 8)}
_SPARSE = 4
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
class Sums:
    """Tickets counted by group.

    ``counts[name]`` has one number per group; ``ratings[name]`` one row per group with a column
    per rating. ``places`` and ``numbers`` are the lengths of what has come to its end or stopped:
    how many there are at each place of a table of (group, kind, ended or stopped, code).
    """

    clock: Clock
    scale: Scale
    groups: tuple[Label, ...]
    counts: Mapping[str, NDArray[np.int64]]
    ratings: Mapping[str, NDArray[np.int64]]
    places: NDArray[np.int64]
    numbers: NDArray[np.int64]
    going: Going


def sum_up(told: Columns, by: Dimension | None, clock: Clock) -> Sums:
    """Count tickets by group; without a dimension all of them are one group."""
    gone = (told.flags & Flag.GONE) != 0
    group = _groups(told, by)
    every = len(group.labels)
    left = np.bincount(group.codes[gone], minlength=every)
    if gone.any():
        told, group = told[~gone], group[~gone]
    codes = group.codes.astype(np.int64)
    counts = {"tickets": np.bincount(codes, minlength=every), "gone": left}
    for flag in _COUNTED:
        counts[flag.name or ""] = np.bincount(codes[(told.flags & flag) != 0], minlength=every)
    rated = (told.flags & Flag.SURVEYED != 0) & (
        (told.score != NOT_RATED) | (told.nps != NOT_RATED) | (told.ces != NOT_RATED)
    )
    counts["answered"] = np.bincount(codes[rated], minlength=every)
    places, numbers = _lengths(told, codes, every, clock)
    return Sums(
        clock=clock,
        scale=told.scale,
        groups=group.labels,
        counts=counts,
        ratings={
            "score": _rated(codes, told.score, "score", every),
            "nps": _rated(codes, told.nps, "nps", every),
            "ces": _rated(codes, told.ces, "ces", every),
        },
        places=places,
        numbers=numbers,
        going=_going(told, codes),
    )


def _groups(told: Columns, by: Dimension | None) -> Coded:
    if by is not None:
        return told.dimensions[by]
    return Coded((None,), np.zeros(len(told), dtype=np.uint8))


def _rated(
    codes: NDArray[np.int64], ratings: NDArray[np.int8], name: str, every: int
) -> NDArray[np.int64]:
    wide = len(_RATINGS[name])
    given = ratings != NOT_RATED
    place = codes[given] * wide + (ratings[given] - _RATINGS[name].start)
    return np.bincount(place, minlength=every * wide).reshape(every, wide)


def _lengths(
    told: Columns, codes: NDArray[np.int64], every: int, clock: Clock
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    marks = told.scale.size
    found = []
    for place, kind in enumerate(_KINDS):
        states = told.states[kind]
        over = states != GOING
        at = (codes[over] * len(_KINDS) + place) * 2 + states[over]
        found.append(at * marks + told.lengths[clock, kind][over])
    return _counted(np.concatenate(found), every * len(_KINDS) * 2 * marks)


def _counted(
    places: NDArray[np.int64], size: int, weights: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each place that occurs, and how often (or with which weights together)."""
    if size <= _SPARSE * max(len(places), 1 << 16):
        table = np.bincount(places, weights, minlength=size)
        at = np.flatnonzero(table)
        return at, table[at].astype(np.int64)
    if weights is None:
        return np.unique(places, return_counts=True)
    at, back = np.unique(places, return_inverse=True)
    return at, np.bincount(back, weights).astype(np.int64)


def _going(told: Columns, codes: NDArray[np.int64]) -> Going:
    kinds = np.stack([told.states[kind] == GOING for kind in _KINDS], axis=1)
    rows = np.flatnonzero(kinds.any(axis=1))
    return Going(
        group=codes[rows],
        opened=told.opened[rows].astype(np.float64),
        kinds=kinds[rows],
        deadline=told.deadline[rows].astype(np.float64),
        schedule=told.schedule[rows],
    )


def add_up(parts: Sequence[Sums]) -> Sums:
    """The sum of sums (one at least, all of one clock and scale)."""
    first = parts[0]
    groups = tuple(dict.fromkeys(chain.from_iterable(part.groups for part in parts)))
    place_of = {label: place for place, label in enumerate(groups)}
    new = [np.array([place_of[label] for label in part.groups], dtype=np.int64) for part in parts]
    counts = {name: np.zeros(len(groups), dtype=np.int64) for name in first.counts}
    ratings = {
        name: np.zeros((len(groups), wide.shape[1]), dtype=np.int64)
        for name, wide in first.ratings.items()
    }
    cell = len(_KINDS) * 2 * first.scale.size
    places = []
    for part, to in zip(parts, new, strict=True):
        for name, numbers in part.counts.items():
            counts[name][to] += numbers
        for name, wide in part.ratings.items():
            ratings[name][to] += wide
        group, rest = np.divmod(part.places, cell)
        places.append(to[group] * cell + rest)
    at, numbers = _counted(
        np.concatenate(places),
        len(groups) * cell,
        np.concatenate([part.numbers for part in parts]),
    )
    going = _carried(parts, new)
    return Sums(first.clock, first.scale, groups, counts, ratings, at, numbers, going)


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
    every = np.zeros(len(sums.groups), dtype=np.int64)
    cell = len(_KINDS) * 2 * sums.scale.size
    at, numbers = _counted(sums.places % cell, cell, sums.numbers)
    going = sums.going
    return Sums(
        sums.clock,
        sums.scale,
        (None,),
        {name: np.array([numbers.sum()]) for name, numbers in sums.counts.items()},
        {name: wide.sum(axis=0, keepdims=True) for name, wide in sums.ratings.items()},
        at,
        numbers,
        Going(every[going.group], going.opened, going.kinds, going.deadline, going.schedule),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """One group as of a moment: plain numbers, ratings by value, and waits.

    ``backlog`` tickets are open.
    """

    counts: Mapping[str, int]
    ratings: Mapping[str, Mapping[int, int]]
    backlog: int
    _sums: Sums
    _place: int
    _spent: NDArray[np.float64]

    def waits(self, kind: Kind) -> Waits:
        """How long its tickets have waited for something."""
        sums, at = self._sums, _KINDS.index(kind)
        mine = (sums.going.group == self._place) & sums.going.kinds[:, at]
        ended = _ended(sums, self._place * len(_KINDS) + at)
        return ended + _still(self._spent[mine], sums.scale) if mine.any() else ended


def tallies(sums: Sums, now: float, elapsed: Elapsed) -> dict[Label, Tally]:
    """Each group as of ``now`` (seconds since 1970), with what time has decided by then."""
    going = sums.going
    worked = _worked(going, now, elapsed)
    late = going.group[(going.deadline > 0) & (worked > going.deadline)]
    open_now = going.group[going.kinds[:, _KINDS.index(Kind.RESOLUTION)]]
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
            _sums=sums,
            _place=place,
            _spent=spent,
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


def _ended(sums: Sums, cell: int) -> Waits:
    marks = sums.scale.size
    first, last = np.searchsorted(sums.places, [cell * 2 * marks, (cell + 1) * 2 * marks])
    state, code = np.divmod(sums.places[first:last] - cell * 2 * marks, marks)
    return Waits(sums.scale.lengths(code), state == ENDED, sums.numbers[first:last])


def _still(spent: NDArray[np.float64], scale: Scale) -> Waits:
    codes, counts = np.unique(scale.codes(spent), return_counts=True)
    return Waits(scale.lengths(codes), np.zeros(len(codes), dtype=np.bool_), counts)
