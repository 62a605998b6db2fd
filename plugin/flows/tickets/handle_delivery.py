"""Deliveries, whole: read the tickets, record what happened, route those that are new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugin.flows.customers.forget import without_forgotten
from plugin.flows.side_by_side import side_by_side
from plugin.flows.surveys.ask_survey import AskSurvey
from plugin.flows.surveys.take_ratings import TakeRatings
from plugin.flows.tickets.answer_turns import AnswerTurns, Routed
from plugin.flows.tickets.apply_decision import ApplyDecisions, Unapplied
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.flows.tickets.repair import REPAIR, RepairTicket
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.flows.tickets.work_off import Ending
from plugin.ports import RATED, Clock, Desk, Desks, NoTicket, Reading, Unavailable
from plugin.records.decisions import StoredDecision
from plugin.records.inbox import Claimed
from plugin.records.tickets import StoredTicket
from routing.events import Gone
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, TicketRef


@dataclass(slots=True)
class _Visit:
    """A ticket that deliveries tell of.

    A delivery says no more than that there is news: however many tell of one ticket, it is read
    and handled once for all of them. ``left`` is True while nobody has come to it, or if there
    was no time to come to its end.
    """

    ref: TicketRef
    deliveries: list[Claimed] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    error: Exception | None = None
    left: bool = True

    @property
    def going(self) -> bool:
        """Whether its next step can be taken."""
        return self.error is None and not self.left

    @property
    def ending(self) -> Ending | None:
        """How it ended; None if it did not."""
        if self.error is not None:
            return self.error
        return None if self.left else ", ".join(word for word in self.said if word)


@dataclass(slots=True)
class _Ticket:
    """A ticket that was read and recorded; ``made`` is its decision if it was made just now."""

    visit: _Visit
    desk: Desk
    reading: Reading
    stored: StoredTicket
    outcome: Outcome
    made: StoredDecision | None = None


@dataclass(frozen=True, slots=True)
class HandleDeliveries:
    """Does all that deliveries ask for. Each step may be repeated without doing it twice.

    The steps are taken for all of them together, because a transaction costs as much as a ticket.
    What stops one ticket in its desk stops no other. A step in the database is taken for all or
    for none: if it fails, try the deliveries one by one.
    """

    desks: Desks
    record: RecordOutcomes
    route: RouteTickets
    repair: RepairTicket
    apply: ApplyDecisions
    turns: AnswerTurns
    ask: AskSurvey
    ratings: TakeRatings
    clock: Clock

    def __call__(self, batch: Sequence[Claimed], until: datetime) -> dict[int, Ending]:
        """Handle deliveries; returns how each ended, by its id.

        After ``until`` nothing new is begun but what is the first of its kind. Deliveries that
        nobody came to, and those of a desk that has just stopped answering, are left out.
        """
        rated = self._rate([one for one in batch if one.kind == RATED], until)
        visits = _visits([one for one in batch if one.kind != RATED])
        tickets = self._record(self._read(visits, until))
        self._route(tickets, until)
        self._repair(tickets, until)
        self._apply(tickets)
        self._turn(tickets, until)
        self._ask(tickets, until)
        ended = ((visit, visit.ending) for visit in visits)
        return rated | {
            one.id: ending
            for visit, ending in ended
            if ending is not None
            for one in visit.deliveries
        }

    def _rate(self, batch: Sequence[Claimed], until: datetime) -> dict[int, Ending]:
        """Keep the ratings that desks asked for: their tickets need not be read for that."""
        endings: dict[int, Ending] = {}
        for place, one in enumerate(batch):
            if place and self.clock.now() >= until:
                break
            try:
                endings[one.id] = self.ratings(one)
            except Exception as error:  # ruff: ignore[blind-except] — handed to whoever asked
                endings[one.id] = error
        return endings

    def _read(
        self, visits: Sequence[_Visit], until: datetime
    ) -> list[tuple[_Visit, Desk, Reading]]:
        silent: set[str] = set()
        found: dict[TicketRef, tuple[_Visit, Desk, Reading]] = {}

        def read(visit: _Visit) -> None:
            late = visit is not visits[0] and self.clock.now() >= until
            if late or visit.ref.connection in silent:
                return
            try:
                desk = self.desks.named(visit.ref.connection)
                found[visit.ref] = (visit, desk, desk.read(visit.ref.id))
            except Exception as error:  # ruff: ignore[blind-except] — handed to whoever asked
                visit.error = error
                if isinstance(error, Unavailable):
                    silent.add(visit.ref.connection)
            else:
                visit.left = False

        side_by_side(read, visits)
        found |= self._deleted([one for one in visits if isinstance(one.error, NoTicket)])
        return [found[visit.ref] for visit in visits if visit.ref in found]

    def _deleted(self, missing: Sequence[_Visit]) -> dict[TicketRef, tuple[_Visit, Desk, Reading]]:
        """Readings of tickets that we know and their desk does not: as they were, and deleted."""
        found: dict[TicketRef, tuple[_Visit, Desk, Reading]] = {}
        if not missing:
            return found
        now = self.clock.now()
        with self.record.store.look() as work:
            known = [work.tickets.find(one.ref.connection, one.ref.id) for one in missing]
        for visit, stored in zip(missing, known, strict=True):
            if stored is not None:
                visit.error, visit.left = None, False
                reading = Reading(stored.ticket, (), now, mark=stored.mark, gone=Gone.DELETED)
                found[visit.ref] = (visit, self.desks.named(visit.ref.connection), reading)
        return found

    def _record(self, read: Sequence[tuple[_Visit, Desk, Reading]]) -> list[_Ticket]:
        if not read:
            return []
        told = without_forgotten([reading for _, _, reading in read], self.record.store)
        tickets = []
        for (visit, desk, _), reading, (stored, outcome) in zip(
            read, told, self.record(told), strict=True
        ):
            if outcome.gone is None:
                tickets.append(_Ticket(visit, desk, reading, stored, outcome))
            else:
                # Nobody works on it any more: nothing is decided, written or asked.
                visit.said.append(f"the ticket is {outcome.gone}")
        return tickets

    def _route(self, tickets: Sequence[_Ticket], until: datetime) -> None:
        new = [one for one in tickets if _wants_routing(one)]
        if not new:
            return
        for one in new:
            one.visit.left = True
        routed = self.route([(one.stored, one.reading) for one in new], until)
        for one, now in zip(new, routed, strict=False):  # there may not have been time for all
            one.stored, one.made = now.stored, now.made
            one.visit.left = False
            one.visit.said.append("routed")

    def _repair(self, tickets: Sequence[_Ticket], until: datetime) -> None:
        def repair(one: _Ticket) -> str:
            one.stored, what = self.repair(one.stored, one.reading)
            return what

        self._one_by_one(repair, [one for one in tickets if _wants_repair(one)], until)

    def _apply(self, tickets: Sequence[_Ticket]) -> None:
        due = [one for one in tickets if _wants_applying(one)]
        if not due:
            return
        came = self.apply([Unapplied(one.desk, one.stored, one.reading, one.made) for one in due])
        for one, what in zip(due, came, strict=True):
            if isinstance(what, str):
                one.visit.said.append(what)
            else:
                one.visit.error = what
                one.visit.left = what is None

    def _turn(self, tickets: Sequence[_Ticket], until: datetime) -> None:
        routed = [one for one in tickets if one.visit.going and one.stored.decision is not None]
        if not routed:
            return
        due = self.turns.due(
            [Routed(one.stored, one.reading, one.outcome, one.made) for one in routed]
        )

        def turn(one: _Ticket) -> str:
            return self.turns(one.desk, one.stored, one.reading)

        self._one_by_one(turn, [one for one in routed if one.stored.id in due], until)

    def _ask(self, tickets: Sequence[_Ticket], until: datetime) -> None:
        def ask(one: _Ticket) -> str:
            return self.ask(one.desk, one.stored, one.outcome)

        self._one_by_one(ask, [one for one in tickets if _wants_asking(one)], until)

    def _one_by_one(
        self, do: Callable[[_Ticket], str], tickets: Sequence[_Ticket], until: datetime
    ) -> None:
        for place, one in enumerate(tickets):
            if place and self.clock.now() >= until:
                one.visit.left = True
                continue
            try:
                one.visit.said.append(do(one))
            except Exception as error:  # ruff: ignore[blind-except] — handed to whoever asked
                one.visit.error = error


def _visits(batch: Sequence[Claimed]) -> list[_Visit]:
    """The tickets that deliveries tell of, in the order in which they are first told of."""
    visits: dict[TicketRef, _Visit] = {}
    for one in batch:
        ref = TicketRef(one.connection, one.ticket)
        visits.setdefault(ref, _Visit(ref)).deliveries.append(one)
    return list(visits.values())


def _wants_routing(one: _Ticket) -> bool:
    stored = one.stored
    is_open = one.reading.ticket.status is Status.OPEN
    return stored.decision is None and not stored.imported and is_open


def _wants_repair(one: _Ticket) -> bool:
    asked = any(delivery.kind == REPAIR for delivery in one.visit.deliveries)
    return one.visit.going and asked and one.stored.applied


def _wants_applying(one: _Ticket) -> bool:
    stored = one.stored
    return one.visit.going and stored.decision is not None and not stored.applied


def _wants_asking(one: _Ticket) -> bool:
    return one.visit.going and bool(one.outcome.solvings)
