"""How long things took in working time, by the hours of the schedule a ticket is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.hours import Schedule
from routing.outcomes.outcome import Outcome

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Worked:
    """Working seconds from the opening, in whole ones; None where it has not happened.

    ``schedule`` is the name of the schedule by which they are counted. Without one nothing is, and
    working time is the same as calendar time.
    """

    schedule: str | None = None
    first_reply: int | None = None
    first_solved: int | None = None
    solved: int | None = None


def worked(outcome: Outcome, schedule: Schedule | None) -> Worked:
    """The working time to the first reply, the first and the last solving.

    The version of the schedule that was in force at the time counts. What is told to have happened
    before the opening took no time.
    """
    if schedule is None:
        return Worked()

    def until(at: datetime | None) -> int | None:
        if at is None:
            return None
        return schedule.open_time_between(outcome.opened_at, at) // _SECOND

    return Worked(
        schedule=schedule.name,
        first_reply=until(outcome.first_reply_at),
        first_solved=until(outcome.first_solved_at),
        solved=until(outcome.solved_at),
    )
