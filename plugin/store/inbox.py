"""Deliveries: accepted once, claimed with a lease, done or parked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from plugin.ports import Delivery, Notice
from plugin.records.inbox import Claimed, Put
from plugin.records.page import Page
from plugin.store.rows import DECISIONS, TICKETS, Insert, table
from plugin.store.schema import InboxRow, clean
from plugin.views.deliveries import DeliveryLine, DeliveryView, Tally, Try
from routing.record import Json
from routing.rules.turns import OPENED

INBOX = table(InboxRow)

# Built once, since building it takes long. What is the same in every new row
# stands in the statement: each value that is sent has its price.
_NEW: Mapping[str, Any] = {
    "attempts": literal_column("0"),
    "waits": literal_column("0"),
    "failures": literal_column("0"),
    "repeats": literal_column("0"),
    "tries": literal_column("'[]'"),
}
INSERTS: Mapping[str, Insert] = {
    # How many are new is counted; that is quicker than having their keys come back.
    name: database.insert(INBOX)
    .values(_NEW)
    .on_conflict_do_nothing()
    .inline()
    .execution_options(preserve_rowcount=True)
    for name, database in (("sqlite", sqlite), ("postgresql", postgresql))
}
"""How a new row comes into the inbox, by the name of the database."""

_FINISH = update(INBOX).where(INBOX.c.id.in_(bindparam("these", expanding=True)))

WAITING, DONE, PARKED = "waiting", "done", "parked"

TRIES_KEPT = 20
"""How many earlier tries a delivery remembers."""


class SqlInbox:
    """The inbox in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def put(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery. The same id with another body is kept aside, parked."""
        row = new_row(delivery, notice)
        return Put.NEW if self._insert(row) else self._put_again(delivery, notice, row)

    def _put_again(self, delivery: Delivery, notice: Notice, row: Json) -> Put:
        mine = (INBOX.c.connection == delivery.connection) & (
            INBOX.c.delivery_id == notice.delivery_id
        )
        known = self._c.execute(select(INBOX.c.body_hash).where(mine)).scalar_one()
        digest: str = row["body_hash"]
        if known == digest:
            self._c.execute(update(INBOX).where(mine).values(repeats=INBOX.c.repeats + 1))
            return Put.REPEAT
        aside = {
            "delivery_id": f"{notice.delivery_id[:160]}#{digest[:16]}",
            "state": PARKED,
            "finished_at": delivery.received_at,
            "why": "Same delivery id with another body.",
        }
        self._insert(row | aside)
        return Put.CONFLICT

    def _insert(self, row: Json) -> bool:
        """Whether the row was not there before."""
        return self._c.execute(INSERTS[self._c.dialect.name], row).rowcount > 0

    def claim(
        self, now: datetime, lease: int, limit: int, without: Collection[str]
    ) -> list[Claimed]:
        """Take what is due, the longest due first.

        A row that was tried before is taken alone when it is its turn: if it is the kind that ends
        a worker, it must not take its neighbours along.
        """
        due = (INBOX.c.state == WAITING) & (INBOX.c.due_at <= now)
        if without:
            due &= INBOX.c.connection.not_in(without)
        # To ask for those tried before would read all that wait, which after a rush is a lot.
        rows = self._c.execute(_claimable(due, limit)).all()
        if rows:
            rows = rows[:1] if rows[0].attempts else [row for row in rows if not row.attempts]
            self._c.execute(
                update(INBOX)
                .where(INBOX.c.id.in_([row.id for row in rows]))
                .values(due_at=now + timedelta(seconds=lease), attempts=INBOX.c.attempts + 1)
            )
        return [
            Claimed(
                id=row.id,
                connection=row.connection,
                ticket=row.ticket,
                kind=row.kind,
                received_at=row.received_at,
                waits=row.waits,
                failures=row.failures,
                deaths=row.attempts - row.waits - row.failures,
            )
            for row in rows
        ]

    def release(self, ids: Sequence[int]) -> None:
        """Give claimed rows back untried, each to its old place in the line."""
        self._c.execute(
            update(INBOX)
            .where(INBOX.c.id.in_(ids), INBOX.c.state == WAITING)
            .values(due_at=INBOX.c.received_at, attempts=INBOX.c.attempts - 1)
        )

    def finish(self, rows: Mapping[int, str], now: datetime) -> None:
        """The deliveries are done."""
        alike: dict[str, list[int]] = {}
        for row, why in sorted(rows.items()):
            alike.setdefault(why, []).append(row)
        for why, these in alike.items():
            values = {"these": these, "why": why, "state": DONE, "finished_at": now}
            self._c.execute(_FINISH, values)

    def wait(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, since the other side was not there."""
        self._tried(row, now, why, due_at=due, waits=INBOX.c.waits + 1)

    def fail(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, although something went wrong."""
        self._tried(row, now, why, due_at=due, failures=INBOX.c.failures + 1)

    def park(self, row: int, now: datetime, why: str) -> None:
        """Stop trying until a person replays it."""
        self._tried(row, now, why, state=PARKED, finished_at=now)

    def _tried(self, row: int, now: datetime, why: str, **values: object) -> None:
        # Only while it waits: a worker whose lease ran out must not undo what another has done.
        mine = (INBOX.c.id == row) & (INBOX.c.state == WAITING)
        tries = self._c.execute(select(INBOX.c.tries).where(mine)).scalar_one_or_none()
        if tries is not None:
            tried = [*tries[-TRIES_KEPT:], [now.isoformat(), why, False]]
            self._c.execute(update(INBOX).where(mine).values(why=why, tries=tried, **values))

    def replay(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Make parked deliveries due now."""
        parked = INBOX.c.state == PARKED
        which = parked if ids is None else parked & INBOX.c.id.in_(ids)
        return self._c.execute(
            update(INBOX)
            .where(which)
            .values(
                state=WAITING,
                due_at=now,
                attempts=0,
                waits=0,
                failures=0,
                finished_at=None,
                why="Replayed.",
            )
        ).rowcount

    def known(self, connection: str, delivery_ids: Collection[str]) -> set[str]:
        """Which of these deliveries are in the inbox already."""
        return set(
            self._c.execute(
                select(INBOX.c.delivery_id).where(
                    INBOX.c.connection == connection, INBOX.c.delivery_id.in_(delivery_ids)
                )
            ).scalars()
        )

    def tally(self) -> Tally:
        """What became of everything received; the sum is counted apart from its parts."""
        counts = self._c.execute(select(INBOX.c.state, func.count()).group_by(INBOX.c.state))
        by_state: dict[str, int] = dict(counts.all())
        received = self._c.execute(select(func.count()).select_from(INBOX)).scalar_one()
        return Tally(
            received, by_state.get(DONE, 0), by_state.get(WAITING, 0), by_state.get(PARKED, 0)
        )

    def lines(
        self, page: Page, state: str | None, connection: str | None, find: str
    ) -> list[DeliveryLine]:
        """Deliveries, newest first."""
        query = _LINES.order_by(INBOX.c.id.desc()).limit(page.limit)
        if page.before is not None:
            query = query.where(INBOX.c.id < page.before)
        if state is not None:
            query = query.where(INBOX.c.state == state)
        if connection is not None:
            query = query.where(INBOX.c.connection == connection)
        find = clean(find)
        if find:
            query = query.where(
                or_(
                    INBOX.c.ticket == find,
                    INBOX.c.delivery_id == find,
                    cast(INBOX.c.id, String) == find,
                )
            )
        return [_line(row) for row in self._c.execute(query)]

    def newer(self, row: int, limit: int) -> int | None:
        """The id to page before, to see the ``limit`` deliveries newer than ``row``."""
        ids = self._c.execute(
            select(INBOX.c.id).where(INBOX.c.id > row).order_by(INBOX.c.id).limit(limit)
        ).scalars()
        last = max(ids, default=None)
        return None if last is None else last + 1

    def show(self, row: int) -> tuple[DeliveryView, bytes] | None:
        """One delivery, with its raw body."""
        found = self._c.execute(_LINES.where(INBOX.c.id == row)).one_or_none()
        if found is None:
            return None
        tries = (Try(datetime.fromisoformat(at), why, good) for at, why, good in found.tries)
        view = DeliveryView(_line(found), found.delivery_id, tuple(tries), "", hidden=True)
        return view, found.body


def new_row(delivery: Delivery, notice: Notice) -> Json:
    """The values of a new row but for those that are the same in each."""
    return {
        "connection": delivery.connection,
        "delivery_id": notice.delivery_id,
        "kind": notice.kind,
        "ticket": notice.ticket,
        "body": delivery.body,
        "body_hash": sha256(delivery.body).hexdigest(),
        "received_at": delivery.received_at,
        "state": DONE if notice.echo else WAITING,
        "due_at": delivery.received_at,
        "finished_at": delivery.received_at if notice.echo else None,
        "why": notice.why if notice.echo else "",
    }


_LINES = (
    select(INBOX, DECISIONS.c.id.label("decision"))
    .outerjoin(
        TICKETS,
        (TICKETS.c.connection == INBOX.c.connection) & (TICKETS.c.desk_id == INBOX.c.ticket),
    )
    .outerjoin(DECISIONS, (DECISIONS.c.ticket_id == TICKETS.c.id) & (DECISIONS.c.turn == OPENED))
)


def _line(row: Row[Any]) -> DeliveryLine:
    done = row.state == DONE and row.finished_at is not None
    why = row.why
    if row.state == WAITING and why and row.attempts:
        why = f"{why} Next try {row.due_at:%H:%M:%S}."
    if row.repeats:
        why = why or f"came {row.repeats + 1} times, counted once"
    return DeliveryLine(
        id=row.id,
        received_at=row.received_at,
        connection=row.connection,
        kind=row.kind,
        ticket=row.ticket,
        decision_id=row.decision,
        state=row.state,
        took=row.finished_at - row.received_at if done else None,
        why=why,
    )


def _claimable(due: ColumnElement[bool], limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            INBOX.c.id,
            INBOX.c.connection,
            INBOX.c.ticket,
            INBOX.c.kind,
            INBOX.c.attempts,
            INBOX.c.waits,
            INBOX.c.failures,
            INBOX.c.received_at,
        )
        .where(due)
        .order_by(INBOX.c.due_at, INBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
