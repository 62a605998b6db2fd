"""Days of tickets in columns, from which reports are counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    func,
    select,
    true,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from plugin.records.results import Measurable
from plugin.store.rows import TICKETS, table, upsert
from plugin.store.schema import UNCOUNTED, MeasuredDayRow, TopicTicketRow, Utc
from routing.outcomes.dimensions import Dimension, Era
from routing.outcomes.numbers import Numbers

DAYS = table(MeasuredDayRow)
TOPIC_TICKETS = table(TopicTicketRow)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class Epoch(FunctionElement[int]):
    """A moment in whole seconds since 1970, worked out by the database: a tenth of the time."""

    type = Integer()
    inherit_cache = True


@compiles(Epoch, "postgresql")
def _epoch_of_postgresql(element: Epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"floor(extract(epoch FROM {compiler.process(element.clauses, **options)}))::bigint"


@compiles(Epoch, "sqlite")
def _epoch_of_sqlite(element: Epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "opened": Epoch(TICKETS.c.opened_at),
    "first_reply": Epoch(TICKETS.c.first_reply_at),
    "first_solved": Epoch(TICKETS.c.first_solved_at),
    "solved": Epoch(TICKETS.c.solved_at),
    "routed": TICKETS.c.playbook.is_not(None),
    "queue": TICKETS.c.queue_name,
    "desk": TICKETS.c.connection,
    "agent": TICKETS.c.agent_name,
}
_NUMBERS = [_COLUMNS[name] if name in _COLUMNS else TICKETS.c[name] for name in Numbers._fields]
_OF_DAY = (
    select(*_NUMBERS)
    .where(
        TICKETS.c.opened_at >= bindparam("since", type_=Utc()),
        TICKETS.c.opened_at < bindparam("until", type_=Utc()),
    )
    .order_by(TICKETS.c.id)
)


class SqlMeasuredDays:
    """Days of tickets in columns, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def take_changes(self, limit: int) -> bool:
        """Turn tickets that have changed into days that are stale; whether there were any."""
        changed = select(TICKETS.c.id, TICKETS.c.opened_at).where(UNCOUNTED)
        # In the order in which others lock tickets; whoever holds one now changes it once more.
        locked = changed.order_by(TICKETS.c.id).limit(limit).with_for_update(skip_locked=True)
        rows = self._c.execute(locked).all()
        if rows:
            self.mark({_day(row.opened_at) for row in rows})
            these = {"these": [row.id for row in rows]}
            self._c.execute(_SEEN, these)
        return bool(rows)

    def mark(self, days: Iterable[int]) -> None:
        """Let these days be made anew."""
        for day in sorted(days):
            self._c.execute(
                upsert(self._c, MeasuredDayRow)
                .values(
                    day=day, claim=1, stale=True, version=0, tickets=0, columns=b"", made_at=_EPOCH
                )
                .on_conflict_do_update(
                    index_elements=[DAYS.c.day], set_={"stale": True, "claim": DAYS.c.claim + 1}
                )
            )

    def mark_all(self) -> None:
        """Let every day be made anew, from the first ticket to the last."""
        first, last = self._c.execute(
            select(func.min(TICKETS.c.opened_at), func.max(TICKETS.c.opened_at))
        ).one()
        days = set(self._c.execute(select(DAYS.c.day)).scalars())
        if first is not None:
            days |= set(range(_day(first), _day(last) + 1))
        self.mark(days)

    def is_empty(self) -> bool:
        """Whether no day was ever made."""
        return self._c.execute(select(DAYS.c.day).limit(1)).first() is None

    def stale(self) -> dict[int, int]:
        """The days to be made anew, newest first, each with its claim."""
        rows = self._c.execute(
            select(DAYS.c.day, DAYS.c.claim).where(DAYS.c.stale).order_by(DAYS.c.day.desc())
        )
        return {row.day: row.claim for row in rows}

    def of_day(self, day: int) -> list[Numbers]:
        """The tickets opened on one day."""
        since = _EPOCH + day * _DAY
        rows = self._c.execute(_OF_DAY, {"since": since, "until": since + _DAY})
        return [Numbers._make(row) for row in rows]

    def exactly(
        self,
        since: datetime,
        until: datetime,
        wanted: Mapping[Dimension, str | None],
        topic: int | None = None,
    ) -> list[Numbers]:
        """The tickets opened in a span that have all these labels, as they stand now.

        With a ``topic``, by its number in the report on issues, those of it.
        """
        query = _OF_DAY.where(*having_labels(wanted))
        if topic is not None:
            query = query.where(in_topic(topic))
        rows = self._c.execute(query, {"since": since, "until": until})
        return [Numbers._make(row) for row in rows]

    def put(self, day: int, claim: int, columns: bytes, tickets: int, now: datetime) -> bool:
        """Keep a day's columns, unless somebody has claimed the day since."""
        kept = self._c.execute(
            update(DAYS)
            .where(DAYS.c.day == day, DAYS.c.claim == claim)
            .values(columns=columns, tickets=tickets, version=claim, stale=False, made_at=now)
        )
        return kept.rowcount > 0

    def versions(self, first: int, last: int) -> dict[int, int]:
        """The days that are made, from the first to the last, each with its version."""
        rows = self._c.execute(
            select(DAYS.c.day, DAYS.c.version).where(
                DAYS.c.day >= first, DAYS.c.day <= last, DAYS.c.tickets > 0
            )
        )
        return {row.day: row.version for row in rows}

    def columns(self, days: Collection[int]) -> dict[int, tuple[int, bytes]]:
        """The columns of these days, each with its version."""
        rows = self._c.execute(
            select(DAYS.c.day, DAYS.c.version, DAYS.c.columns).where(DAYS.c.day.in_(list(days)))
        )
        return {row.day: (row.version, row.columns) for row in rows}

    def state(self) -> Measurable:
        """How far the days are made: when the last one was, and how many are stale."""
        made, tickets, stale, first = self._c.execute(
            select(
                func.max(DAYS.c.made_at, type_=Utc()),
                func.coalesce(func.sum(DAYS.c.tickets), 0),
                func.count().filter(DAYS.c.stale == true()),
                func.min(DAYS.c.day).filter(DAYS.c.tickets > 0),
            )
        ).one()
        began = None if first is None else _EPOCH + first * _DAY
        return Measurable(None if made == _EPOCH else made, tickets, stale, began)


_SEEN = (
    update(TICKETS).where(TICKETS.c.id.in_(bindparam("these", expanding=True))).values(counted=True)
)

_LABELS = {
    Dimension.SEGMENT: TICKETS.c.segment,
    Dimension.QUEUE: TICKETS.c.queue_name,
    Dimension.CHANNEL: TICKETS.c.channel,
    Dimension.LANGUAGE: TICKETS.c.language,
    Dimension.DESK: TICKETS.c.connection,
    Dimension.RULE: TICKETS.c.rule,
    Dimension.AGENT: TICKETS.c.agent_name,
}


def having_labels(wanted: Mapping[Dimension, str | None]) -> list[ColumnElement[bool]]:
    """What is true of tickets with all these labels."""
    found: list[ColumnElement[bool]] = []
    for dimension, label in wanted.items():
        if dimension is Dimension.ERA:
            routed = TICKETS.c.playbook.is_not(None)
            found.append(routed if label == Era.WITH else ~routed)
        else:
            found.append(_LABELS[dimension] == label)
    return found


def in_topic(topic: int) -> ColumnElement[bool]:
    """What is true of the tickets of a topic."""
    return TICKETS.c.id.in_(select(TOPIC_TICKETS.c.ticket_id).where(TOPIC_TICKETS.c.topic == topic))


def _day(at: datetime) -> int:
    return (at - _EPOCH).days
