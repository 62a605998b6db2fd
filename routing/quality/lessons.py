"""What people's transfers teach about the rules, as values that JSON holds.

Without numpy, so that any process can read what another process has worked out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from routing.outcomes.figures import Share
from routing.rules.rule import After

ENOUGH_TRANSFERS = 20
"""Tickets of one rule that people moved from its queue to one other, from which to learn."""

MOST_TESTS = 3
"""Tests of a learned condition, beside those of the rule itself."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Tickets sent right more than before, less those sent wrongly, with a 95 % interval."""

    value: int
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition judged on ``tickets`` newer than all that it was learned from.

    Of those it holds for, people had moved ``right`` to the queue it sends them to, ``wrong`` had
    stayed where they were, and ``elsewhere`` had been moved to a third queue; ``precision`` is
    ``right`` among all three. Of the ``transfers`` there were it finds ``right``. ``stayed``
    tickets had stayed, and ``majority`` would have been right by the queue in which most of the
    older tickets had ended.
    """

    tickets: int
    transfers: int
    right: int
    wrong: int
    elsewhere: int
    stayed: int
    majority: int
    precision: Share
    gain: Gain

    @property
    def covered(self) -> int:
        """How many tickets the condition holds for."""
        return self.right + self.wrong + self.elsewhere

    @property
    def right_before(self) -> float:
        """The share of tickets whose queue the rule chose right."""
        return self.stayed / self.tickets

    @property
    def right_after(self) -> float:
        """The same with the condition's tickets sent to the other queue."""
        return (self.stayed - self.wrong + self.right) / self.tickets

    @property
    def right_by_majority(self) -> float:
        """The same with all tickets sent to the queue in which most older ones had ended."""
        return self.majority / self.tickets


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The playbook with the proposed rule in it on ``tickets`` past tickets, old and new.

    ``moved`` of them come to another queue: ``right`` to the one in which people had left them,
    ``wrong`` away from it; of the rest it is not known, or both are wrong. ``flows`` are from
    queue to queue with how many.
    """

    tickets: int
    moved: int
    right: int
    wrong: int
    flows: tuple[tuple[str, str, int], ...]

    @property
    def untold(self) -> int:
        """Moved tickets that neither queue is known to be right for."""
        return self.moved - self.right - self.wrong


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that would have sent tickets right, not published: a draft for a lead to edit.

    ``tests`` are what was learned, in ``words``; ``when`` is the whole condition as the playbook
    holds it, with that of the rule it stands directly above, at ``place`` from 1. ``why`` goes
    into its note.
    """

    name: str
    place: int
    queue: str
    tests: tuple[dict[str, Any], ...]
    words: str
    when: Any
    why: str
    judged: Judged
    after: After = After.STOP
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """Tickets of one rule (None: of no rule) that people moved from its queue to another.

    ``transfers`` of the ``tickets`` whose right queue is known. Where there is no ``proposal``,
    ``nothing`` says why.
    """

    rule: str | None
    queue: str
    target: str
    tickets: int
    transfers: int
    proposal: Proposal | None = None
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Lessons:
    """All that was looked for over ``tickets`` decided tickets, the newest at ``made_at``."""

    made_at: datetime
    playbook: int
    tickets: int
    lessons: tuple[Lesson, ...]

    @property
    def proposals(self) -> tuple[Lesson, ...]:
        """The lessons with a proposal."""
        return tuple(one for one in self.lessons if one.proposal is not None)


_ADAPTER = TypeAdapter(Lessons)


def lessons_out(lessons: Lessons) -> dict[str, object]:
    """Lessons as JSON."""
    plain: dict[str, object] = _ADAPTER.dump_python(lessons, mode="json")
    return plain


def lessons_in(raw: object) -> Lessons:
    """Lessons from JSON, as ``lessons_out`` wrote them."""
    return _ADAPTER.validate_python(raw)
