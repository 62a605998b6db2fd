"""Tickets, their events, and what the reports read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from plugin.ports import Reading
from plugin.records.tickets import CustomerPast, PastTicket, Place, StoredTicket
from plugin.store.rows import (
    DECISION_COLUMNS,
    DECISIONS,
    TICKET_COLUMNS,
    TICKETS,
    change_tickets,
    insert_new,
    mail,
    outcome_of,
    outcome_values,
    seconds,
    stored_ticket,
    table,
    ticket_values,
    worked_values,
)
from plugin.store.schema import EventRow, SurveyRow, TicketRow, Utc, clean
from plugin.views.panel import CustomerHistory, OtherTicket, Rating, SolvedCase
from routing.events import (
    LOGGED,
    Actor,
    Event,
    Gone,
    TicketAssigned,
    TicketFound,
    TicketGone,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.outcomes.outcome import Outcome, fold
from routing.outcomes.result import Result
from routing.outcomes.worked import Worked
from routing.quality.routed import Routed
from routing.quality.transfers import Move, Route
from routing.rules.turns import OPENED
from routing.surveys.survey import Kind
from routing.tickets import Load, Status, TicketRef

EVENTS = table(EventRow)
SURVEYS = table(SurveyRow)

_KINDS: dict[str, type[Event]] = {
    "opened": TicketOpened,
    "replied": TicketReplied,
    "solved": TicketSolved,
    "reopened": TicketReopened,
    "moved": TicketMoved,
    "assigned": TicketAssigned,
    "gone": TicketGone,
    "found": TicketFound,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}

CANDIDATES = 200
"""How many of the latest solved tickets are compared for likeness."""

# What every delivery needs is built once: building it takes longer than running it.
_MINE = (TICKETS.c.connection == bindparam("of")) & (TICKETS.c.desk_id == bindparam("ticket"))
_THEM = (TICKETS.c.connection == bindparam("of")) & TICKETS.c.desk_id.in_(
    bindparam("tickets", expanding=True)
)
_THESE = TICKETS.c.id.in_(bindparam("these", expanding=True))
_FIND = select(*TICKET_COLUMNS).where(_MINE)
_FIND_THEM = select(*TICKET_COLUMNS).where(_THEM)
_GET = select(*TICKET_COLUMNS).where(_THESE)
# Rows that were there are locked by their id, in every transaction: so no two wait for each other.
_LOCK_THEM = select(TICKETS.c.id).where(_THEM).order_by(TICKETS.c.id).with_for_update()
_LOCK = select(TICKETS.c.id).where(_THESE).order_by(TICKETS.c.id).with_for_update()
_STATE = select(
    TICKETS.c.id,
    TICKETS.c.read_at,
    TICKETS.c.mark,
    TICKETS.c.requester_email,
    TICKETS.c.agent_name,
    TICKETS.c.solved_at,
    TICKETS.c.waiting_since,
    *DECISION_COLUMNS,
).where(_THESE)
_LATER = TICKETS.c.read_at > bindparam("at", type_=Utc())
_PLACE = (
    update(TICKETS)
    .where(TICKETS.c.id == bindparam("this"))
    .values(
        # Somebody may have read it just before, and records only now where it was then.
        read_at=case((_LATER, TICKETS.c.read_at), else_=bindparam("at", type_=Utc())),
        # Who read it later saw what came after this. It is to be read again, after this.
        mark=case((_LATER, ""), else_=TICKETS.c.mark),
        queue=func.coalesce(bindparam("to", type_=TICKETS.c.queue.type), TICKETS.c.queue),
        agent=func.coalesce(bindparam("holder", type_=TICKETS.c.agent.type), TICKETS.c.agent),
    )
)
_EVENTS = (
    select(EVENTS)
    .where(EVENTS.c.ticket_id.in_(bindparam("these", expanding=True)))
    .order_by(EVENTS.c.at, EVENTS.c.id)
)
_LOADS = (
    select(TICKETS.c.agent_name, func.count())
    .where(
        TICKETS.c.solved_at.is_(None),
        TICKETS.c.gone.is_(None),
        TICKETS.c.agent_name.is_not(None),
        TICKETS.c.imported.is_(False),
    )
    .group_by(TICKETS.c.agent_name)
)
_OTHER = TICKETS.alias()
_SAME = _OTHER.c.requester_email == TICKETS.c.requester_email
_PASTS = select(
    TICKETS.c.id,
    select(func.count())
    .where(_SAME, _OTHER.c.opened_at < TICKETS.c.opened_at)
    .scalar_subquery()
    .label("earlier"),
    select(_OTHER.c.agent_name)
    .where(
        _SAME,
        _OTHER.c.solved_at < bindparam("before", type_=Utc()),
        _OTHER.c.agent_name.is_not(None),
    )
    .order_by(_OTHER.c.solved_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("last_agent"),
).where(_THESE)
_THEIRS = (TICKETS.c.requester_email == bindparam("email")) & (TICKETS.c.id != bindparam("this"))
# Nobody tells us when an imported ticket is solved, so none of them counts as open.
_OPEN = and_(
    TICKETS.c.status == Status.OPEN.value, TICKETS.c.gone.is_(None), TICKETS.c.imported.is_(False)
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
    .where(SURVEYS.c.ticket_id == TICKETS.c.id, SURVEYS.c.kind == Kind.CSAT.value)
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
    TICKETS.c.waiting_since,
    TICKETS.c.gone,
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
    .join(DECISIONS, (DECISIONS.c.ticket_id == TICKETS.c.id) & (DECISIONS.c.turn == OPENED))
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

    def hold(self, readings: Sequence[Reading]) -> list[StoredTicket]:
        """The tickets of readings, made if they are new, and held until the transaction ends."""
        # In one order everywhere: two workers that make the same tickets never deadlock.
        inserted = sorted(readings, key=lambda one: _order(one.ticket.ref))
        new = [_new_values(one) for one in inserted]
        made = self._c.execute(insert_new(self._c, TicketRow), new).rowcount
        found: dict[TicketRef, StoredTicket] = {}
        for connection, ids in _by_connection(one.ticket.ref for one in inserted).items():
            mine = {"of": connection, "tickets": ids}
            # The lock is on the tickets alone: a join in the same statement could not be locked.
            # What we have just made is ours, and on SQLite a writing transaction is alone already.
            if made < len(new) and self._c.dialect.name != "sqlite":
                self._c.execute(_LOCK_THEM, mine)
            for row in self._c.execute(_FIND_THEM, mine):
                stored = stored_ticket(row)
                found[stored.ticket.ref] = stored
        return [found[one.ticket.ref] for one in readings]

    def hold_again(self, known: Sequence[StoredTicket]) -> dict[int, StoredTicket]:
        """The same tickets as they are now, by our id, held until the transaction ends.

        Those that are there; only what has changed meanwhile is read anew.
        """
        these = {"these": [one.id for one in known]}
        if self._c.dialect.name != "sqlite":
            self._c.execute(_LOCK, these)
        now = {row.id: row for row in self._c.execute(_STATE, these)}
        same = {one.id: one for one in known if one.id in now and _is_same(one, now[one.id])}
        changed = now.keys() - same.keys()
        return same | (self.some(changed) if changed else {})

    def update(self, changes: Iterable[tuple[StoredTicket, Reading, str | None]]) -> None:
        """Take over the desk's state."""
        values = [
            {
                "this": stored.id,
                "read_at": reading.read_at,
                "mark": reading.mark,
                "agent_name": agent,
                **ticket_values(reading.ticket),
            }
            for stored, reading, agent in changes
        ]
        change_tickets(self._c, values)

    def add_events(self, events: Iterable[tuple[int, Event]]) -> None:
        """Keep events that are not kept yet, each with our id of its ticket."""
        values = [{"ticket_id": ticket, **_event_values(event)} for ticket, event in events]
        if values:
            self._c.execute(insert_new(self._c, EventRow), values)

    def events(self, tickets: Sequence[StoredTicket]) -> dict[int, list[Event]]:
        """Every event of these tickets, by our id."""
        refs = {stored.id: stored.ticket.ref for stored in tickets}
        found: dict[int, list[Event]] = {ticket: [] for ticket in refs}
        for row in self._c.execute(_EVENTS, {"these": list(refs)}):
            found[row.ticket_id].append(_event(row, refs[row.ticket_id]))
        return found

    def set_outcomes(self, outcomes: Iterable[tuple[int, Outcome, Worked]]) -> None:
        """Keep outcomes in calendar and in working time."""
        change_tickets(
            self._c,
            [
                {"this": ticket, **outcome_values(outcome), **worked_values(worked)}
                for ticket, outcome, worked in outcomes
            ],
        )

    def set_places(self, places: Iterable[Place]) -> None:
        """Note where we have put tickets."""
        values = [
            {"this": one.ticket, "to": one.queue, "holder": one.agent, "at": one.at}
            for one in sorted(places, key=lambda one: one.ticket)
        ]
        if values:
            self._c.execute(_PLACE, values)

    def find(self, connection: str, desk_id: str) -> StoredTicket | None:
        """A ticket by its desk's id."""
        row = self._c.execute(_FIND, {"of": connection, "ticket": desk_id}).one_or_none()
        return None if row is None else stored_ticket(row)

    def get(self, ticket: int) -> StoredTicket:
        """A ticket by our id. Raises KeyError."""
        return self.some([ticket])[ticket]

    def some(self, tickets: Collection[int]) -> dict[int, StoredTicket]:
        """Those of these tickets that are there, by our id."""
        rows = self._c.execute(_GET, {"these": list(tickets)})
        return {row.id: stored_ticket(row) for row in rows}

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

    def pasts(self, tickets: Collection[int], before: datetime) -> dict[int, CustomerPast]:
        """What came before these tickets (our ids) from the same customers."""
        rows = self._c.execute(_PASTS, {"these": list(tickets), "before": before})
        return {row.id: CustomerPast(row.earlier, row.last_agent) for row in rows}

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
        latest = {one.ticket.ref: one for one in past}
        known = self._rows(latest)
        new: dict[TicketRef, dict[str, Any]] = {}
        changed: dict[TicketRef, dict[str, Any]] = {}
        for ref, one in latest.items():
            row, values = known.get(ref), _past_values(one)
            if row is None:
                place = {"connection": ref.connection, "desk_id": ref.id}
                new[ref] = {**place, "read_at": now, "imported": True, **values}
            # A live ticket knows more of itself than any file does.
            elif row.imported and any(getattr(row, name) != values[name] for name in values):
                changed[ref] = {"this": row.id, **values}
        if new:
            self._c.execute(insert(TICKETS), list(new.values()))
        change_tickets(self._c, list(changed.values()))
        retold = self._keep_logs({ref: one.events for ref, one in latest.items() if one.events})
        return len({*new, *changed, *retold})

    def _keep_logs(self, logs: Mapping[TicketRef, Sequence[Event]]) -> set[TicketRef]:
        """Keep what logs told of imported tickets in the place of what they told before.

        Returns the tickets of which they tell something else now.
        """
        rows = {row.id: ref for ref, row in self._rows(logs).items() if row.imported}
        mine = EVENTS.c.key.startswith(LOGGED, autoescape=True)
        known: dict[int, dict[str, Any]] = {ticket: {} for ticket in rows}
        these = EVENTS.c.ticket_id.in_(list(rows))
        for row in self._c.execute(select(EVENTS).where(these, mine)):
            known[row.ticket_id][row.key] = (row.kind, row.at, row.by, row.agent, row.more)
        told = {ticket: [_event_values(one) for one in logs[ref]] for ticket, ref in rows.items()}
        anew = [ticket for ticket in rows if known[ticket] != _by_key(told[ticket])]
        if anew:
            self._c.execute(delete(EVENTS).where(EVENTS.c.ticket_id.in_(anew), mine))
            values = [{"ticket_id": ticket, **one} for ticket in anew for one in told[ticket]]
            self._c.execute(insert(EVENTS), values)
        return {rows[ticket] for ticket in anew}

    def _rows(self, refs: Collection[TicketRef]) -> dict[TicketRef, Row[Any]]:
        """The rows of those tickets that are known."""
        found = {}
        for connection, ids in _by_connection(refs).items():
            mine = (TICKETS.c.connection == connection) & TICKETS.c.desk_id.in_(ids)
            for row in self._c.execute(select(TICKETS).where(mine)):
                found[TicketRef(connection, row.desk_id)] = row
        return found


def _by_key(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        one["key"]: (one["kind"], one["at"], one["by"], one["agent"], one["more"]) for one in events
    }


def _by_connection(refs: Iterable[TicketRef]) -> dict[str, list[str]]:
    """The desks' ids of tickets, by the connection of their desk."""
    found: dict[str, list[str]] = {}
    for ref in refs:
        found.setdefault(ref.connection, []).append(ref.id)
    return found


def _order(ref: TicketRef) -> tuple[str, str]:
    return ref.connection, ref.id


def _new_values(reading: Reading) -> dict[str, Any]:
    ticket = reading.ticket
    return {
        "connection": ticket.ref.connection,
        "desk_id": ticket.ref.id,
        "read_at": reading.read_at,
        "mark": reading.mark,
        "imported": False,
        "surveyed": False,
        **ticket_values(ticket),
        **outcome_values(fold(ticket.opened_at, reading.events)),
    }


def _is_same(known: StoredTicket, row: Row[*tuple[Any, ...]]) -> bool:
    """Whether nothing was recorded, decided or forgotten about a ticket since it was read."""
    ticket, outcome = known.ticket, known.outcome
    return (
        (known.read_at, known.mark, ticket.requester_email, known.agent_name)
        == (row.read_at, row.mark, row.requester_email, row.agent_name)
        and (outcome.solved_at, outcome.waiting_since) == (row.solved_at, row.waiting_since)
        and (known.decision, known.applied) == (row.decision, row.applied_at is not None)
    )


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
        "nps": one.nps,
        "ces": one.ces,
        "first_reply_target": seconds(one.first_reply_target),
        "resolution_target": seconds(one.resolution_target),
        **worked_values(one.worked),
    }


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
        case TicketGone(how=how):
            more = {"how": how.value}
    return {
        "key": clean(event.key)[:200],
        "kind": _NAMES[type(event)],
        "at": event.at,
        "by": event.by.value,
        "agent": event.agent,
        "more": more,
    }


def _event(row: Row[Any], ref: TicketRef) -> Event:
    kind, more = _KINDS[row.kind], row.more
    if kind is TicketGone:
        more = {"how": Gone(more["how"])}
    return kind(ticket=ref, at=row.at, key=row.key, by=Actor(row.by), agent=row.agent, **more)
