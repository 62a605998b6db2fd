"""Tickets, their events, and what the reports read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from plugin.ports import Reading
from plugin.records import PastTicket, StoredTicket
from plugin.store.rows import (
    DECISIONS,
    TICKET_COLUMNS,
    TICKETS,
    insert_new,
    mail,
    outcome_of,
    outcome_values,
    stored_ticket,
    table,
    ticket_values,
)
from plugin.store.schema import EventRow, SurveyRow, TicketRow, Utc, clean
from plugin.views import CustomerHistory, OtherTicket, Rating, SolvedCase
from routing.events import (
    Actor,
    Event,
    TicketAssigned,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.outcomes.kpis import Result
from routing.outcomes.outcome import Outcome
from routing.quality.measure import Routed
from routing.quality.transfers import Move, Route
from routing.tickets import Load, Status, Ticket, TicketRef

EVENTS = table(EventRow)
SURVEYS = table(SurveyRow)

_KINDS: dict[str, type[Event]] = {
    "opened": TicketOpened,
    "replied": TicketReplied,
    "solved": TicketSolved,
    "reopened": TicketReopened,
    "moved": TicketMoved,
    "assigned": TicketAssigned,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}

CANDIDATES = 200
"""How many of the latest solved tickets are compared for likeness."""

# What every delivery needs is built once: building it takes longer than running it.
_MINE = (TICKETS.c.connection == bindparam("of")) & (TICKETS.c.desk_id == bindparam("ticket"))
_THIS = TICKETS.c.id == bindparam("this")
_LOCK = select(TICKETS.c.id).where(_MINE).with_for_update()
_FIND = select(*TICKET_COLUMNS).where(_MINE)
_GET = select(*TICKET_COLUMNS).where(_THIS)
_READ_AT = select(TICKETS.c.read_at).where(_THIS)
_UPDATE = update(TICKETS).where(_THIS)
_EVENTS = (
    select(EVENTS).where(EVENTS.c.ticket_id == bindparam("this")).order_by(EVENTS.c.at, EVENTS.c.id)
)
_LOADS = (
    select(TICKETS.c.agent_name, func.count())
    .where(
        TICKETS.c.solved_at.is_(None),
        TICKETS.c.agent_name.is_not(None),
        TICKETS.c.imported.is_(False),
    )
    .group_by(TICKETS.c.agent_name)
)
_LAST_AGENT = (
    select(TICKETS.c.agent_name)
    .where(
        TICKETS.c.requester_email == bindparam("email"),
        TICKETS.c.solved_at < bindparam("before"),
        TICKETS.c.agent_name.is_not(None),
    )
    .order_by(TICKETS.c.solved_at.desc())
    .limit(1)
)
_THEIRS = (TICKETS.c.requester_email == bindparam("email")) & (TICKETS.c.id != bindparam("this"))
# Nobody tells us when an imported ticket is solved, so none of them counts as open.
_OPEN = (TICKETS.c.status == Status.OPEN.value) & TICKETS.c.imported.is_(False)
_EARLIER = select(func.count()).where(
    TICKETS.c.requester_email == bindparam("email"),
    TICKETS.c.opened_at < bindparam("before"),
)
_COUNTS = select(func.count(), func.sum(case((_OPEN, 1), else_=0))).where(_THEIRS)
_OTHERS = (
    select(
        TICKETS.c.desk_id,
        TICKETS.c.subject,
        TICKETS.c.status,
        TICKETS.c.opened_at,
        TICKETS.c.solved_at,
    )
    .where(_THEIRS)
    .order_by(TICKETS.c.opened_at.desc())
    .limit(bindparam("most"))
)
_ANSWERED = (
    select(func.max(SURVEYS.c.answered_at, type_=Utc()))
    .where(SURVEYS.c.ticket_id == TICKETS.c.id)
    .scalar_subquery()
)
# An imported ticket has no survey of ours; it was rated about when it was solved.
_RATED = func.coalesce(_ANSWERED, TICKETS.c.solved_at, TICKETS.c.opened_at, type_=Utc())
_RATINGS = (
    select(TICKETS.c.score, _RATED.label("at"))
    .where(TICKETS.c.requester_email == bindparam("email"), TICKETS.c.score.is_not(None))
    .order_by(_RATED.desc())
    .limit(bindparam("most"))
)

_RESULT = (
    TICKETS.c.surveyed,
    TICKETS.c.score,
    TICKETS.c.opened_at,
    TICKETS.c.first_reply_at,
    TICKETS.c.first_solved_at,
    TICKETS.c.solved_at,
    TICKETS.c.solved_by,
    TICKETS.c.public_replies,
    TICKETS.c.reopens,
    TICKETS.c.transfers,
)
_ROUTED = (
    select(TICKETS.c.rule, TICKETS.c.queue_name, TICKETS.c.playbook, *_RESULT)
    .where(TICKETS.c.playbook.is_not(None))
    .order_by(TICKETS.c.opened_at.desc())
)

_ROUTES = (
    select(
        TICKETS.c.id,
        TICKETS.c.connection,
        TICKETS.c.rule,
        TICKETS.c.queue_name,
        TICKETS.c.playbook,
        TICKETS.c.solved_at,
        DECISIONS.c.decided_at,
    )
    .join(DECISIONS, DECISIONS.c.ticket_id == TICKETS.c.id)
    .where(TICKETS.c.playbook.is_not(None), TICKETS.c.queue_name.is_not(None))
    .order_by(TICKETS.c.opened_at.desc())
)
_MOVES = (
    select(EVENTS.c.ticket_id, EVENTS.c.at, EVENTS.c.by, EVENTS.c.more)
    .join(TICKETS, TICKETS.c.id == EVENTS.c.ticket_id)
    .where(EVENTS.c.kind == "moved", TICKETS.c.transfers > 0, TICKETS.c.playbook.is_not(None))
)


class SqlTickets:
    """Tickets in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def hold(self, reading: Reading) -> StoredTicket:
        """The ticket of a reading, made if it is new, and held until the transaction ends."""
        ticket = reading.ticket
        values = {
            "connection": ticket.ref.connection,
            "desk_id": ticket.ref.id,
            "read_at": reading.read_at,
            "opened_at": ticket.opened_at,
            "imported": False,
            "public_replies": 0,
            "reopens": 0,
            "transfers": 0,
            "surveyed": False,
            **ticket_values(ticket),
        }
        made = self._c.execute(insert_new(self._c, TicketRow), values).rowcount > 0
        mine = {"of": ticket.ref.connection, "ticket": ticket.ref.id}
        if not made:
            # The lock is on the ticket alone: a join in the same statement could not be locked.
            self._c.execute(_LOCK, mine)
        return stored_ticket(self._c.execute(_FIND, mine).one())

    def is_news(self, stored: StoredTicket, reading: Reading) -> bool:
        """Whether no later reading was taken over already."""
        known = self._c.execute(_READ_AT, {"this": stored.id}).scalar_one()
        return bool(known <= reading.read_at)

    def update(self, stored: StoredTicket, reading: Reading, agent: str | None) -> None:
        """Take over the desk's state."""
        values = {
            "read_at": reading.read_at,
            "mark": reading.mark,
            "agent_name": agent,
            **ticket_values(reading.ticket),
        }
        self._c.execute(_UPDATE, {"this": stored.id, **values})

    def add_events(self, ticket: int, events: Iterable[Event]) -> int:
        """Keep events that are not kept yet."""
        statement = insert_new(self._c, EventRow)
        values = ({"ticket_id": ticket, **_event_values(event)} for event in events)
        return sum(self._c.execute(statement, one).rowcount for one in values)

    def events(self, stored: StoredTicket) -> list[Event]:
        """Every event of the ticket."""
        rows = self._c.execute(_EVENTS, {"this": stored.id})
        return [_event(row, stored.ticket.ref) for row in rows]

    def set_outcome(self, ticket: int, outcome: Outcome) -> None:
        """Keep the outcome."""
        self._c.execute(_UPDATE, {"this": ticket, **outcome_values(outcome)})

    def set_place(self, ticket: int, queue: str | None, agent: str | None, now: datetime) -> None:
        """Note where we have just put the ticket."""
        # Somebody may have read it just before, and records only now where it was then.
        self._c.execute(
            update(TICKETS)
            .where(TICKETS.c.id == ticket, TICKETS.c.read_at < now)
            .values(read_at=now)
        )
        placed = {"queue": queue, "agent": agent}
        values = {name: value for name, value in placed.items() if value is not None}
        if values:
            self._c.execute(_UPDATE, {"this": ticket, **values})

    def find(self, connection: str, desk_id: str) -> StoredTicket | None:
        """A ticket by its desk's id."""
        row = self._c.execute(_FIND, {"of": connection, "ticket": desk_id}).one_or_none()
        return None if row is None else stored_ticket(row)

    def get(self, ticket: int) -> StoredTicket:
        """A ticket by our id. Raises KeyError."""
        row = self._c.execute(_GET, {"this": ticket}).one_or_none()
        if row is None:
            raise KeyError(ticket)
        return stored_ticket(row)

    def marks(self, connection: str, desk_ids: Collection[str]) -> dict[str, str]:
        """The mark each of these tickets had when it was read last."""
        rows = self._c.execute(
            select(TICKETS.c.desk_id, TICKETS.c.mark).where(
                TICKETS.c.connection == connection, TICKETS.c.desk_id.in_(desk_ids)
            )
        )
        return {desk_id: mark for desk_id, mark in rows}  # ruff: ignore[unnecessary-comprehension] — typed

    def loads(self) -> dict[str, Load]:
        """How many open tickets each agent holds."""
        return {name: Load(count) for name, count in self._c.execute(_LOADS)}

    def last_agent(self, email: str, before: datetime) -> str | None:
        """Who solved this customer's latest ticket."""
        found = self._c.execute(_LAST_AGENT, {"email": mail(email), "before": before})
        return found.scalar_one_or_none()

    def earlier(self, ticket: Ticket) -> int:
        """How many tickets its requester had opened before this one; 0 where nobody is named."""
        if ticket.requester_email is None:
            return 0
        theirs = {"email": mail(ticket.requester_email), "before": ticket.opened_at}
        return int(self._c.execute(_EARLIER, theirs).scalar_one())

    def solved_like(self, stored: StoredTicket, limit: int) -> list[SolvedCase]:
        """Solved tickets whose subjects share the most words with this one's."""
        words = _words(stored.ticket.subject)
        rows = self._c.execute(
            select(TICKETS.c.desk_id, TICKETS.c.subject, TICKETS.c.opened_at, TICKETS.c.solved_at)
            .where(
                TICKETS.c.id != stored.id,
                TICKETS.c.solved_at.is_not(None),
                TICKETS.c.segment == stored.segment,
                TICKETS.c.language == stored.language,
            )
            .order_by(TICKETS.c.solved_at.desc())
            .limit(CANDIDATES)
        ).all()
        alike = sorted(rows, key=lambda row: len(words & _words(row.subject)), reverse=True)
        return [
            SolvedCase(row.desk_id, row.subject, row.solved_at - row.opened_at, None)
            for row in alike[:limit]
            if words & _words(row.subject)
        ]

    def history(self, stored: StoredTicket, tickets: int, ratings: int) -> CustomerHistory:
        """The other tickets of a ticket's customer: all counted, the last few shown."""
        email = stored.ticket.requester_email
        if email is None:
            return CustomerHistory()
        theirs = {"email": mail(email), "this": stored.id}
        count, still_open = self._c.execute(_COUNTS, theirs).one()
        others = self._c.execute(_OTHERS, {**theirs, "most": tickets})
        rated = self._c.execute(_RATINGS, {"email": mail(email), "most": ratings})
        return CustomerHistory(
            count=count,
            open=still_open or 0,
            tickets=tuple(
                OtherTicket(
                    row.desk_id, row.subject, Status(row.status), row.opened_at, row.solved_at
                )
                for row in others
            ),
            ratings=tuple(Rating(row.score, row.at) for row in rated),
        )

    def results(self, since: datetime, until: datetime) -> list[tuple[str | None, Result]]:
        """Every ticket opened in the period, with its segment at the time."""
        rows = self._c.execute(
            select(TICKETS.c.segment, *_RESULT).where(
                TICKETS.c.opened_at >= since, TICKETS.c.opened_at < until
            )
        )
        return [(row.segment, _result(row)) for row in rows]

    def routed(self, since: datetime | None, limit: int) -> list[Routed]:
        """The newest ``limit`` tickets opened since then that were decided, newest first."""
        query = _ROUTED if since is None else _ROUTED.where(TICKETS.c.opened_at >= since)
        return [
            Routed(row.rule, row.queue_name, row.playbook, _result(row))
            for row in self._c.execute(query.limit(limit))
        ]

    def routes(self, since: datetime, limit: int) -> list[Route]:
        """The newest ``limit`` decided tickets opened since then, with where people moved them."""
        moves: dict[int, list[Move]] = defaultdict(list)
        for row in self._c.execute(_MOVES.where(TICKETS.c.opened_at >= since)):
            before, queue = row.more["queue_before"], row.more["queue"]
            moves[row.ticket_id].append(Move(row.at, Actor(row.by), before, queue))
        rows = self._c.execute(_ROUTES.where(TICKETS.c.opened_at >= since).limit(limit))
        return [
            Route(
                id=row.id,
                connection=row.connection,
                rule=row.rule,
                queue=row.queue_name,
                playbook=row.playbook,
                decided_at=row.decided_at,
                solved=row.solved_at is not None,
                moves=tuple(moves.get(row.id, ())),
            )
            for row in rows
        ]

    def add_past(self, past: Sequence[PastTicket], now: datetime) -> int:
        """Keep imported tickets; one that is the same as before is left alone."""
        # Of one that comes twice the later line counts.
        latest = {one.ticket.ref: _past_values(one) for one in past}
        known = self._rows(latest)
        new = []
        changed = 0
        for ref, values in latest.items():
            row = known.get(ref)
            if row is None:
                place = {"connection": ref.connection, "desk_id": ref.id}
                new.append({**place, "read_at": now, "imported": True, **values})
            # A live ticket knows more of itself than any file does.
            elif row.imported and any(getattr(row, name) != values[name] for name in values):
                self._c.execute(update(TICKETS).where(_is(ref)).values(**values))
                changed += 1
        if new:
            self._c.execute(insert(TICKETS), new)
        return changed + len(new)

    def _rows(self, refs: Collection[TicketRef]) -> dict[TicketRef, Row[Any]]:
        """The rows of those tickets that are known."""
        found = {}
        for connection in {ref.connection for ref in refs}:
            ids = [ref.id for ref in refs if ref.connection == connection]
            mine = (TICKETS.c.connection == connection) & TICKETS.c.desk_id.in_(ids)
            for row in self._c.execute(select(TICKETS).where(mine)):
                found[TicketRef(connection, row.desk_id)] = row
        return found


def _result(row: Row[*tuple[Any, ...]]) -> Result:
    return Result(outcome_of(row), row.surveyed, row.score)


def _past_values(one: PastTicket) -> dict[str, Any]:
    return {
        **ticket_values(one.ticket),
        **outcome_values(one.outcome),
        "language": one.language,
        "segment": one.segment,
        "queue_name": one.queue_name,
        "agent_name": one.agent_name,
        "surveyed": False,
        "score": one.score,
    }


def _is(ref: TicketRef) -> Any:
    return (TICKETS.c.connection == ref.connection) & (TICKETS.c.desk_id == ref.id)


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in text.casefold().split() if len(word) > 3)


def _event_values(event: Event) -> dict[str, Any]:
    more: dict[str, Any] = {}
    match event:
        case TicketReplied(public=public):
            more = {"public": public}
        case TicketMoved(queue_before=before, queue=queue):
            more = {"queue_before": before, "queue": queue}
        case TicketAssigned(assignee=assignee):
            more = {"assignee": assignee}
    return {
        "key": clean(event.key)[:200],
        "kind": _NAMES[type(event)],
        "at": event.at,
        "by": event.by.value,
        "agent": event.agent,
        "more": more,
    }


def _event(row: Row[Any], ref: TicketRef) -> Event:
    kind = _KINDS[row.kind]
    return kind(ticket=ref, at=row.at, key=row.key, by=Actor(row.by), agent=row.agent, **row.more)
