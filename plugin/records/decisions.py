"""Decisions with the facts they used, and the use of replies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.ports import Written
from plugin.records.page import Page
from plugin.views.decisions import DecisionLine
from routing.decide import Decision
from routing.outcomes.result import Result
from routing.outcomes.worked import Worked
from routing.rules.turns import OPENED, Taken
from routing.tickets import Facts, TicketRef, Use


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
