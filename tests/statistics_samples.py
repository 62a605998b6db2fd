"""Tickets and topics as they come by chance, to try statistics on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.comparison import Measure, Side
from routing.outcomes.growth import Growth, growth
from routing.outcomes.waits import Waits

Counts = NDArray[np.float64]


def waits(dice: np.random.Generator, n: int, mean: float) -> Waits:
    """Log-normal waits, of which the youngest are still open."""
    needed, since = dice.lognormal(np.log(mean), 1.0, n), dice.uniform(0, 20 * mean, n)
    ones = np.ones(n, dtype=np.int64)
    return Waits(np.minimum(needed, since), needed <= since, ones)


def a_side(dice: np.random.Generator, n: int, happy: float = 0.85, hours: float = 1.0) -> Side:
    rated = int(dice.binomial(n, 0.5))
    return Side(
        shares={
            Measure.CSAT: (int(dice.binomial(rated, happy)), rated),
            Measure.TRANSFERRED: (int(dice.binomial(n, 0.1)), n),
        },
        waits={
            Measure.FIRST_REPLY: waits(dice, n, 3_600),
            Measure.RESOLUTION: waits(dice, n, hours * 36_000),
        },
    )


def drawn(dice: np.random.Generator, means: Counts, clumped: Counts | float) -> list[list[int]]:
    """Negative binomial counts: their variance is the mean and ``clumped`` times its square."""
    shape = 1 / np.broadcast_to(np.asarray(clumped), means.shape)
    rows: list[list[int]] = dice.poisson(dice.gamma(shape, means / shape)).tolist()
    return rows


def grown(rows: list[list[int]]) -> list[Growth]:
    return [one for one in growth({f"{at}": row for at, row in enumerate(rows)}) if one.grows]


def a_desk(dice: np.random.Generator, topics: int, weeks: int) -> Counts:
    """What is expected of each topic in each week: few are large, and all follow the season."""
    sizes = dice.lognormal(np.log(10), 1.0, topics)
    season = 1 + 0.3 * np.sin(np.arange(weeks) / 52 * 2 * np.pi) + dice.normal(0, 0.05, weeks)
    return np.asarray(sizes[:, None] * season[None])
