"""What the pages show: frozen values that flows make and templates lay out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from routing.decide import Decision
from routing.outcomes.kpis import Kpis
from routing.playbook import Playbook
from routing.segments.segment import Persona
from routing.tickets import Fact, Facts


class Role(StrEnum):
    """What a person may do; each role may do all that the ones before it may."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"

    def may(self, needed: Role) -> bool:
        """Whether this role is at least the one that is needed."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    id: int
    email: str
    name: str
    role: Role


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
class PanelView:
    """The agent's panel for one ticket.

    ``due_at`` is when the first reply is due, None where no target is set or it was given
    (``replied_at``). ``greeted`` is the customer's name as replies use it, None if unknown.
    ``other_queues`` are the queues "Wrong queue" offers, best first. ``degraded`` names customer
    sources that did not answer when the ticket was routed.
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


@dataclass(frozen=True, slots=True)
class Done:
    """One line of a decision's history."""

    what: str
    detail: str
    at: datetime
    good: bool = True


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Why one ticket went where it went. ``known`` are the facts used, by how a field is said."""

    id: int
    connection: str
    ticket: str
    subject: str
    requester: str
    decided_at: datetime
    decision: Decision
    playbook_name: str
    known: Mapping[str, Fact]
    unknown: tuple[str, ...]
    history: tuple[Done, ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision in the list of them."""

    id: int
    connection: str
    ticket: str
    subject: str
    segment: str | None
    queue: str
    agent: str | None
    rule: str | None
    decided_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version of the playbook."""

    version: int
    note: str
    by: str
    at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words. ``when`` and ``then`` are sentences; ``fired`` counts 90 days."""

    place: int
    name: str
    when: str
    then: tuple[str, ...]
    state: str
    owner: str
    note: str
    fired: int


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment in words. ``tickets`` counts 90 days."""

    name: str
    model: str
    when: str
    owner: str
    goal: str
    persona: Persona
    tickets: int


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """One version of the playbook, as the lead's pages show it."""

    playbook: Playbook
    line: VersionLine
    rules: tuple[RuleLine, ...]
    segments: tuple[SegmentLine, ...]
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class SegmentKpis:
    """The KPIs of one segment; ``segment`` None is everyone else."""

    segment: str | None
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of everything the desks told us. ``adds_up`` is the promise."""

    received: int
    done: int
    waiting: int
    parked: int

    @property
    def adds_up(self) -> bool:
        """Whether each delivery is in exactly one state."""
        return self.received == self.done + self.waiting + self.parked


@dataclass(frozen=True, slots=True)
class OverviewView:
    """The admin's first page. ``sample`` says that the numbers come from sample data."""

    since: datetime
    until: datetime
    days: int
    sample: bool
    total: Kpis
    segments: tuple[SegmentKpis, ...]
    deliveries: Tally
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery in the list. ``why`` says what it waits for, or why it is parked."""

    id: int
    received_at: datetime
    connection: str
    kind: str
    ticket: str
    decision_id: int | None
    state: str
    took: timedelta | None
    why: str


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a delivery."""

    at: datetime
    result: str
    good: bool


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery, whole. ``body`` has names, addresses and texts hidden unless asked for."""

    line: DeliveryLine
    delivery_id: str
    tries: tuple[Try, ...]
    body: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class DeliveriesView:
    """The deliveries page. ``older`` and ``newer`` are ids to page from, None at the ends."""

    tally: Tally
    counted_at: datetime
    median_took: timedelta | None
    lines: tuple[DeliveryLine, ...]
    state: str | None
    find: str
    connections: tuple[str, ...]
    connection: str | None
    older: int | None
    newer: int | None
    open: DeliveryView | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One customer source. ``customers`` is None where it is asked and not counted."""

    name: str
    kind: str
    customers: int | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an uploaded file's rows; ``refused`` names lines and reasons."""

    source: str
    dry: bool
    read: int
    changed: int
    refused_count: int
    refused: tuple[tuple[int, str], ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What the customer sees behind a survey link."""

    token: str
    brand: str
    question: str
    subject: str
    first_name: str | None
    language: str
    solved_by: str | None
    solved_at: datetime
    open_until: datetime
    score: int | None = None
    comment: str = ""
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every signed-in page."""

    person: Person
    playbook_name: str
    playbook_version: int
    parked: int
    sample: bool
    counts: Mapping[str, int] = field(default_factory=dict)
