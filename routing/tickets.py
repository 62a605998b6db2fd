"""The nouns: what a ticket, a customer and a known fact about them are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

Value = str | float | bool | date | frozenset[str]
"""What a fact can be: text, a number, yes or no, a date, or a set of words."""


class Priority(StrEnum):
    """How urgent a ticket is; desks with other scales are mapped onto this one."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Status(StrEnum):
    """Where a ticket stands. ``SOLVED`` can be reopened, ``CLOSED`` cannot."""

    OPEN = "open"
    SOLVED = "solved"
    CLOSED = "closed"


class Trigger(StrEnum):
    """What happened to a ticket, so that it is decided. Each has rules of its own.

    ``REPLIED`` is a customer who wrote again, ``MOVED`` another queue, whoever moved it there.
    ``WAITING`` is a customer who has waited for an answer as long as a rule says, ``HANDED_BACK``
    an agent who was silent for so long that the ticket is given anew.
    """

    OPENED = "opened"
    REPLIED = "replied"
    REOPENED = "reopened"
    MOVED = "moved"
    WAITING = "waiting"
    HANDED_BACK = "handed back"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Which ticket: the name of the desk connection, and the desk's own id for it."""

    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}/{self.id}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as its desk shows it at one moment. Times are aware UTC.

    ``queue`` and ``agent`` are the desk's own ids; None means none is set.
    ``text`` is the customer's first message as plain text.
    """

    ref: TicketRef
    subject: str
    text: str
    requester_email: str | None
    opened_at: datetime
    requester_name: str | None = None
    channel: str | None = None
    status: Status = Status.OPEN
    priority: Priority | None = None
    queue: str | None = None
    agent: str | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about a customer: its value, who says so, and when they knew it.

    ``as_of`` is aware UTC; None means the source does not say. After ``fresh_until`` the value
    is stale; None means it does not age.
    """

    value: Value
    source: str
    as_of: datetime | None = None
    fresh_until: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the value can still be believed without a second thought."""
        return self.fresh_until is None or now <= self.fresh_until


@dataclass(frozen=True, slots=True)
class Load:
    """How many open tickets an agent holds now, and whether they are at work."""

    open: int = 0
    present: bool = True


@dataclass(frozen=True, slots=True)
class Use:
    """How a reply has done so far: how often inserted, and in how many of those it was solved."""

    inserted: int = 0
    solved: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ticket that is decided again is already: its queue, its agent, and why they have it.

    All names are the playbook's. ``agent`` None is nobody.
    """

    queue: str
    agent: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one decision may look at, and nothing else; stored beside the decision.

    ``customer`` maps field names (``customer.plan``, ``account.employees``) to what is known;
    a field that is not in it is unknown. ``loads`` is by agent name. ``last_agent`` solved this
    customer's previous ticket. ``silent`` names the customer sources that did not answer.
    ``language`` is the ticket's own, recognised from its text, as an ISO 639-1 code. ``before``
    is what the event being decided changed: field name -> the value before, None where there was
    none; a field that is not in it was not changed. ``uses`` says how replies have done so far, by
    name. ``standing`` is set where the ticket was decided before.

    ``trigger`` is what happened. ``waited`` is the wait that is over, where it was a wait, and
    ``rating`` the customer's score, where they gave one. ``spent`` are rules that have fired
    already for what happened: a rule answers to its own effects, and to those of others, once.
    """

    ticket: Ticket
    now: datetime
    language: str | None = None
    customer: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    loads: Mapping[str, Load] = field(default_factory=lambda: MappingProxyType({}))
    last_agent: str | None = None
    silent: tuple[str, ...] = ()
    before: Mapping[str, Value | None] = field(default_factory=lambda: MappingProxyType({}))
    uses: Mapping[str, Use] = field(default_factory=lambda: MappingProxyType({}))
    standing: Standing | None = None
    trigger: Trigger = Trigger.OPENED
    waited: timedelta | None = None
    rating: int | None = None
    spent: tuple[str, ...] = ()
