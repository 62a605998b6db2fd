"""What receivers know of segments' members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from plugin.records.receivers import PushRecord, Who
from plugin.store.rows import table, upsert
from plugin.store.schema import CustomerRow, PushRow

CUSTOMERS = table(CustomerRow)
PUSHES = table(PushRow)

AT_ONCE = 500
"""Customers that one statement names."""


class SqlPushes:
    """What was pushed, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def get(self, receiver: int, segment: str) -> PushRecord | None:
        """What a receiver was told of one segment; None before the first time."""
        row = self._c.execute(
            select(PUSHES.c.members, PUSHES.c.count, PUSHES.c.number).where(
                PUSHES.c.receiver_id == receiver, PUSHES.c.segment == segment
            )
        ).one_or_none()
        return None if row is None else PushRecord(*row)

    def segments(self, receiver: int) -> list[str]:
        """The segments of which a receiver was told anything."""
        mine = select(PUSHES.c.segment).where(PUSHES.c.receiver_id == receiver)
        return list(self._c.execute(mine.order_by(PUSHES.c.segment)).scalars())

    def save(self, receiver: int, segment: str, push: PushRecord, now: datetime) -> None:
        """Keep what it has been told by now."""
        values = {
            "members": push.members,
            "count": push.count,
            "number": push.number,
            "pushed_at": now,
        }
        self._c.execute(
            upsert(self._c, PushRow)
            .values(receiver_id=receiver, segment=segment, **values)
            .on_conflict_do_update(index_elements=["receiver_id", "segment"], set_=values)
        )

    def start_over(self, receiver: int, segment: str | None = None) -> None:
        """Take it that it knows nobody, of one segment or any; the numbers of messages go on."""
        mine = update(PUSHES).where(PUSHES.c.receiver_id == receiver)
        if segment is not None:
            mine = mine.where(PUSHES.c.segment == segment)
        self._c.execute(mine.values(members=b"", count=0))

    def whos(self, rows: Sequence[int]) -> dict[int, Who]:
        """Those of these customers that are still there, by our number."""
        found: dict[int, Who] = {}
        columns = select(CUSTOMERS.c.id, CUSTOMERS.c.external_id, CUSTOMERS.c.email)
        for first in range(0, len(rows), AT_ONCE):
            some = columns.where(CUSTOMERS.c.id.in_(rows[first : first + AT_ONCE]))
            found.update((row.id, Who(*row)) for row in self._c.execute(some))
        return found
