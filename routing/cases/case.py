"""A saved case: a ticket, what is known of its customer, and what has to become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from routing.conditions.durations import say_duration
from routing.tickets import Priority, Value


@dataclass(frozen=True, slots=True)
class CaseTicket:
    """The ticket of a case. ``language`` None is recognised from the text, as in a real one.

    ``queue`` is the desk's own id of the one it is in so far. ``opened_at`` is aware UTC; None is
    the moment at which the case is decided.
    """

    subject: str = ""
    text: str = ""
    requester_email: str | None = None
    channel: str | None = None
    language: str | None = None
    priority: Priority | None = None
    queue: str | None = None
    tags: frozenset[str] = frozenset()
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to come out; what is None or empty is not looked at.

    ``segment`` is the primary one. ``tags`` have to be among those set, ``rule`` among those that
    fire, and ``reply`` among the suggested. ``first_reply`` is the target time.
    """

    queue: str | None = None
    segment: str | None = None
    priority: Priority | None = None
    agent: str | None = None
    tags: tuple[str, ...] = ()
    rule: str | None = None
    reply: str | None = None
    first_reply: timedelta | None = None

    def told(self) -> dict[str, str]:
        """What is expected, in words, by what it is called; what is not looked at is empty."""
        return {
            "segment": self.segment or "",
            "queue": self.queue or "",
            "agent": self.agent or "",
            "priority": "" if self.priority is None else str(self.priority),
            "tags": ", ".join(self.tags),
            "first reply": "" if self.first_reply is None else say_duration(self.first_reply),
            "rule": self.rule or "",
            "reply": self.reply or "",
        }

    def __str__(self) -> str:
        """The expectation in words, for example “queue Priority, tags vip”."""
        return ", ".join(f"{what} {said}" for what, said in self.told().items() if said)


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``customer`` is what is known, by field name; all of it is fresh.

    ``now`` is the moment at which it is decided, aware UTC; None is whenever it is run.
    """

    name: str
    expect: Expectation
    ticket: CaseTicket = field(default_factory=CaseTicket)
    customer: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    now: datetime | None = None
