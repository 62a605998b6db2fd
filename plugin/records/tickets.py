"""Tickets, what happened to them, and where we have put them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.ports import Reading
from plugin.views.panel import CustomerHistory, SolvedCase
from routing.events import Event
from routing.outcomes.outcome import Outcome
from routing.outcomes.worked import Worked
from routing.quality.routed import Routed
from routing.quality.transfers import Route
from routing.tickets import Load, Ticket


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
