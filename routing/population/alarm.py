"""When a goal counts as clearly missed, and when that is over.

Measured over and over, a KPI near its goal crosses it by chance all the time. So an alarm begins
only where the whole 95 % interval lies on the bad side, and is over only once the KPI itself is
back on the good side: in between it stays as it is (a Schmitt trigger).
"""

from __future__ import annotations

from enum import StrEnum

from routing.outcomes.figures import ENOUGH
from routing.population.goal import Standing


class Alarm(StrEnum):
    """What a new measurement changes."""

    BEGIN = "begin"
    END = "end"
    STAY = "stay"


def alarm(standing: Standing, *, runs: bool) -> Alarm:
    """What a measurement changes, where an alarm ``runs`` or not.

    Under ENOUGH observations nothing is known, and nothing changes.
    """
    if standing.n < ENOUGH or standing.now is None:
        return Alarm.STAY
    if runs:
        return Alarm.END if standing.met else Alarm.STAY
    return Alarm.BEGIN if is_clearly_missed(standing) else Alarm.STAY


def is_clearly_missed(standing: Standing) -> bool:
    """Whether even the better end of the interval lies on the bad side of the goal."""
    if standing.goal.wants == "at least":
        return standing.high is not None and standing.high < standing.goal.value
    return standing.low is not None and standing.low > standing.goal.value
