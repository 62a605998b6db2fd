"""Between rows and values, for what more than one repository needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Table, Update, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from plugin.ports import Written
from plugin.records.tickets import StoredTicket
from plugin.store.schema import Base, DecisionRow, TicketRow, clean
from routing.events import Gone
from routing.outcomes.outcome import Outcome
from routing.outcomes.worked import Worked
from routing.record import Json, value_in, value_out
from routing.rules.turns import OPENED
from routing.tickets import Fact, Priority, Status, Ticket, TicketRef, Value

Insert = postgresql.Insert | sqlite.Insert


def table(row: type[Base]) -> Table:
    """The table of a row class."""
    made = row.__table__
    if not isinstance(made, Table):
        raise TypeError(row)
    return made


# Without it an INSERT's cursor is closed before it is asked, and psycopg then answers with -1.
_COUNTED = {"preserve_rowcount": True}


def upsert(connection: Connection, row: type[Base]) -> Insert:
    """An INSERT of this database's kind, which knows ON CONFLICT.

    Its ``rowcount`` says how many rows were made or changed.
    """
    return insert_kind(connection.dialect.name, row)


def insert_kind(dialect: str, row: type[Base]) -> Insert:
    """The same by the name of the database's kind."""
    new = sqlite.insert(table(row)) if dialect == "sqlite" else postgresql.insert(table(row))
    return new.execution_options(**_COUNTED)


@cache
def _insert_new(dialect: str, row: type[Base]) -> Insert:
    new = sqlite.insert(table(row)) if dialect == "sqlite" else postgresql.insert(table(row))
    return new.on_conflict_do_nothing().inline().execution_options(**_COUNTED)


def insert_new(connection: Connection, row: type[Base]) -> Insert:
    """An INSERT that leaves a row alone that is there; built once, so give the values with it.

    Its ``rowcount`` is 0 if the row was there.
    """
    return _insert_new(connection.dialect.name, row)


TICKETS = table(TicketRow)
DECISIONS = table(DecisionRow)

_MINE = (DECISIONS.c.ticket_id == TICKETS.c.id) & (DECISIONS.c.turn == OPENED)

DECISION_COLUMNS = (
    select(DECISIONS.c.id).where(_MINE).scalar_subquery().label("decision"),
    select(DECISIONS.c.applied_at).where(_MINE).scalar_subquery().label("applied_at"),
)
"""Of the decision on the opening of a ticket, beside the ticket."""

TICKET_COLUMNS = (*TICKETS.c, *DECISION_COLUMNS)

MEASURED = frozenset(
    {
        "connection",
        "requester_email",
        "channel",
        "language",
        "imported",
        "segment",
        "queue_name",
        "rule",
        "playbook",
        "agent_name",
        "opened_at",
        "first_reply_at",
        "first_solved_at",
        "solved_at",
        "public_replies",
        "reopens",
        "transfers",
        "surveyed",
        "score",
        "nps",
        "ces",
        "nps_asked",
        "ces_asked",
        "schedule",
        "first_reply_worked",
        "first_solved_worked",
        "solved_worked",
        "first_reply_target",
        "resolution_target",
        "gone",
    }
)
"""The columns of a ticket that KPIs are made of, or told apart by."""

MOST_SECONDS = 2**31 - 1
"""What a column of seconds holds: 68 years."""


def change_tickets(connection: Connection, changes: Sequence[Json]) -> None:
    """Change tickets: every statement that does goes through here.

    Each change has our id of the ticket as ``this``, and new values by column, of the same columns
    in all of them. Where one is measured and differs, the roll-ups do not have the ticket as it
    stands any more, and the same statement says so.
    """
    if changes:
        names = tuple(name for name in changes[0] if name != "this")
        rows = [{f"new_{name}": value for name, value in one.items()} for one in changes]
        connection.execute(_change(names), rows)


@cache
def _change(names: tuple[str, ...]) -> Update:
    new = {name: bindparam(f"new_{name}", type_=TICKETS.c[name].type) for name in names}
    same = [TICKETS.c[name].is_not_distinct_from(new[name]) for name in names if name in MEASURED]
    counted = {"counted": and_(TICKETS.c.counted, *same)} if same else {}
    return update(TICKETS).where(TICKETS.c.id == bindparam("new_this")).values({**new, **counted})


def stored_ticket(row: Row[*tuple[Any, ...]]) -> StoredTicket:
    """A ticket from a row of TICKET_COLUMNS."""
    ticket = Ticket(
        ref=TicketRef(row.connection, row.desk_id),
        subject=row.subject,
        text=row.text,
        requester_email=row.requester_email,
        requester_name=row.requester_name,
        opened_at=row.opened_at,
        channel=row.channel,
        status=Status(row.status),
        priority=None if row.priority is None else Priority(row.priority),
        queue=row.queue,
        agent=row.agent,
        tags=frozenset(row.tags),
    )
    return StoredTicket(
        id=row.id,
        ticket=ticket,
        outcome=outcome_of(row),
        imported=row.imported,
        language=row.language,
        segment=row.segment,
        queue_name=row.queue_name,
        agent_name=row.agent_name,
        rule=row.rule,
        playbook=row.playbook,
        schedule=row.schedule,
        surveyed=row.surveyed,
        score=row.score,
        decision=row.decision,
        applied=row.applied_at is not None,
        read_at=row.read_at,
        mark=row.mark,
    )


def outcome_of(row: Row[*tuple[Any, ...]]) -> Outcome:
    """The outcome in a ticket's row."""
    return Outcome(
        opened_at=row.opened_at,
        first_reply_at=row.first_reply_at,
        first_solved_at=row.first_solved_at,
        solved_at=row.solved_at,
        solved_by=row.solved_by,
        public_replies=row.public_replies,
        reopens=row.reopens,
        transfers=row.transfers,
        waiting_since=row.waiting_since,
        gone=None if row.gone is None else Gone(row.gone),
    )


def outcome_values(outcome: Outcome) -> Json:
    """An outcome as the values of a ticket's row."""
    return {
        "opened_at": outcome.opened_at,
        "first_reply_at": outcome.first_reply_at,
        "first_solved_at": outcome.first_solved_at,
        "solved_at": outcome.solved_at,
        "solved_by": outcome.solved_by,
        "public_replies": outcome.public_replies,
        "reopens": outcome.reopens,
        "transfers": outcome.transfers,
        "waiting_since": outcome.waiting_since,
        "gone": None if outcome.gone is None else outcome.gone.value,
    }


def worked_values(worked: Worked) -> Json:
    """Working time as the values of a ticket's row."""
    return {
        "schedule": worked.schedule,
        "first_reply_worked": seconds(worked.first_reply),
        "first_solved_worked": seconds(worked.first_solved),
        "solved_worked": seconds(worked.solved),
    }


def seconds(count: float | None) -> int | None:
    """Seconds as a column holds them."""
    return None if count is None else min(int(count), MOST_SECONDS)


def ticket_values(ticket: Ticket) -> Json:
    """What a desk says of a ticket, as the values of its row."""
    return {
        "subject": clean(ticket.subject),
        "text": clean(ticket.text),
        "requester_email": None if ticket.requester_email is None else mail(ticket.requester_email),
        "requester_name": None if ticket.requester_name is None else clean(ticket.requester_name),
        "channel": ticket.channel,
        "status": ticket.status.value,
        "priority": None if ticket.priority is None else ticket.priority.value,
        "queue": ticket.queue,
        "agent": ticket.agent,
        "tags": sorted(ticket.tags),
    }


def mail(address: str) -> str:
    """An e-mail address in the form in which customers are told apart."""
    return clean(address).strip().casefold()


def facts_to_json(facts: Mapping[str, Fact]) -> Json:
    """A customer's facts by field name as JSON: the values, and the ages that are their own.

    Whose facts they are stands in their row, and so does the age of all others. Short, since
    there may be a million of them.
    """
    return {name: _fact_to_json(fact) for name, fact in sorted(facts.items())}


@lru_cache(4_096)
def _plain(value: Value) -> object:
    """Of a million customers many signed up on the same day."""
    return value_out(value)


_AS_THEY_ARE = frozenset({str, float, bool})
"""Values that JSON writes as they are."""


def _fact_to_json(fact: Fact) -> object:
    value = fact.value if type(fact.value) in _AS_THEY_ARE else _plain(fact.value)
    return value if fact.as_of is None else {"is": value, "as_of": fact.as_of.isoformat()}


def facts_from_json(raw: Json, source: str, as_of: datetime) -> dict[str, Fact]:
    """Facts by field name from JSON; ``as_of`` is the age of those without one of their own."""
    return {name: _fact_from_json(told, source, as_of) for name, told in raw.items()}


def _fact_from_json(told: Any, source: str, as_of: datetime) -> Fact:
    if isinstance(told, dict) and "is" in told:
        told, as_of = told["is"], datetime.fromisoformat(told["as_of"])
    value = value_in(told)
    assert value is not None  # what is unknown was never stored
    return Fact(value, source, as_of)


def written_to_json(written: Written) -> list[object]:
    """One line of what was written as JSON."""
    return [written.what, written.done, written.why]


def written_from_json(raw: list[Any]) -> Written:
    """One line of what was written from JSON."""
    what, done, why = raw
    return Written(what, done, why)
