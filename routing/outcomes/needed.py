"""How many more tickets or answers it takes: until anything is shown, or until a difference is."""

from __future__ import annotations

from datetime import datetime
from math import ceil, log

from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from routing.outcomes.figures import ENOUGH, lacking
from routing.outcomes.statistics import Z, normal_point

POWER = 0.8
"""The probability with which a difference that is there is to be shown."""


def ready_at(n: int, since: datetime, now: datetime) -> datetime | None:
    """About when there will be enough, if they come as they have come ``since`` then.

    ``now`` where there are enough already; None where none came, or no time has passed.
    """
    if not lacking(n):
        return now
    if n <= 0 or now <= since:
        return None
    return now + (now - since) * (lacking(n) / n)


def needed_for_shares(one: float, other: float, power: float = POWER) -> int | None:
    """How many it takes in each of two groups to show that these shares (0 to 1) differ at 5 %.

    By Cohen's arcsine effect size (1988, "Statistical Power Analysis for the Behavioral Sciences",
    chapter 6). Never less than ENOUGH; None where the two are the same.
    """
    effect = abs(float(proportion_effectsize(one, other)))
    if effect == 0:
        return None
    test = NormalIndPower()
    if float(test.power(effect, ENOUGH, 0.05)) >= power:
        return ENOUGH
    return ceil(float(test.solve_power(effect, alpha=0.05, power=power)))


def needed_for_pace(ratio: float, ended: float = 1.0, power: float = POWER) -> int | None:
    """How many it takes in each of two groups to show by the log-rank test at 5 % that they differ.

    ``ratio`` is how many times as fast the one is as the other: of two medians the longer by the
    shorter, as far as the same ratio holds all along. ``ended`` is the share (0 to 1) that will
    have ended by then. Schoenfeld (1981), Biometrika 68, 316-319: 4 (z₁ + z₂)² / (log ratio)² have
    to end in both groups together; neither scipy nor statsmodels has it. Never less than ENOUGH;
    None where the two are the same or nothing ends. Raises ValueError for a ratio of 0 or less.
    """
    if ratio <= 0:
        raise ValueError("a ratio of paces is more than 0")
    if ratio == 1 or ended <= 0:
        return None
    endings = 4 * (Z + normal_point(power)) ** 2 / log(ratio) ** 2
    return max(ENOUGH, ceil(endings / 2 / min(ended, 1.0)))
