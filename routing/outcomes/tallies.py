"""Each group that was counted as of a moment: with what time alone has decided by then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import ENDED, GOING, KINDS, STATES, Codes
from routing.outcomes.dimensions import Clock, Kind
from routing.outcomes.sums import RATED, Going, Label, Lengths, Pieces, Sums, counted
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
    going = sums.going
    worked = _worked(going, now, elapsed)
    late = going.group[(going.deadline > 0) & (worked > going.deadline)]
    open_now = going.group[going.kinds[:, KINDS.index(Kind.RESOLUTION)]]
    broken, backlog = (np.bincount(some, minlength=len(sums.groups)) for some in (late, open_now))
    spent = worked if sums.clock is Clock.WORKING else np.maximum(now - going.opened, 0.0)
    counts = {
        name: _and_in_all(numbers + broken if name == "BROKEN" else numbers)
        for name, numbers in sums.counts.items()
    }
    ratings = {name: _and_in_all(wide) for name, wide in sums.ratings.items()}
    open_by_place = _and_in_all(backlog)
    # Many questions ask for some of the lengths only.
    codes = cache(partial(sums.scale.codes, spent))
    lengths = cache(partial(_as_of, sums, codes))

    def tally(place: int, waits: Callable[[Kind], Waits]) -> Tally:
        return Tally(
            counts={name: numbers[place] for name, numbers in counts.items()},
            ratings={
                name: dict(zip(RATED[name], wide[place], strict=True))
                for name, wide in ratings.items()
            },
            backlog=open_by_place[place],
            _waits=waits,
        )

    def of_all(kind: Kind) -> Lengths:
        return _as_one(sums, lengths(kind))

    return Tallies(
        tally(-1, partial(_waits, sums, of_all, 0)),
        {
            label: tally(place, partial(_waits, sums, lengths, place))
            for place, label in enumerate(sums.groups)
            if only is None or label in only
        },
    )


def _and_in_all(numbers: NDArray[np.int64]) -> list[Any]:
    """The numbers of each group, and at the end those of all together."""
    every: list[Any] = np.concatenate([numbers, numbers.sum(axis=0, keepdims=True)]).tolist()
    return every


def _worked(going: Going, now: float, elapsed: Elapsed) -> NDArray[np.float64]:
    """How long each has been open by now, in the hours that count for its promises."""
    spent = np.maximum(now - going.opened, 0.0)
    for code, name in enumerate(going.schedule.labels):
        if name is not None:
            mine = going.schedule.codes == code
            spent[mine] = elapsed(name, going.opened[mine])
    return spent


def _as_of(sums: Sums, codes: Callable[[], Codes], kind: Kind) -> Lengths:
    """The lengths of a kind with those that go on, as long as they are now."""
    ended, going = sums.lengths[kind], sums.going
    mine = going.kinds[:, KINDS.index(kind)]
    if not mine.any():
        return ended
    places = going.group[mine] * sums.width + codes()[mine].astype(np.int64) * STATES + GOING
    parts: list[Pieces] = [(ended.places, ended.numbers), (places, 1)]
    return Lengths(*counted(parts, len(sums.groups) * sums.width))


def _as_one(sums: Sums, lengths: Lengths) -> Lengths:
    """The lengths of all groups as those of one."""
    return Lengths(*counted([(lengths.places % sums.width, lengths.numbers)], sums.width))


def _waits(sums: Sums, lengths: Callable[[Kind], Lengths], place: int, kind: Kind) -> Waits:
    told = lengths(kind)
    begins = place * sums.width
    first, last = np.searchsorted(told.places, [begins, begins + sums.width])
    code, state = np.divmod(told.places[first:last] - begins, STATES)
    return Waits(sums.scale.lengths(code), state == ENDED, told.numbers[first:last])
