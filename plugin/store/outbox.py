"""What was promised in a table: taken by one sender at a time, and noted when it is out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, update


class SqlOutbox:
    """A table with ``due_at``, ``tries``, ``ended_at`` and ``why``, in one transaction.

    A row that is taken becomes due again at the end of its hold, so that it comes up by itself if
    its sender dies. ``said`` is the column with what is no longer kept once it is sent.
    """

    def __init__(self, connection: Connection, table: Table, said: str) -> None:
        self._c = connection
        self._table = table
        self._said = said
        self._this = update(table).where(table.c.id == bindparam("this"))

    def is_due(self, now: datetime) -> ColumnElement[bool]:
        """Whether a row is to be sent by now."""
        return self._table.c.ended_at.is_(None) & (self._table.c.due_at <= now)

    def take_row(self, query: Select[Any], until: datetime) -> Row[Any] | None:
        """The first row of a query, ours until then. Of two senders each takes another."""
        row = self._c.execute(
            query.order_by(self._table.c.due_at, self._table.c.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=self._table)
        ).one_or_none()
        if row is not None:
            self._change(row.id, due_at=until, tries=row.tries + 1)
        return row

    def sent(self, key: int, now: datetime) -> None:
        """The other side has it; what it said is no longer kept."""
        self._change(key, ended_at=now, why="", **{self._said: ""})

    def failed(self, key: int, why: str, due: datetime) -> None:
        """It is tried again at ``due``."""
        self._change(key, due_at=due, why=why)

    def _change(self, key: int, **values: object) -> None:
        self._c.execute(self._this, {"this": key, **values})
