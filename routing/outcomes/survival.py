"""How long things take with unfinished ones counted: Kaplan's and Meier's curves, and quantiles.

A report has hundreds of groups, and the curve of each. scipy, beside which this is tested, and
statsmodels make one at a time, and take longer for that than their tickets take to be counted;
here all are made at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.figures import Times, Wait
from routing.outcomes.scale import LONG
from routing.outcomes.statistics import Z
from routing.outcomes.waits import Floats, Waits, as_waits

# Survival is a product of fractions: of 24 tickets, "half still waiting" comes out as 0.5 and a
# hair, which must not count as more than half.
_NOISE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """Which share (0 to 1) still waits after how many seconds, with its 95 % interval.

    One place for each moment at which something ended, earliest first; before the first all wait.
    """

    seconds: Floats
    waiting: Floats
    low: Floats
    high: Floats

    def first(self, curve: Floats, share: float) -> float | None:
        """After how many seconds one of the curves is down to a share; None if it never is."""
        down = curve <= share + _NOISE
        place = int(down.argmax()) if len(down) else 0
        return float(self.seconds[place]) if len(down) and down[place] else None

    def at(self, seconds: float) -> tuple[float, float, float]:
        """The share that still waits after so many seconds, and its interval."""
        place = int(np.searchsorted(self.seconds, seconds, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.waiting[place]), float(self.low[place]), float(self.high[place])


def survival(waits: Waits) -> Survival:
    """Kaplan's and Meier's estimate with log-log intervals; without places if nothing has ended.

    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; Greenwood's variance on the log-log
    scale, Kalbfleisch & Prentice (1980), section 1.3. Where lengths are rounded, half of those that
    still wait at a place are taken to have waited less than what ended there, as in a life table:
    Cutler & Ederer (1958), J. Chronic Dis. 8, 699-712.
    """
    return survivals([waits])[0]


def survivals(every: Sequence[Waits]) -> list[Survival]:
    """The same of many groups, at once."""
    sizes = [len(waits.seconds) for waits in every]
    if not sum(sizes):
        none = np.zeros(0)
        return [Survival(none, none, none, none) for _ in every]
    groups = np.repeat(np.arange(len(every)), sizes)
    seconds = np.concatenate([waits.seconds for waits in every])
    counts = np.concatenate([waits.counts for waits in every])
    endings = np.concatenate([waits.counts * waits.ended for waits in every])
    # Counted ones come in their order, and to see that is quicker than to sort them.
    if ((np.diff(seconds) < 0) & (np.diff(groups) == 0)).any():
        order = np.lexsort((seconds, groups))
        seconds, counts, endings = (one[order] for one in (seconds, counts, endings))
    another = (np.diff(seconds) != 0) | (np.diff(groups) != 0)
    moments = np.flatnonzero(np.concatenate([[True], another]))
    ended = np.add.reduceat(endings, moments)
    # Who is there at a moment: all of the group but those whose wait was over before.
    over = np.concatenate([[0], np.cumsum(counts)])
    left = over[np.cumsum(sizes)][groups[moments]] - over[moments]
    rounded = np.array([waits.rounded for waits in every])[groups[moments]]
    here = np.diff(over[np.append(moments, len(counts))])
    left = left.astype(np.float64)
    left -= np.where(rounded & (seconds[moments] > LONG), (here - ended) / 2, 0.0)
    some = ended > 0
    return _curves(groups[moments][some], seconds[moments][some], left[some], ended[some], every)


def _curves(
    groups: NDArray[np.intp],
    seconds: Floats,
    left: Floats,
    ended: NDArray[np.int64],
    every: Sequence[Waits],
) -> list[Survival]:
    """Of moments at which ``ended`` of the ``left`` ones of a group came to their end."""
    # After the last one of all has ended there is no variance: that shows a lower end only.
    some = left > ended
    stayed = np.where(some, left - ended, left)
    ends = np.searchsorted(groups, np.arange(len(every) + 1))
    logs = _added_up(np.log(stayed / left), ends, groups)
    variance = _added_up(np.where(some, ended / (left * stayed), 0.0), ends, groups)
    waiting, low, high = np.exp(logs), np.zeros(len(groups)), np.ones(len(groups))
    waiting[~some] = 0.0
    half = np.exp(np.minimum(Z * np.sqrt(variance[some]) / -logs[some], 700.0))
    low[some], high[some] = waiting[some] ** half, waiting[some] ** (1 / half)
    return [
        Survival(seconds[a:b], waiting[a:b], low[a:b], high[a:b])
        for a, b in pairwise(ends.tolist())
    ]


def _added_up(steps: Floats, ends: NDArray[np.intp], groups: NDArray[np.intp]) -> Floats:
    """The sum of all steps up to each, of its own group."""
    total = np.concatenate([[0.0], np.cumsum(steps)])
    own: Floats = total[1:] - total[ends[groups]]
    return own


def times(waits: Waits | Iterable[Wait]) -> Times | None:
    """The median and p90 of a duration by Kaplan and Meier; None without observations.

    The median's interval inverts the log-log transformed one of survival (Brookmeyer & Crowley
    1982, Biometrics 38, 29-41). Leaving unfinished tickets out instead makes the median of recent
    days far too low.
    """
    return times_of_all([as_waits(waits)])[0]


def times_of_all(every: Sequence[Waits]) -> list[Times | None]:
    """The same of many groups, at once."""
    return [
        None
        if not waits.n
        else Times(
            median=curve.first(curve.waiting, 0.5),
            low=curve.first(curve.low, 0.5),
            high=curve.first(curve.high, 0.5),
            p90=curve.first(curve.waiting, 0.1),
            n=waits.n,
            waiting=waits.waiting,
        )
        for waits, curve in zip(every, survivals(every), strict=True)
    ]
