"""Numbers with their doubt: shares with Wilson intervals, times with unfinished ones counted.

Loads scipy and statsmodels. Values alone are in ``figures``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from routing.outcomes.figures import Share, Times, Wait
from routing.outcomes.waits import Floats, Waits, as_waits


def normal_point(probability: float) -> float:
    """Below which value of the standard normal distribution so much of it (0 to 1) lies."""
    return float(ndtri(probability))


Z = normal_point(0.975)
"""Standard errors to either side that make a 95 % interval of a normal estimate."""

# Survival is a product of fractions: of 24 tickets, "half still waiting" comes out as 0.5 and a
# hair, which must not count as more than half.
_NOISE = 1e-9


def share(hits: int, n: int) -> Share | None:
    """The share ``hits / n`` with its Wilson score interval; None when ``n`` is 0.

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. It never leaves 0 to 1 and keeps its
    coverage for small ``n``, where the textbook interval does not.
    """
    return None if n == 0 else shares([(hits, n)])[0]


def shares(counts: Sequence[tuple[int, int]]) -> list[Share]:
    """The same of many (hits, n), at once; no n may be 0.

    A page asks for hundreds, many of them over and over, and the library takes its time for each
    question, however many are asked in it.
    """
    known = {one: share for one in set(counts) if (share := _KNOWN.get(one)) is not None}
    new = [one for one in set(counts) if one not in known]
    if new:
        hits, n = np.array(new).T
        low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
        ends = zip(new, low.tolist(), high.tolist(), strict=True)
        made = {(hits, n): Share(hits / n, low, high, n) for (hits, n), low, high in ends}
        if len(_KNOWN) + len(made) > MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN.update(made)
        known |= made
    return [known[one] for one in counts]


MOST_KNOWN = 50_000
"""Shares that are kept, since they are asked for again."""

_KNOWN: dict[tuple[int, int], Share] = {}


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
        down = np.flatnonzero(curve <= share + _NOISE)
        return float(self.seconds[down[0]]) if len(down) else None

    def at(self, seconds: float) -> tuple[float, float, float]:
        """The share that still waits after so many seconds, and its interval."""
        place = int(np.searchsorted(self.seconds, seconds, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.waiting[place]), float(self.low[place]), float(self.high[place])


def survival(waits: Waits) -> Survival:
    """Kaplan's and Meier's estimate with log-log intervals; without places if nothing has ended.

    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; Greenwood's variance on the log-log
    scale, Kalbfleisch & Prentice (1980), section 1.3. statsmodels counts grouped waits, but with
    counts its own standard error is the one of the hazard (Tsiatis 1981), which its intervals take
    for one of survival: they come out twice too wide at the median. Hence Greenwood's here.
    """
    curve = SurvfuncRight(
        waits.seconds, waits.ended.astype(np.float64), freq_weights=waits.counts.astype(np.float64)
    )
    alive, left, ended = curve.surv_prob, curve.n_risk, curve.n_events
    # After the last one of all has ended there is no variance: that shows a lower end only.
    some = left > ended
    variance = np.cumsum(
        np.divide(ended, left * (left - ended), where=some, out=np.zeros(len(left)))
    )
    low, high = np.zeros(len(left)), np.ones(len(left))
    half = np.exp(np.minimum(Z * np.sqrt(variance[some]) / np.abs(np.log(alive[some])), 700.0))
    low[some], high[some] = alive[some] ** half, alive[some] ** (1 / half)
    return Survival(curve.surv_times, alive, low, high)


def times(waits: Waits | Iterable[Wait]) -> Times | None:
    """The median and p90 of a duration by Kaplan and Meier; None without observations.

    The median's interval inverts the log-log transformed one of survival (Brookmeyer & Crowley
    1982, Biometrics 38, 29-41). Leaving unfinished tickets out instead makes the median of recent
    days far too low.
    """
    every = as_waits(waits)
    if not every.n:
        return None
    curve = survival(every)
    return Times(
        median=curve.first(curve.waiting, 0.5),
        low=curve.first(curve.low, 0.5),
        high=curve.first(curve.high, 0.5),
        p90=curve.first(curve.waiting, 0.1),
        n=every.n,
        waiting=every.waiting,
    )
