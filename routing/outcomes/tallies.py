"""Each group that was counted as of a moment: with what time alone has decided by then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import KINDS, Open
from routing.outcomes.dimensions import Clock, Kind
from routing.outcomes.scale import ENDED, EXACT, GOING, Codes, Scale
from routing.outcomes.sums import RATED, Label, Lengths, Pieces, Sums, counted
from routing.outcomes.waits import Waits

Elapsed = Callable[[str | None, NDArray[np.float64]], NDArray[np.float64]]
"""The working seconds from these moments (seconds since 1970) until now, by a schedule's name."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Tallies:
    """All groups together, and each by its label."""

    every: Tally
    each: Mapping[Label, Tally]


def tallies(
    sums: Sums, now: float, elapsed: Elapsed, only: Collection[Label] | None = None
) -> Tallies:
    """What was counted as of ``now`` (seconds since 1970), with what time has decided by then.

    Of single groups, those with a label in ``only``, or each.
    """
    group, going = sums.going.group, sums.going.tickets
    worked = _worked(going, now, elapsed)
    late = group[(going.deadline > 0) & (worked > going.deadline)]
    open_now = group[going.kinds[:, KINDS.index(Kind.RESOLUTION)]]
    broken, backlog = (np.bincount(some, minlength=len(sums.groups)) for some in (late, open_now))
    spent = worked if sums.clock is Clock.WORKING else _since(going.opened, now)
    counts = {
        name: _and_in_all(numbers + broken if name == "BROKEN" else numbers)
        for name, numbers in sums.counts.items()
    }
    ratings = {name: _and_in_all(wide) for name, wide in sums.ratings.items()}
    open_by_place = _and_in_all(backlog)
    # Many questions ask for some of the lengths only.
    going_on = cache(partial(sums.scale.places, spent, GOING))
    lengths = cache(partial(_as_of, sums, going_on))

    @cache
    def waits(kind: Kind) -> list[Waits]:
        found = lengths(kind)
        return [*_apart(found, len(sums.groups), sums.scale), _in_all(found, sums.scale)]

    def tally(place: int) -> Tally:
        return Tally(
            counts={name: numbers[place] for name, numbers in counts.items()},
            ratings={
                name: dict(zip(RATED[name], wide[place], strict=True))
                for name, wide in ratings.items()
            },
            backlog=open_by_place[place],
            _waits=lambda kind: waits(kind)[place],
        )

    return Tallies(
        tally(-1),
        {
            label: tally(place)
            for place, label in enumerate(sums.groups)
            if only is None or label in only
        },
    )


def _and_in_all(numbers: NDArray[np.int64]) -> list[Any]:
    """The numbers of each group, and at the end those of all together."""
    every: list[Any] = np.concatenate([numbers, numbers.sum(axis=0, keepdims=True)]).tolist()
    return every


def _since(opened: NDArray[np.uint32], now: float) -> NDArray[np.float64]:
    return np.maximum(now - opened.astype(np.float64), 0.0)


def _worked(going: Open, now: float, elapsed: Elapsed) -> NDArray[np.float64]:
    """How long each has been open by now, in the hours that count for its promises."""
    spent = _since(going.opened, now)
    for code, name in enumerate(going.schedule.labels):
        if name is not None:
            mine = going.schedule.codes == code
            spent[mine] = elapsed(name, going.opened[mine].astype(np.float64))
    return spent


def _as_of(sums: Sums, going_on: Callable[[], Codes], kind: Kind) -> Lengths:
    """The lengths of a kind with those that go on, as long as they are now."""
    ended, going = sums.lengths[kind], sums.going
    mine = going.tickets.kinds[:, KINDS.index(kind)]
    if not mine.any():
        return ended
    places = going.group[mine].astype(np.int64) * sums.scale.size + going_on()[mine]
    parts: list[Pieces] = [(ended.places, ended.numbers), (places, 1)]
    return Lengths(*counted(parts, len(sums.groups) * sums.scale.size))


def _in_all(lengths: Lengths, scale: Scale) -> Waits:
    """The lengths of all groups as those of one."""
    places = lengths.places % scale.size
    together = Lengths(*counted([(places, lengths.numbers)], scale.size))
    return _apart(together, 1, scale)[0]


def _apart(lengths: Lengths, groups: int, scale: Scale) -> list[Waits]:
    """The lengths of each group."""
    ends = np.searchsorted(lengths.places, np.arange(groups + 1) * scale.size)
    places = lengths.places % scale.size
    seconds, ended = scale.lengths(places), scale.states(places) == ENDED
    numbers = lengths.numbers.astype(np.int64)
    return [
        Waits(seconds[a:b], ended[a:b], numbers[a:b], rounded=scale is not EXACT)
        for a, b in pairwise(ends.tolist())
    ]
