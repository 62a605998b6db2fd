"""The door's own way into the inbox: new deliveries, straight through the driver.

Nearly every delivery is new, and then one statement is all there is to do. To build, send and
commit it by way of SQLAlchemy took the door's processor longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import starmap

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from plugin.ports import Delivery, Notice
from plugin.store.database import Database
from plugin.store.inbox import INBOX, INSERTS, new_row
from routing.record import Json

_DIALECTS: Mapping[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]
}

_SENT = (
    "connection",
    "delivery_id",
    "kind",
    "ticket",
    "body",
    "body_hash",
    "received_at",
    "state",
    "due_at",
    "finished_at",
    "why",
)
"""The columns of ``new_row``; the others are the same in every new row."""


class Arrivals:
    """Keeps deliveries if all of them are new."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = _DIALECTS[database.engine.dialect.name]
        sent = (INBOX.c[name] for name in _SENT)
        made = ((one.name, one.type.dialect_impl(dialect).bind_processor(dialect)) for one in sent)
        self._forms = [(name, form) for name, form in made if form is not None]
        insert = INSERTS[dialect.name].compile(dialect=dialect, column_keys=_SENT)
        self._insert = str(insert)

    def __call__(self, arrived: Sequence[tuple[Delivery, Notice]]) -> bool:
        """Whether all were new: then they are safe on disk, else none of them is kept.

        Raises Unavailable.
        """
        rows = list(starmap(self._row, arrived))
        if len(rows) == 1:
            with self._database.straight(alone=True) as driver:
                return bool(driver.execute(self._insert, rows[0]).rowcount)
        with self._database.straight() as driver:
            cursor = driver.cursor()
            cursor.executemany(self._insert, rows)
            if cursor.rowcount == len(rows):
                return True
            driver.rollback()
            return False

    def _row(self, delivery: Delivery, notice: Notice) -> Json:
        """The values as the driver wants them."""
        row = new_row(delivery, notice)
        for name, form in self._forms:
            row[name] = form(row[name])
        return row
