"""Shares counted by two labels at once: what tells whether a total hides its groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.columns import Coded, Columns, Flag, Happened, Labelled
from routing.outcomes.dimensions import Dimension
from routing.outcomes.result import SATISFIED

Label = str | None

Crossed = Mapping[str, Mapping[tuple[Label, Label], tuple[int, int]]]
"""By a KPI's key: hits, and of how many, of each two labels that any ticket has.

Not every share is here: whether a promise is kept may be up to time, which has not decided yet.
"""


def cross(
    told: Columns, one: Dimension, other: Dimension | None, rows: NDArray[np.bool_] | None = None
) -> Crossed:
    """Count the shares of tickets, or of those of some rows; without ``other`` that label is None.

    Tickets that are gone count nowhere.
    """
    every = np.array(told.happened.labels, dtype=np.int64).reshape(-1, len(Happened._fields))
    flags, score, *_ = every.T
    fits = ((flags & Flag.GONE) == 0)[told.happened.codes]
    chosen = np.flatnonzero(fits if rows is None else rows & fits)
    happened = told.happened.codes[chosen]
    flags, score = flags[happened], score[happened]
    first, second = told.dimensions[one], _other(told, other)
    wide = len(second.labels)
    codes = first.codes[chosen].astype(np.int64) * wide + second.codes[chosen]

    def has(flag: Flag) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (flags & flag) != 0
        return found

    def counted(
        hits: NDArray[np.bool_], among: NDArray[np.bool_]
    ) -> Mapping[tuple[Label, Label], tuple[int, int]]:
        size = len(first.labels) * wide
        n = np.bincount(codes[among], minlength=size)
        good = np.bincount(codes[among & hits], minlength=size)
        return {
            (first.labels[at // wide], second.labels[at % wide]): (int(good[at]), int(n[at]))
            for at in np.flatnonzero(n).tolist()
        }

    return {
        # A rating stands in its column as one more than it is.
        "csat": counted(score > SATISFIED, score > 0),
        "answered": counted(has(Flag.ANSWERED), has(Flag.SURVEYED)),
        "transferred": counted(has(Flag.TRANSFERRED), np.ones(len(chosen), dtype=np.bool_)),
        "reopened": counted(has(Flag.REOPENED), has(Flag.SOLVED_ONCE)),
        "one_touch": counted(has(Flag.ONE_TOUCH), has(Flag.TOUCHES_KNOWN)),
    }


def _other(told: Columns, dimension: Dimension | None) -> Labelled:
    if dimension is not None:
        return told.dimensions[dimension]
    return Coded((None,), np.zeros(len(told), dtype=np.uint8))


def together_crossed(parts: Iterable[Crossed]) -> Crossed:
    """The same of several spans of time together."""
    found: dict[str, dict[tuple[Label, Label], tuple[int, int]]] = {}
    for part in parts:
        for key, cells in part.items():
            into = found.setdefault(key, {})
            for labels, (hits, n) in cells.items():
                before = into.get(labels, (0, 0))
                into[labels] = (before[0] + hits, before[1] + n)
    return found


def within(
    cells: Mapping[tuple[Label, Label], tuple[int, int]],
) -> Mapping[Label, Mapping[Label, tuple[int, int]]]:
    """One KPI's counts of each first label, by the second one."""
    found: dict[Label, dict[Label, tuple[int, int]]] = {}
    for (one, other), counts in cells.items():
        found.setdefault(one, {})[other] = counts
    return found
