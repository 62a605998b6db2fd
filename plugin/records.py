"""What the flows keep in the database: the values, and the protocols they are kept through.

A flow opens one ``Work`` per transaction; what it does is rolled back unless it says ``commit``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from plugin.ports import Delivery, Notice, Reading, Written
from plugin.views import (
    DecisionLine,
    DeliveryLine,
    DeliveryView,
    Person,
    Role,
    SolvedCase,
    Tally,
    VersionLine,
)
from routing.decide import Decision
from routing.events import Event
from routing.outcomes.kpis import Result
from routing.outcomes.outcome import Outcome
from routing.playbook import Playbook
from routing.replies.rank import Use
from routing.tickets import Fact, Facts, Load, Ticket


class Put(StrEnum):
    """How the inbox took a delivery."""

    NEW = "new"
    REPEAT = "repeat"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds until its lease ends.

    So far it had to wait ``waits`` times, failed ``failures`` times, and ``deaths`` workers ended
    while they held it.
    """

    id: int
    connection: str
    ticket: str
    kind: str
    received_at: datetime
    waits: int
    failures: int
    deaths: int


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: rows before this id (None: from the newest), and how many."""

    before: int | None = None
    limit: int = 50


class Inbox(Protocol):
    """Every delivery, from its acceptance until it is done or parked."""

    def put(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery; an echo of our own write is done at once."""
        ...

    def put_all(self, arrived: Sequence[tuple[Delivery, Notice]]) -> list[Put]:
        """Keep deliveries; how each was taken, in the same order."""
        ...

    def claim(
        self, now: datetime, lease: int, limit: int, without: Collection[str]
    ) -> list[Claimed]:
        """Take what is due, for ``lease`` seconds, of all connections but ``without``.

        Rows tried before are taken one at a time.
        """
        ...

    def release(self, ids: Sequence[int], now: datetime) -> None:
        """Give claimed rows back untried."""
        ...

    def finish(self, row: int, now: datetime, why: str) -> None:
        """The delivery is done; ``why`` says what came of it, if that needs saying."""
        ...

    def wait(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, since the other side was not there."""
        ...

    def fail(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, although something went wrong."""
        ...

    def known(self, connection: str, delivery_ids: Collection[str]) -> set[str]:
        """Which of these deliveries are in the inbox already."""
        ...

    def park(self, row: int, now: datetime, why: str) -> None:
        """Stop trying until a person replays it."""
        ...

    def replay(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Make parked deliveries due now (None: all of them); returns how many."""
        ...

    def tally(self) -> Tally:
        """What became of everything received."""
        ...

    def lines(
        self, page: Page, state: str | None, connection: str | None, find: str
    ) -> list[DeliveryLine]:
        """Deliveries, newest first."""
        ...

    def newer(self, row: int, limit: int) -> int | None:
        """The id to page before, to see the ``limit`` deliveries newer than ``row``."""
        ...

    def show(self, row: int) -> tuple[DeliveryView, bytes] | None:
        """One delivery, with its raw body."""
        ...


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as we keep it.

    ``decision`` is the id of its decision, if it has one; ``applied`` whether that one stands in
    the desk.
    """

    id: int
    ticket: Ticket
    outcome: Outcome
    imported: bool
    language: str | None
    segment: str | None
    queue_name: str | None
    agent_name: str | None
    rule: str | None
    playbook: int | None
    surveyed: bool
    score: int | None
    decision: int | None
    applied: bool


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket from before Deskroute, as an import gives it."""

    ticket: Ticket
    outcome: Outcome
    language: str | None
    segment: str | None
    queue_name: str | None
    agent_name: str | None
    score: int | None


class Tickets(Protocol):
    """Tickets with what happened to them."""

    def hold(self, reading: Reading) -> StoredTicket:
        """The ticket of a reading, made if it is new, and held until the transaction ends."""
        ...

    def update(self, stored: StoredTicket, reading: Reading, agent: str | None) -> None:
        """Take over the desk's state, unless a later reading was taken over already."""
        ...

    def is_news(self, stored: StoredTicket, reading: Reading) -> bool:
        """Whether no later reading was taken over already."""
        ...

    def add_events(self, ticket: int, events: Iterable[Event]) -> int:
        """Keep events that are not kept yet; returns how many were new."""
        ...

    def events(self, stored: StoredTicket) -> list[Event]:
        """Every event of the ticket."""
        ...

    def set_outcome(self, ticket: int, outcome: Outcome) -> None:
        """Keep the outcome."""
        ...

    def set_place(self, ticket: int, queue: str | None, agent: str | None, now: datetime) -> None:
        """Note where we have just put the ticket (desk ids), so that it is not news later.

        A reading that was asked for before ``now`` is older than this.
        """
        ...

    def find(self, connection: str, desk_id: str) -> StoredTicket | None:
        """A ticket by its desk's id."""
        ...

    def get(self, ticket: int) -> StoredTicket:
        """A ticket by our id. Raises KeyError."""
        ...

    def marks(self, connection: str, desk_ids: Collection[str]) -> dict[str, str]:
        """The mark each of these tickets (desk ids) had when it was read last."""
        ...

    def loads(self) -> dict[str, Load]:
        """How many open tickets each agent (by name) holds."""
        ...

    def last_agent(self, email: str, before: datetime) -> str | None:
        """Who solved this customer's latest ticket, by name."""
        ...

    def solved_like(self, stored: StoredTicket, limit: int) -> list[SolvedCase]:
        """Solved tickets of the same language and segment whose words are most alike."""
        ...

    def results(self, since: datetime, until: datetime) -> list[tuple[str | None, Result]]:
        """Every ticket opened in the period, with its segment at the time."""
        ...

    def add_past(self, past: Sequence[PastTicket], now: datetime) -> int:
        """Keep imported tickets; returns how many were new or changed."""
        ...


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision with the facts it used."""

    id: int
    ticket: int
    playbook: int
    decided_at: datetime
    facts: Facts
    decision: Decision
    degraded: tuple[str, ...]
    applied_at: datetime | None
    written: tuple[Written, ...]


class Decisions(Protocol):
    """Decisions, one per ticket."""

    def lock(self) -> None:
        """Let nobody else decide until this transaction ends, so that loads are true."""
        ...

    def add(self, ticket: int, decision: Decision, facts: Facts, rule: str | None) -> int:
        """Keep a decision and its snapshot on the ticket; returns its id."""
        ...

    def hold(self, decision: int, now: datetime, until: datetime) -> bool:
        """Be the only one to write it into the desk until then; False if somebody else is."""
        ...

    def let_go(self, decision: int) -> None:
        """Let others write it at once, after we could not."""
        ...

    def applied(self, decision: int, written: Sequence[Written], now: datetime) -> None:
        """The decision stands in the desk."""
        ...

    def get(self, decision: int) -> StoredDecision | None:
        """A decision by its id."""
        ...

    def of(self, connection: str, desk_id: str) -> list[int]:
        """The ids of all decisions on a ticket."""
        ...

    def lines(self, page: Page) -> list[DecisionLine]:
        """Decisions, newest first."""
        ...

    def fired(self, since: datetime) -> dict[str, int]:
        """How often each rule fired."""
        ...

    def segments(self, since: datetime) -> dict[str, int]:
        """How many tickets each segment had as their primary one."""
        ...

    def uses(self) -> dict[str, Use]:
        """How replies have done so far, by name."""
        ...

    def inserted(self, decision: int, reply: str, position: int, by: str, now: datetime) -> None:
        """An agent inserted a suggested reply."""
        ...


class Playbooks(Protocol):
    """Published versions of the playbook."""

    def live(self) -> Playbook | None:
        """The newest version, compiled; None before the first is published."""
        ...

    def get(self, version: int) -> Playbook | None:
        """One version, compiled."""
        ...

    def text(self, version: int) -> str | None:
        """One version as it was written."""
        ...

    def publish(self, text: str, note: str, by: str, now: datetime, based_on: int) -> int | None:
        """Keep the text as a new version; None if ``based_on`` is not the newest any more."""
        ...

    def versions(self) -> list[VersionLine]:
        """Every version, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """What one uploaded source says of one customer."""

    external_id: str
    email: str | None
    facts: Mapping[str, Fact]


class CustomerRecords(Protocol):
    """Customers from uploaded files."""

    def put(self, source: str, records: Sequence[CustomerRecord], now: datetime) -> int:
        """Keep records; returns how many were new or changed."""
        ...

    def find(
        self, source: str, email: str | None, external_id: str | None
    ) -> dict[str, Fact] | None:
        """What a source says of a customer; None if it does not know them."""
        ...

    def counts(self) -> dict[str, tuple[int, datetime]]:
        """How many customers each uploaded source has, and when the newest row came."""
        ...


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with what signing in needs."""

    person: Person
    password_hash: str
    failed: int
    locked_until: datetime | None


class People(Protocol):
    """Who may sign in."""

    def by_email(self, email: str, *, hold: bool = False) -> PersonRecord | None:
        """A person by e-mail, in any case; with ``hold`` until the transaction ends."""
        ...

    def save(self, email: str, name: str, role: Role, password_hash: str, now: datetime) -> int:
        """Make or change a person; a changed password ends their sign-ins."""
        ...

    def set_failed(self, person: int, failed: int, locked_until: datetime | None) -> None:
        """Count wrong passwords."""
        ...

    def start(self, person: int, token_hash: str, expires: datetime) -> None:
        """Keep a sign-in."""
        ...

    def signed_in(self, token_hash: str, now: datetime) -> Person | None:
        """Whose sign-in this is, while it lasts."""
        ...

    def end(self, token_hash: str) -> None:
        """End a sign-in."""
        ...

    def everyone(self) -> list[Person]:
        """All people, by name."""
        ...


@dataclass(frozen=True, slots=True)
class StoredSurvey:
    """One survey with what its page shows."""

    id: int
    ticket: StoredTicket
    solved_at: datetime
    language: str | None
    agent_name: str | None
    sent_at: datetime | None
    score: int | None
    comment: str


class Surveys(Protocol):
    """Questions to customers, one per solving."""

    def ask(self, ticket: StoredTicket, solving: str, solved_at: datetime, now: datetime) -> int:
        """Keep a survey, credited as the ticket stands now; the same id if it is kept already."""
        ...

    def hold(self, survey: int, now: datetime, until: datetime) -> bool:
        """Be the only one to send it until then; False if it is sent, or somebody else is at it."""
        ...

    def let_go(self, survey: int) -> None:
        """Let others send it at once, after we could not."""
        ...

    def sent(self, survey: int, now: datetime) -> None:
        """The survey has reached the desk."""
        ...

    def get(self, survey: int) -> StoredSurvey | None:
        """A survey by its id."""
        ...

    def answer(self, survey: int, score: int, comment: str, now: datetime) -> None:
        """Keep the customer's answer; a later one takes the place of an earlier one."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """One account of one desk, with its secrets in the clear."""

    name: str
    kind: str
    scheme: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    sample: bool = False

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets a delivery may be signed with; several while one is being changed."""
        return tuple(part for part in self.secrets.get("webhook", "").split() if part)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One customer source, with its secrets in the clear."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    place: int = 0


class Connections(Protocol):
    """Desks and customer sources."""

    def desks(self) -> list[ConnectionRecord]:
        """Every desk connection."""
        ...

    def desk(self, name: str) -> ConnectionRecord | None:
        """A desk connection by name."""
        ...

    def save_desk(self, record: ConnectionRecord, now: datetime) -> None:
        """Make or change a desk connection."""
        ...

    def sources(self) -> list[SourceRecord]:
        """Every customer source, the most trusted first."""
        ...

    def save_source(self, record: SourceRecord, now: datetime) -> None:
        """Make or change a customer source."""
        ...


class Audit(Protocol):
    """Who did what that somebody may have to answer for."""

    def note(self, by: str, did: str, now: datetime) -> None:
        """Keep one line."""
        ...


class Work(Protocol):
    """One transaction over everything; rolled back unless ``commit`` is said."""

    @property
    def inbox(self) -> Inbox:
        """Deliveries."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Tickets and events."""
        ...

    @property
    def decisions(self) -> Decisions:
        """Decisions and the use of replies."""
        ...

    @property
    def playbooks(self) -> Playbooks:
        """Published playbooks."""
        ...

    @property
    def customers(self) -> CustomerRecords:
        """Uploaded customers."""
        ...

    @property
    def people(self) -> People:
        """Who may sign in."""
        ...

    @property
    def surveys(self) -> Surveys:
        """Questions to customers."""
        ...

    @property
    def connections(self) -> Connections:
        """Desks and customer sources."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit log."""
        ...

    def commit(self) -> None:
        """Keep what was done."""
        ...


class Store(Protocol):
    """The database. Both may raise Unavailable."""

    def work(self) -> AbstractContextManager[Work]:
        """A transaction that may write."""
        ...

    def look(self) -> AbstractContextManager[Work]:
        """A transaction that only reads."""
        ...
