"""What the flows keep in the database: the values, and the protocols they are kept through.

A flow opens one ``Work`` per transaction; what it does is rolled back unless it says ``commit``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Generic, Protocol, TypeVar

from plugin.chain import Link
from plugin.ports import (
    Delivery,
    DeskRating,
    Mail,
    News,
    Notice,
    Reading,
    Requester,
    Webhook,
    Written,
)
from plugin.result_views import Having, ResultLine
from plugin.views import (
    CustomerHistory,
    DecisionLine,
    DeliveryLine,
    DeliveryView,
    DraftState,
    MailKind,
    Person,
    Role,
    Scope,
    SegmentNote,
    SegmentReview,
    SegmentTicket,
    SolvedCase,
    Subscription,
    SurveyComment,
    Tally,
    VersionLine,
    WebhookLine,
)
from routing.back_test.past import PastTicket as PastFacts
from routing.back_test.report import BackTestReport
from routing.decide import Decision
from routing.events import Event
from routing.outcomes.dimensions import Dimension
from routing.outcomes.numbers import Numbers
from routing.outcomes.outcome import Outcome
from routing.outcomes.result import Result
from routing.outcomes.worked import Worked
from routing.playbook import Playbook
from routing.population.goal import Standing
from routing.population.report import SegmentReport
from routing.quality.lessons import Lessons
from routing.quality.report import QualityReport
from routing.quality.routed import Routed
from routing.quality.transfers import Route
from routing.rules.turns import OPENED, Taken
from routing.segments.history import Definition
from routing.segments.nearness import Known
from routing.surveys.survey import Kind
from routing.tickets import Fact, Facts, Load, Ticket, TicketRef, Use
from routing.topics.report import IssueReport
from routing.worth.report import WorthReport


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


Arrivals = Callable[[Sequence[tuple[Delivery, Notice]]], bool]
"""Keeps deliveries in one transaction if all are new, and tells whether they were.

When it returns True they are safe on disk; else none of them is kept. Raises Unavailable."""


class Inbox(Protocol):
    """Every delivery, from its acceptance until it is done or parked."""

    def put(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery; an echo of our own write is done at once."""
        ...

    def claim(
        self, now: datetime, lease: int, limit: int, without: Collection[str]
    ) -> list[Claimed]:
        """Take what is due, for ``lease`` seconds, of all connections but ``without``.

        Rows tried before are taken one at a time.
        """
        ...

    def release(self, ids: Sequence[int]) -> None:
        """Give claimed rows back untried, each to its old place in the line."""
        ...

    def finish(self, rows: Mapping[int, str], now: datetime) -> None:
        """The deliveries are done; says what came of each, if that needs saying."""
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
    the desk. ``schedule`` names the hours it is measured by. ``read_at`` and ``mark`` are those of
    the last reading that was taken over.
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
    schedule: str | None
    surveyed: bool
    score: int | None
    decision: int | None
    applied: bool
    read_at: datetime
    mark: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where we have put a ticket (desk ids; None where we did not change it), and when."""

    ticket: int
    queue: str | None
    agent: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerPast:
    """What came before a ticket from the same customer.

    ``earlier`` tickets they had opened, and ``last_agent`` (by name) solved the latest.
    """

    earlier: int = 0
    last_agent: str | None = None


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket from before Deskroute, as an import gives it.

    ``events`` are what a log told of it, with keys that begin with ``LOGGED``; empty where only
    what became of it is known. Targets are in seconds.
    """

    ticket: Ticket
    outcome: Outcome
    language: str | None
    segment: str | None
    queue_name: str | None
    agent_name: str | None
    score: int | None
    nps: int | None = None
    ces: int | None = None
    first_reply_target: int | None = None
    resolution_target: int | None = None
    worked: Worked = Worked()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A ticket as it is measured: its queue by name, what became of it, and in working time."""

    id: int
    queue_name: str | None
    outcome: Outcome
    worked: Worked


class Tickets(Protocol):
    """Tickets with what happened to them."""

    def hold(self, readings: Sequence[Reading]) -> list[StoredTicket]:
        """The tickets of readings, made if they are new, and held until the transaction ends."""
        ...

    def hold_again(self, known: Sequence[StoredTicket]) -> dict[int, StoredTicket]:
        """The same tickets as they are now, by our id, held until the transaction ends.

        Those that are there; only what has changed meanwhile is read anew.
        """
        ...

    def update(self, changes: Iterable[tuple[StoredTicket, Reading, str | None]]) -> None:
        """Take over the desk's state, and who holds each ticket, by name."""
        ...

    def add_events(self, events: Iterable[tuple[int, Event]]) -> None:
        """Keep events that are not kept yet, each with our id of its ticket."""
        ...

    def events(self, tickets: Sequence[StoredTicket]) -> dict[int, list[Event]]:
        """Every event of these tickets, by our id."""
        ...

    def set_outcomes(self, outcomes: Iterable[tuple[int, Outcome, Worked]]) -> None:
        """Keep outcomes in calendar and in working time, each with our id of its ticket."""
        ...

    def set_places(self, places: Iterable[Place]) -> None:
        """Note where we have put tickets, so that it is not news later.

        A reading that was asked for before is older than this. One that was asked for later, and
        is taken over already, makes a poll look at the ticket again.
        """
        ...

    def find(self, connection: str, desk_id: str) -> StoredTicket | None:
        """A ticket by its desk's id."""
        ...

    def get(self, ticket: int) -> StoredTicket:
        """A ticket by our id. Raises KeyError."""
        ...

    def some(self, tickets: Collection[int]) -> dict[int, StoredTicket]:
        """Those of these tickets that are there, by our id."""
        ...

    def marks(self, connection: str, desk_ids: Collection[str]) -> dict[str, str]:
        """The mark each of these tickets (desk ids) had when it was read last."""
        ...

    def loads(self) -> dict[str, Load]:
        """How many open tickets each agent (by name) holds."""
        ...

    def pasts(self, tickets: Collection[int], before: datetime) -> dict[int, CustomerPast]:
        """What came before these tickets (our ids) from the same customers."""
        ...

    def solved_like(self, stored: StoredTicket, limit: int) -> list[SolvedCase]:
        """Solved tickets of the same language and segment whose words are most alike."""
        ...

    def history(self, stored: StoredTicket, tickets: int, ratings: int) -> CustomerHistory:
        """The other tickets of a ticket's customer: all counted, the last few shown."""
        ...

    def routed(self, since: datetime | None, limit: int) -> list[Routed]:
        """The newest ``limit`` tickets opened since then that were decided, newest first."""
        ...

    def routes(self, since: datetime, limit: int) -> list[Route]:
        """The newest ``limit`` decided tickets opened since then, with where people moved them."""
        ...

    def add_past(self, past: Sequence[PastTicket], now: datetime) -> int:
        """Keep imported tickets; returns how many were new or changed."""
        ...


class Measures(Protocol):
    """How tickets are measured."""

    def after(self, ticket: int, limit: int) -> list[Measured]:
        """The next decided and imported tickets behind this one (our id), in order of their ids.

        They are held until the transaction ends.
        """
        ...

    def put(self, changes: Iterable[tuple[int, Worked]]) -> None:
        """Keep by which hours tickets are measured, and their working time; by our id."""
        ...


@dataclass(frozen=True, slots=True)
class ReplacedDecision:
    """What stood in a decision's place before: when it was made, on what, without which sources."""

    decided_at: datetime
    facts: Facts
    decision: Decision
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision with the facts it used.

    ``revision`` counts from 1; ``replaced`` are those before it. ``turn`` is the key of what had
    happened to the ticket.
    """

    id: int
    ticket: int
    playbook: int
    decided_at: datetime
    facts: Facts
    decision: Decision
    degraded: tuple[str, ...]
    applied_at: datetime | None
    written: tuple[Written, ...]
    revision: int = 1
    replaced: tuple[ReplacedDecision, ...] = ()
    turn: str = OPENED


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision to be kept on a ticket: the facts it used, and the rule that chose the queue.

    ``turn`` is the key of what happened to the ticket. ``worked`` is what has happened to it so far
    by the hours of that queue; only the decision on its opening sets those.
    """

    ticket: int
    decision: Decision
    facts: Facts
    rule: str | None
    turn: str = OPENED
    worked: Worked = Worked()


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """A turn of a ticket that was decided.

    ``queue`` and ``agent`` are the names of what it chose. ``applied`` says whether the decision
    stands in the desk, ``answered`` whether the customer got an automatic reply by it.
    """

    taken: Taken
    queue: str
    agent: str | None
    applied: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class DegradedTicket:
    """An open ticket that was decided while the customer sources ``silent`` did not answer."""

    decision: int
    revision: int
    decided_at: datetime
    ref: TicketRef
    email: str | None
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A ticket for which something is due, and the moment by which that is known again."""

    ref: TicketRef
    since: datetime


class Turns(Protocol):
    """What happens to tickets after they were routed."""

    def taken(self, tickets: Collection[int]) -> dict[int, list[TurnTaken]]:
        """The turns of these tickets that are decided, oldest first, by our id of the ticket."""
        ...

    def waiting(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open routed tickets whose customers began to wait in this span, the longest first."""
        ...

    def to_hand_back(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open tickets that are to be handed back in this span, the most overdue first."""
        ...

    def unseen(self, before: datetime, limit: int) -> list[DueTicket]:
        """Open routed tickets that were read last before then, the longest ago first."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """A ticket for which a rule on trial fired, or would have: ``effect`` says which.

    ``queue`` is the desk's id of the one it is in now, ``queue_name`` the one it was sent to.
    """

    effect: bool
    connection: str
    queue: str | None
    queue_name: str | None
    result: Result


class Trials(Protocol):
    """Rules on trial."""

    def tried(self, rule: str, since_version: int) -> list[Tried]:
        """The tickets for which a rule fired or would have, since this playbook was live."""
        ...


class Decisions(Protocol):
    """Decisions, one for each turn of a ticket."""

    def lock(self) -> None:
        """Let nobody else decide until this transaction ends, so that loads are true."""
        ...

    def as_kept(self, facts: Facts) -> Facts:
        """The facts as they will be read again: what no database takes is left out of them."""
        ...

    def add(self, made: Sequence[NewDecision], until: datetime) -> dict[int, int]:
        """Keep decisions, with a snapshot on each ticket; their ids, by our id of the ticket.

        Until then nobody else writes them into the desk.
        """
        ...

    def hold(self, decision: int, now: datetime, until: datetime) -> bool:
        """Be the only one to write it into the desk until then; False if somebody else is."""
        ...

    def let_go(self, decisions: Collection[int]) -> None:
        """Let others write them at once, after we could not."""
        ...

    def applied(self, written: Mapping[int, Sequence[Written]], now: datetime) -> None:
        """These decisions stand in the desk."""
        ...

    def get(self, decision: int) -> StoredDecision | None:
        """A decision by its id."""
        ...

    def degraded(self, limit: int) -> list[DegradedTicket]:
        """Open tickets whose decision stands in the desk, made without some source; oldest first.

        For each source that was silent, ``limit`` at most.
        """
        ...

    def replace(self, decision: int, made: NewDecision, revision: int) -> bool:
        """Put a new decision in the place of this revision, which is kept beside it.

        It has to be written into the desk again. False if another revision stands there by now.
        """
        ...

    def repaired(self, decision: int, silent: Sequence[str], revision: int) -> None:
        """The decision stays as it is; only these sources are still missing in it."""
        ...

    def of(self, connection: str, desk_id: str) -> list[int]:
        """The ids of all decisions on a ticket."""
        ...

    def newest(self, desk_id: str) -> dict[str, int]:
        """The decision on the opening of each ticket with this id, by its desk's connection."""
        ...

    def lines(self, page: Page) -> list[DecisionLine]:
        """Decisions, newest first."""
        ...

    def fired(self, since: datetime) -> dict[str, int]:
        """How often each rule fired."""
        ...

    def fired_by_version(self, since: datetime | None) -> dict[tuple[str, int], int]:
        """How often each rule fired for tickets opened since then, by name and playbook."""
        ...

    def segments(self, since: datetime) -> dict[str, int]:
        """How many tickets each segment had as their primary one."""
        ...

    def uses(self) -> dict[str, Use]:
        """How replies have done so far, by name."""
        ...

    def results(self, since: datetime, limit: int) -> Iterator[tuple[Facts, Result]]:
        """What tickets were decided on and what became of them, the newest first.

        Without those whose customer is unknown or was forgotten.
        """
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


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last answer of a source about one customer; no facts mean that it did not know them."""

    facts: Mapping[str, Fact]
    checked_at: datetime


class CustomerRecords(Protocol):
    """Customers from uploaded files, and the remembered answers of sources that are asked."""

    def put(self, source: str, records: Sequence[CustomerRecord], now: datetime) -> int:
        """Keep records; returns how many were new or changed."""
        ...

    def find(
        self, source: str, email: str | None, external_id: str | None
    ) -> dict[str, Fact] | None:
        """What a source says of a customer; None if it does not know them."""
        ...

    def find_all(self, source: str, whos: Sequence[Requester]) -> list[dict[str, Fact] | None]:
        """The same of many customers."""
        ...

    def recall(self, source: str, email: str | None, external_id: str | None) -> Remembered | None:
        """The last answer of a source that is asked; None if it was not asked about them yet."""
        ...

    def remember(
        self,
        source: str,
        email: str | None,
        external_id: str | None,
        facts: Mapping[str, Fact],
        now: datetime,
    ) -> None:
        """Keep an answer. No facts mean that the source does not know them."""
        ...

    def drop_all_but(self, source: str, kept: Collection[str]) -> int:
        """Drop what a source says of all customers but those with these ids of its own."""
        ...

    def forget_source(self, source: str) -> int:
        """Drop everything that came from a source; returns of how many customers."""
        ...

    def counts(self) -> dict[str, tuple[int, datetime]]:
        """How many customers each source has given, and when it last said something new."""
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

    def remove(self, person: int) -> None:
        """Remove a person, and end their sign-ins."""
        ...


@dataclass(frozen=True, slots=True)
class PlannedSurvey:
    """A survey as it is kept at the solving it is about.

    ``name``, ``kind`` and ``channel`` are the playbook's. ``agent`` is who solved it, by name.
    ``why`` says why it is not asked, empty where it is.
    """

    name: str
    kind: Kind
    channel: str
    solving: str
    solved_at: datetime
    due_at: datetime
    agent: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StoredSurvey:
    """One survey with what its page shows. One that is not asked has its ``why``."""

    id: int
    ticket: StoredTicket
    name: str
    kind: Kind
    solved_at: datetime
    language: str | None
    agent_name: str | None
    due_at: datetime | None
    sent_at: datetime | None
    score: int | None
    comment: str
    second: str = ""
    why: str = ""


def survey_mail(survey: int) -> str:
    """The key of the mail that asks a survey."""
    return f"survey-{survey}"


@dataclass(frozen=True, slots=True)
class SurveyTally:
    """How often a survey was sent to a segment, and how often each score was the answer."""

    name: str
    kind: Kind
    channel: str
    segment: str | None
    sent: int
    waiting: int
    not_asked: int
    scores: Mapping[int, int]

    @property
    def answered(self) -> int:
        """How many answers there are."""
        return sum(self.scores.values())


class Surveys(Protocol):
    """Questions to customers, one per solving."""

    def plan(self, ticket: StoredTicket, planned: PlannedSurvey, now: datetime) -> int:
        """Keep a survey, credited as the ticket stands now; the same id if it is kept already."""
        ...

    def lock(self, email: str) -> None:
        """Let nobody else ask this customer until this transaction ends."""
        ...

    def last_asked(self, email: str, besides: int) -> datetime | None:
        """When a customer was sent a survey last, but for this one."""
        ...

    def is_asked(self, email: str, besides: int, now: datetime) -> bool:
        """Whether somebody is sending another survey to this customer at this moment."""
        ...

    def hold(self, survey: int, now: datetime, until: datetime) -> bool:
        """Be the only one to send it until then; False if it is sent, or somebody else is at it."""
        ...

    def let_go(self, survey: int) -> None:
        """Let others send it at once, after we could not."""
        ...

    def sent(self, survey: int, now: datetime) -> None:
        """The survey is on its way to the customer."""
        ...

    def not_asked(self, survey: int, why: str) -> None:
        """The survey is not asked any more."""
        ...

    def call_off(self, ticket: int, but: str | None, why: str) -> int:
        """Call off the surveys of a ticket that wait, but for one solving; how many there were."""
        ...

    def due(self, after: datetime, until: datetime) -> list[tuple[int, DueTicket]]:
        """Surveys that became due in this span and wait, with their tickets, the oldest first."""
        ...

    def get(self, survey: int) -> StoredSurvey | None:
        """A survey by its id."""
        ...

    def answer(self, survey: int, score: int, comment: str, second: str, now: datetime) -> None:
        """Keep the customer's answer; a later one takes the place of an earlier one."""
        ...

    def rated(self, ticket: StoredTicket, rating: DeskRating, at: datetime, now: datetime) -> bool:
        """Keep a rating that the desk asked for, given ``at``; False if it is known, or older.

        Ratings told in any order, and however often, come to the same.
        """
        ...

    def ratings(self, ticket: int) -> list[tuple[str, int, datetime]]:
        """The scores from 1 to 5 given for a ticket, by a key of each, and when, oldest first."""
        ...


class Unsubscribed(Protocol):
    """Customers who do not want to be asked, known by a mark that is no address."""

    def mark(self, email: str) -> str:
        """By what a customer's wish not to be asked is known, without their address."""
        ...

    def since(self, email: str) -> datetime | None:
        """Since when a customer does not want to be asked; None if they may be."""
        ...

    def has_left(self, mark: str) -> bool:
        """Whether the customer with this mark does not want to be asked."""
        ...

    def leave(self, mark: str, now: datetime) -> None:
        """Ask the customer with this mark no more."""
        ...

    def come_back(self, mark: str) -> None:
        """Let the customer with this mark be asked again."""
        ...


class ResultsOfSurveys(Protocol):
    """What came of surveys."""

    def tallies(self, since: datetime) -> list[SurveyTally]:
        """What came of surveys about tickets solved since then, by survey and segment."""
        ...

    def reasons(self, since: datetime) -> dict[str, int]:
        """Why surveys were not asked since then, and how often each."""
        ...

    def comments(self, page: Page) -> list[SurveyComment]:
        """What customers wrote, the newest first."""
        ...


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Due(Generic[Thing]):
    """Something that was promised and is ours to send now.

    It is there ``since`` then; this is its so-manieth of ``tries``, counted from 1.
    """

    key: int
    thing: Thing
    since: datetime
    tries: int


class Outbox(Protocol[Thing]):
    """Things to be sent, and what became of them."""

    def take(self, now: datetime, until: datetime) -> Due[Thing] | None:
        """The next that is due, ours until then; None if there is none."""
        ...

    def sent(self, key: int, now: datetime) -> None:
        """The other side has it; what it said is no longer kept."""
        ...

    def failed(self, key: int, why: str, due: datetime) -> None:
        """It is tried again at ``due``."""
        ...

    def given_up(self, key: int, why: str, now: datetime) -> None:
        """It is not tried any more."""
        ...


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket with all that is measured of it, but nothing of its customer's own words.

    ``worked`` are the working seconds to the first reply, the first solving and the last one;
    ``targets`` the seconds promised to the first reply and to the solving.
    """

    id: int
    connection: str
    desk_id: str
    subject: str
    channel: str | None
    language: str | None
    segment: str | None
    queue: str | None
    agent: str | None
    rule: str | None
    playbook: int | None
    outcome: Outcome
    worked: tuple[int | None, int | None, int | None]
    targets: tuple[int | None, int | None]
    surveyed: bool
    score: int | None
    nps: int | None
    ces: int | None
    gone: str | None
    imported: bool


class TicketRows(Protocol):
    """Tickets in their order of opening, however many there are."""

    def some(
        self, since: datetime, until: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> list[TicketRow]:
        """Those opened in [since, until) behind the one opened then with this id, oldest first."""
        ...


class Mails(Outbox[Mail], Protocol):
    """Mails to be sent."""

    def put(self, mails: Sequence[Mail], now: datetime) -> None:
        """Keep mails to be sent; one whose key is there already is not sent again.

        Raises ValueError where the pictures of one are too much.
        """
        ...

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these keys have a mail already."""
        ...


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages to a receiver are signed by, until then; None is for good."""

    text: str
    until: datetime | None = None


def good(secrets: Sequence[Secret], now: datetime) -> tuple[str, ...]:
    """What messages are signed by now, newest first."""
    return tuple(one.text for one in secrets if one.until is None or one.until > now)


@dataclass(frozen=True, slots=True)
class ReceiverRecord:
    """Where other tools want to be told what happens; ``id`` is 0 before it is kept.

    ``events`` are the types it wants. ``secrets`` are newest first. ``failures`` came one after
    the other, the first at ``failing_since``; it ``rests`` until then. ``segments`` are those
    whose members it wants to know; none means all. ``why`` says why it is not ``enabled``.
    """

    name: str
    url: str
    secrets: tuple[Secret, ...]
    events: frozenset[str]
    by: str
    created_at: datetime
    segments: tuple[str, ...] = ()
    id: int = 0
    enabled: bool = True
    why: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    rests: datetime | None = None
    told_at: datetime | None = None
    told: str = ""

    def wants(self, news: News) -> bool:
        """Whether it is to be told. News about a segment it has not chosen are not for it."""
        about = news.data.get("segment")
        chosen = not self.segments or about is None or about in self.segments
        return self.enabled and news.type in self.events and chosen


class Receivers(Protocol):
    """Where other tools want to be told what happens."""

    def every(self) -> list[ReceiverRecord]:
        """All of them, by name."""
        ...

    def get(self, name: str, *, hold: bool = False) -> ReceiverRecord | None:
        """One by name; with ``hold`` nobody else changes it before the transaction ends."""
        ...

    def add(self, record: ReceiverRecord) -> bool:
        """Keep a new one; False if there is one of this name."""
        ...

    def save(self, record: ReceiverRecord) -> None:
        """Change one; its name stays."""
        ...

    def remove(self, name: str) -> bool:
        """Remove one with all that it was to be told; False if there is none of this name."""
        ...

    def relock(self) -> int:
        """Lock every secret with the newest key; returns of how many receivers."""
        ...


@dataclass(frozen=True, slots=True)
class PushRecord:
    """Whom a receiver was told of as a segment's members, packed, by ``number`` messages so far."""

    members: bytes
    count: int
    number: int


@dataclass(frozen=True, slots=True)
class Who:
    """A customer as other tools know them; ``row`` is our own number for them."""

    row: int
    external_id: str
    email: str | None


class Pushes(Protocol):
    """What receivers know of segments' members."""

    def get(self, receiver: int, segment: str) -> PushRecord | None:
        """What a receiver was told of one segment; None before the first time."""
        ...

    def segments(self, receiver: int) -> list[str]:
        """The segments of which a receiver was told anything."""
        ...

    def save(self, receiver: int, segment: str, push: PushRecord, now: datetime) -> None:
        """Keep what it has been told by now."""
        ...

    def start_over(self, receiver: int, segment: str | None = None) -> None:
        """Take it that it knows nobody, of one segment or any; the numbers of messages go on."""
        ...

    def whos(self, rows: Sequence[int]) -> dict[int, Who]:
        """Those of these customers that are still there, by our number."""
        ...


class Webhooks(Outbox[Webhook], Protocol):
    """Messages to receivers. ``take`` leaves out those of a receiver that rests or is off."""

    def announce(self, news: News, now: datetime, to: Collection[int] | None = None) -> int:
        """Keep the news for every receiver that wants it, or those of these ids; how many new."""
        ...

    def park(self, receiver: int, why: str, now: datetime) -> int:
        """Give up all that a receiver was still to be told; returns how many."""
        ...

    def replay(self, receiver: int, now: datetime, only: int | None = None) -> int:
        """Try again what a receiver has missed, all or one of it; returns how many."""
        ...

    def lines(self, receiver: int, page: Page) -> list[WebhookLine]:
        """What a receiver was told, newest first."""
        ...

    def counts(self) -> dict[int, tuple[int, int]]:
        """How many messages wait and how many are parked, by receiver."""
        ...

    def expire(self, before: datetime, limit: int) -> int:
        """Drop what ended before; returns how many there were."""
        ...


class Subscriptions(Protocol):
    """Who wants which mails of ours, and when."""

    def save(self, wanted: Subscription, now: datetime) -> None:
        """Keep what somebody wants in the place of what they wanted before."""
        ...

    def get(self, subscription: int) -> Subscription | None:
        """One by its id."""
        ...

    def of(self, email: str) -> list[Subscription]:
        """Those of one address."""
        ...

    def every(self, kind: MailKind) -> list[Subscription]:
        """All of one kind, in the order of their making."""
        ...

    def stop(self, email: str, kind: MailKind | None = None) -> int:
        """Send an address no mails of this kind, or none at all; returns how many it got."""
        ...


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A segment that clearly misses a goal, and how it stood when that began; ``id`` 0 is new."""

    segment: str
    standing: Standing
    began_at: datetime
    id: int = 0


class Alerts(Protocol):
    """Goals that are clearly missed."""

    def running(self) -> list[AlertRecord]:
        """Those that are not over, the oldest first."""
        ...

    def begin(self, alert: AlertRecord) -> bool:
        """Keep a new one; False if one of this segment's goal is there already."""
        ...

    def end(self, alert: int, now: datetime) -> bool:
        """It is over; False if somebody else has said so."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What a program proves itself by; ``id`` is 0 before it is kept, and only a hash is."""

    name: str
    scopes: frozenset[Scope]
    by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None
    id: int = 0


class Tokens(Protocol):
    """The tokens of programs."""

    def add(self, record: TokenRecord, token_hash: str) -> bool:
        """Keep a new one; False if there is one of this name."""
        ...

    def by_hash(self, token_hash: str) -> TokenRecord | None:
        """The one with this hash."""
        ...

    def used(self, token: int, now: datetime) -> None:
        """Somebody has come by it."""
        ...

    def every(self) -> list[TokenRecord]:
        """All of them, by name."""
        ...

    def remove(self, name: str) -> bool:
        """Remove one; False if there is none of this name."""
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

    def remove_desk(self, name: str) -> bool:
        """Remove a desk connection, not its tickets; False if there is none of this name."""
        ...

    def sources(self) -> list[SourceRecord]:
        """Every customer source, the most trusted first."""
        ...

    def save_source(self, record: SourceRecord, now: datetime) -> None:
        """Make or change a customer source."""
        ...

    def remove_source(self, name: str) -> bool:
        """Remove a customer source; False if there is none of this name."""
        ...

    def relock(self) -> int:
        """Lock every secret with the newest key; returns how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a customer source has answered of late.

    While it is down nobody asks it before ``next_try_at``. ``last_error`` may also be about one
    answer of a source that is up.
    """

    name: str
    failures: int = 0
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    answered_at: datetime | None = None
    last_error: str = ""


class SourceStates(Protocol):
    """The circuit breaker of each customer source, shared by all workers."""

    def all(self) -> dict[str, SourceState]:
        """The states there are, by source."""
        ...

    def get(self, name: str) -> SourceState | None:
        """One state; None if nobody has asked the source yet."""
        ...

    def hold(self, name: str) -> SourceState:
        """One state, made if it is new, and held until the transaction ends."""
        ...

    def save(self, state: SourceState) -> None:
        """Keep a state that is held."""
        ...

    def take_turn(self, name: str, now: datetime, until: datetime) -> bool:
        """Be the only one who tries a source that is down, until then; False if it is not due."""
        ...

    def forget(self, name: str) -> None:
        """Drop the state of a source."""
        ...


@dataclass(frozen=True, slots=True)
class CustomerSample:
    """Some of the ``total`` customers there are, spread evenly over them."""

    customers: tuple[Known, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TrustedSource:
    """A customer source as a count of customers sees it.

    It is believed before all others for the fields of ``first_for``; what it says is stale after
    ``fresh_for``, where that is set.
    """

    name: str
    first_for: frozenset[str] = frozenset()
    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CustomerBlock:
    """Some customers in columns: by field, one plain value (as JSON has it) for each.

    ``fresh_until`` is empty where nothing ages. ``disputed`` counts, by field, the customers on
    whom sources do not agree. ``who`` has, for each, the id and the e-mail by which the source
    that is trusted most knows them, and ``rows`` the number of that row; both are empty where
    nobody asked.
    """

    size: int
    values: Mapping[str, Sequence[object | None]]
    fresh_until: Mapping[str, Sequence[datetime | None]]
    disputed: Mapping[str, int]
    who: Sequence[tuple[str, str | None]] = ()
    rows: Sequence[int] = ()


class CustomerBlocks(Protocol):
    """Walks through all customers."""

    def __call__(
        self, sources: Sequence[TrustedSource], fields: Sequence[str]
    ) -> Iterator[CustomerBlock]:
        """Every customer once, in blocks: what these sources together say of these fields."""
        ...


class SegmentRecords(Protocol):
    """How the segments stood, day by day, and what people said of them."""

    def add_report(self, report: SegmentReport) -> None:
        """Keep a report. An earlier one of the same day (UTC) makes room for it."""
        ...

    def latest(self) -> SegmentReport | None:
        """The newest report; None before the first."""
        ...

    def history(self, since: datetime) -> list[SegmentReport]:
        """The reports made since then, one a day, oldest first."""
        ...

    def notes(self, segment: str) -> list[SegmentNote]:
        """What people wrote about a segment, newest first."""
        ...

    def add_note(self, segment: str, text: str, by: str, now: datetime) -> None:
        """Keep a note."""
        ...

    def reviews(self) -> dict[str, SegmentReview]:
        """When each segment was last looked at and found right."""
        ...

    def review(self, segment: str, by: str, now: datetime) -> None:
        """Somebody looked at a segment's definition and found it right."""
        ...

    def tickets(self, segment: str, limit: int) -> list[SegmentTicket]:
        """The latest tickets whose primary segment it was, newest first."""
        ...

    def sample(
        self, sources: Sequence[TrustedSource], fields: Collection[str], limit: int
    ) -> CustomerSample:
        """About ``limit`` customers, or all where there are no more; the same ones each time.

        ``sources`` come in order of trust; only these ``fields`` of the customers are told.
        """
        ...

    def past(self, limit: int) -> list[tuple[int, tuple[Definition, ...]]]:
        """The segments in words as the newest ``limit`` playbook versions had them, newest first.

        It ends before a version that cannot be read any more.
        """
        ...

    def rename(self, before: str, after: str) -> None:
        """Notes and the review of a segment follow it to its new name."""
        ...


@dataclass(frozen=True, slots=True)
class BackTestRecord:
    """A back-test that somebody asked for; ``report`` is None until it is done.

    ``called`` is what the draft is called, ``version`` the playbook it is compared with, ``since``
    when its oldest ticket was opened. ``why`` says why it has ended without a report.
    """

    id: int
    by: str
    called: str
    draft: str
    version: int
    since: datetime | None
    started_at: datetime
    ended_at: datetime | None = None
    report: BackTestReport | None = None
    why: str = ""


class BackTests(Protocol):
    """Drafts of the playbook tried on past tickets."""

    def add(self, record: BackTestRecord) -> int:
        """Keep one that begins now; the answer is its id. Only the newest ones are kept."""
        ...

    def get(self, back_test: int) -> BackTestRecord | None:
        """One of them."""
        ...

    def recent(self, limit: int) -> list[BackTestRecord]:
        """The newest ones, newest first, without their drafts and reports."""
        ...

    def end(
        self, back_test: int, now: datetime, report: BackTestReport | None, why: str = ""
    ) -> None:
        """Keep what came of it."""
        ...


class WorthReports(Protocol):
    """What the customers of each segment are worth."""

    def latest(self) -> WorthReport | None:
        """The newest report; None before the first."""
        ...

    def made(self) -> tuple[datetime, int, int] | None:
        """When it was made, about which playbook, and of how many rows of customers."""
        ...

    def keep(self, report: WorthReport, rows: int) -> None:
        """Keep a report on so many rows of customers, in the place of those before."""
        ...


class RuleReports(Protocol):
    """What was last worked out about the rules."""

    def quality(self) -> QualityReport | None:
        """How well each rule routes, as it was last measured; None before the first time."""
        ...

    def keep_quality(self, report: QualityReport) -> None:
        """Keep a measurement in the place of the one before."""
        ...

    def lessons(self) -> Lessons | None:
        """What transfers taught when it was last looked for; None before the first time."""
        ...

    def keep_lessons(self, lessons: Lessons) -> None:
        """Keep lessons in the place of those before."""
        ...

    def made(self) -> dict[str, tuple[datetime, int]]:
        """When each kind of report (quality, lessons) was made, and about which playbook."""
        ...


@dataclass(frozen=True, slots=True)
class IssueTicket:
    """A ticket as topics are looked for in it: the beginnings of its subject and its text.

    ``topic`` is the one of words that it was in when they were looked for last.
    """

    id: int
    desk: str
    language: str | None
    segment: str | None
    email: str | None
    name: str | None
    subject: str
    text: str
    tags: tuple[str, ...]
    opened_at: datetime
    answered: bool
    solved: bool
    topic: int | None


@dataclass(frozen=True, slots=True)
class IssueLook:
    """When topics were looked for last, and what was found when that last came to an end."""

    started_at: datetime
    report: IssueReport | None

    @property
    def is_done(self) -> bool:
        """Whether the last look has come to its end."""
        return self.report is not None and self.report.made_at >= self.started_at


class Issues(Protocol):
    """Topics of tickets. Spans are from their beginning to before their end."""

    def count(self, spans: Sequence[tuple[datetime, datetime]]) -> int:
        """How many tickets were opened in these spans; merged and deleted ones are left out."""
        ...

    def tickets(
        self, spans: Sequence[tuple[datetime, datetime]], share: float
    ) -> Iterator[IssueTicket]:
        """Them, or about such a share of them (0 to 1), the same ones each time, by their id."""
        ...

    def replies(self, since: datetime) -> dict[int, tuple[str, ...]]:
        """The replies that were inserted in tickets opened since then, by our id."""
        ...

    def latest(self) -> IssueLook | None:
        """The last look; None if there was none yet."""
        ...

    def last(self) -> tuple[datetime, int] | None:
        """When the last look began, and how many topics are kept; None before the first."""
        ...

    def begin(self, now: datetime) -> None:
        """A look begins."""
        ...

    def keep(self, report: IssueReport, tickets: Mapping[int, Collection[int]]) -> None:
        """Keep what was found, and the tickets (our ids) of each topic, in the place of before."""
        ...


class PastTickets(Protocol):
    """Tickets as they were when they came, with the facts of that time where they are kept.

    A ticket that was decided has its decision's facts. One that was imported has its own columns,
    and of its customer what ``sources``, in order of trust, have said by now.
    """

    def blocks(
        self, since: datetime | None, sources: Sequence[TrustedSource], limit: int
    ) -> Iterator[list[PastFacts]]:
        """The newest ``limit`` tickets opened since then, newest first, some at a time."""
        ...

    def get(self, ticket: int, sources: Sequence[TrustedSource]) -> PastFacts | None:
        """One of them, by our id."""
        ...

    def subjects(self, tickets: Collection[int]) -> dict[int, str]:
        """What tickets are about, by our id; those that are gone are left out."""
        ...

    def customers(
        self, emails: Collection[str], sources: Sequence[TrustedSource]
    ) -> dict[str, dict[str, Any]]:
        """What sources say by now of the customers with these addresses: facts as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A place, outside the customer's own rows, where their address stands."""

    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is held about one customer: the rows of each table as plain JSON values.

    ``customers`` are what the sources say. ``deliveries`` are what desks sent about their tickets.
    """

    tickets: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    decisions: Sequence[Mapping[str, Any]] = ()
    replies: Sequence[Mapping[str, Any]] = ()
    surveys: Sequence[Mapping[str, Any]] = ()
    mails: Sequence[Mapping[str, Any]] = ()
    unsubscribed: Sequence[Mapping[str, Any]] = ()
    deliveries: Sequence[Mapping[str, Any]] = ()
    customers: Sequence[Mapping[str, Any]] = ()
    elsewhere: Sequence[Elsewhere] = ()


class Privacy(Protocol):
    """What is held about customers, and how it is removed."""

    def forgotten(self, emails: Collection[str]) -> dict[str, datetime]:
        """Which of these addresses were forgotten, and when, by the address in lower case."""
        ...

    def held(self, email: str) -> Held:
        """Everything that is held about the customer with this address."""
        ...

    def forget(self, email: str, now: datetime) -> Held:
        """Take the customer out of every table; what was held is returned once more."""
        ...

    def readmit(self, email: str) -> bool:
        """Let a forgotten address be known again; False if it was not forgotten."""
        ...

    def forget_again(self, now: datetime) -> int:
        """Take out whom a worker wrote back while they were being forgotten; returns how many."""
        ...

    def empty_deliveries(self, connection: str, desk_id: str) -> None:
        """Empty the bodies of all deliveries about a ticket."""
        ...

    def expire_tickets(self, before: datetime, limit: int, now: datetime) -> int:
        """Take the person out of tickets solved before; returns how many there were."""
        ...

    def expire_deliveries(self, before: datetime, limit: int) -> int:
        """Empty the bodies of deliveries done before; returns how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How many lines of the audit log were written, and the hash of the last."""

    lines: int
    hash: str


class Audit(Protocol):
    """Who did what that somebody may have to answer for, in a chain."""

    def note(self, by: str, did: str, now: datetime) -> None:
        """Keep one line; it is written when the transaction is kept."""
        ...

    def lines(self, page: Page, find: str) -> list[Link]:
        """Lines with this text in them, newest first."""
        ...

    def links(self, after: int, limit: int) -> list[Link]:
        """Lines behind the one of this id, oldest first."""
        ...

    def head(self) -> ChainHead:
        """Where the chain ends, as it was kept beside it."""
        ...


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A playbook that is not published yet; ``id`` is 0 before it is kept.

    ``by`` is its author's address, ``called`` their name. ``renames`` maps segments to their new
    names. ``judge`` sent it back for a ``reason``; both are empty where nobody did.
    """

    by: str
    called: str
    at: datetime
    based_on: int
    note: str
    text: str
    id: int = 0
    renames: Mapping[str, str] = field(default_factory=dict)
    state: DraftState = DraftState.KEPT
    judge: str = ""
    reason: str = ""

    @property
    def seal(self) -> str:
        """What changes with all that is published of it: whoever approves names what they saw."""
        told = json.dumps([self.based_on, self.note, self.text, dict(self.renames)])
        return sha256(told.encode()).hexdigest()[:32]


class Drafts(Protocol):
    """Playbooks that are not published yet."""

    def keep(self, draft: DraftRecord) -> int:
        """Keep a new draft (its id is 0), or one that is there; the answer is its id."""
        ...

    def get(self, draft: int, *, hold: bool = False) -> DraftRecord | None:
        """One draft; with ``hold`` nobody else changes it before the transaction ends."""
        ...

    def every(self) -> list[DraftRecord]:
        """All of them, the newest first."""
        ...

    def asked(self, person: str) -> int:
        """How many drafts of others than the person of this address wait for an approval."""
        ...

    def remove(self, draft: int) -> None:
        """Remove one. One that is gone is no error."""
        ...


class House(Protocol):
    """Settings that people change while Deskroute runs, by name."""

    def get(self, name: str) -> str | None:
        """A setting; None where it was never set."""
        ...

    def set(self, name: str, value: str) -> None:
        """Set it."""
        ...


@dataclass(frozen=True, slots=True)
class Measurable:
    """How far tickets are in columns: ``tickets`` of them, the last day made at ``made_at``.

    ``stale`` days wait to be made anew. ``began`` is the first day with tickets.
    """

    made_at: datetime | None
    tickets: int
    stale: int
    began: datetime | None


class MeasuredDays(Protocol):
    """Days of tickets in columns, from which reports are counted. A day is UTC's, since 1970."""

    def take_changes(self, limit: int) -> bool:
        """Turn tickets that have changed into days that are stale; whether there were any."""
        ...

    def mark(self, days: Iterable[int]) -> None:
        """Let these days be made anew."""
        ...

    def mark_all(self) -> None:
        """Let every day be made anew."""
        ...

    def is_empty(self) -> bool:
        """Whether no day was ever made."""
        ...

    def stale(self) -> dict[int, int]:
        """The days to be made anew, newest first, each with its claim."""
        ...

    def of_day(self, day: int) -> list[Numbers]:
        """The tickets opened on one day."""
        ...

    def exactly(
        self, since: datetime, until: datetime, wanted: Mapping[Dimension, str | None]
    ) -> list[Numbers]:
        """The tickets opened in a span that have all these labels, as they stand now."""
        ...

    def put(self, day: int, claim: int, columns: bytes, tickets: int, now: datetime) -> bool:
        """Keep a day's columns, unless somebody has claimed the day since."""
        ...

    def versions(self, since: datetime, until: datetime) -> dict[int, int]:
        """The days that are made, in a span, each with its version."""
        ...

    def columns(self, days: Collection[int]) -> dict[int, tuple[int, bytes]]:
        """The columns of these days, each with its version."""
        ...

    def state(self) -> Measurable:
        """How far the days are made."""
        ...


class ResultLines(Protocol):
    """The tickets behind a number."""

    def __call__(
        self,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        having: Having,
        page: Page,
    ) -> list[ResultLine]:
        """Tickets opened in a span with these labels, newest first; merged and deleted left out."""
        ...

    def of_topic(
        self,
        topic: int,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        page: Page,
    ) -> list[ResultLine]:
        """The same of one topic, by its number in the report on issues."""
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
    def measures(self) -> Measures:
        """How tickets are measured."""
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
    def drafts(self) -> Drafts:
        """Playbooks that are not published yet."""
        ...

    @property
    def house(self) -> House:
        """Settings that people change while Deskroute runs."""
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
    def survey_results(self) -> ResultsOfSurveys:
        """What came of them."""
        ...

    @property
    def unsubscribed(self) -> Unsubscribed:
        """Who does not want to be asked."""
        ...

    @property
    def connections(self) -> Connections:
        """Desks and customer sources."""
        ...

    @property
    def segments(self) -> SegmentRecords:
        """Reports on segments, notes and reviews."""
        ...

    @property
    def back_tests(self) -> BackTests:
        """Drafts tried on past tickets."""
        ...

    @property
    def issues(self) -> Issues:
        """Topics of tickets."""
        ...

    @property
    def rule_reports(self) -> RuleReports:
        """What was worked out about the rules."""
        ...

    @property
    def worth_reports(self) -> WorthReports:
        """What customers are worth by segment."""
        ...

    @property
    def past(self) -> PastTickets:
        """Past tickets with their facts."""
        ...

    @property
    def source_states(self) -> SourceStates:
        """The circuit breakers of customer sources."""
        ...

    @property
    def privacy(self) -> Privacy:
        """What is held about customers, and its removal."""
        ...

    @property
    def turns(self) -> Turns:
        """What happens to tickets later."""
        ...

    @property
    def trials(self) -> Trials:
        """Rules on trial."""
        ...

    @property
    def measured_days(self) -> MeasuredDays:
        """Tickets in columns."""
        ...

    @property
    def result_lines(self) -> ResultLines:
        """The tickets behind a number."""
        ...

    @property
    def mails(self) -> Mails:
        """Mails to be sent."""
        ...

    @property
    def ticket_rows(self) -> TicketRows:
        """Tickets one after the other, for tables that go out."""
        ...

    @property
    def receivers(self) -> Receivers:
        """Where other tools want to be told what happens."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Who wants which mails."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Goals that are clearly missed."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The tokens of programs."""
        ...

    @property
    def pushes(self) -> Pushes:
        """What receivers know of segments' members."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Messages to them."""
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
