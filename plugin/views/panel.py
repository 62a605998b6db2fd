"""The panel beside a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.views.people import Person
from routing.decide import Decision
from routing.rules.near import NearMiss
from routing.segments.segment import Persona
from routing.tickets import Fact, Facts, Status


@dataclass(frozen=True, slots=True)
class OfferedReply:
    """One suggested reply. ``text`` is None where it cannot be offered; ``because`` says why."""

    name: str
    because: str
    text: str | None


@dataclass(frozen=True, slots=True)
class SolvedCase:
    """A similar ticket that was solved."""

    ticket: str
    subject: str
    took: timedelta
    url: str | None


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """Another ticket of the same customer, as it was when it was read last."""

    ticket: str
    subject: str
    status: Status
    opened_at: datetime
    solved_at: datetime | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """How a customer rated a solving, from 1 to 5, and when."""

    score: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """A customer's other tickets: how many there are, how many of them are open.

    ``tickets`` and ``ratings`` are the last few, newest first.
    """

    count: int = 0
    open: int = 0
    tickets: tuple[OtherTicket, ...] = ()
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class PanelView:
    """The agent's panel for one ticket.

    ``due_at`` is when the first reply is due, None where no target is set or it was given
    (``replied_at``). ``greeted`` is the customer's name as replies use it, None if unknown.
    ``other_queues`` are the queues "Wrong queue" offers, best first. ``degraded`` names customer
    sources that did not answer when the ticket was routed. ``queue_now`` is where the ticket was
    moved since, None if it was not. ``known`` are all customer facts, by how a field is said.
    """

    decision_id: int
    connection: str
    ticket: str
    subject: str
    decision: Decision
    facts: Facts
    persona: Persona | None
    replies: tuple[OfferedReply, ...]
    solved_before: tuple[SolvedCase, ...]
    other_queues: tuple[str, ...]
    degraded: tuple[str, ...]
    due_at: datetime | None
    target: timedelta | None
    replied_at: datetime | None
    greeted: str | None
    now: datetime
    queue_now: str | None = None
    near: NearMiss | None = None
    history: CustomerHistory = field(default_factory=CustomerHistory)
    known: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """One line of a decision's history."""

    what: str
    detail: str
    at: datetime
    good: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every signed-in page.

    ``approvals`` tells that publishing needs a second person; ``asked`` counts the drafts of others
    that wait for one.
    """

    person: Person
    playbook_name: str
    playbook_version: int
    parked: int
    sample: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    approvals: bool = False
    asked: int = 0
