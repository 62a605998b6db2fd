"""The circuit breakers of customer sources: one row each, shared by all workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from plugin.records.connections import SourceState
from plugin.store.rows import insert_new, table
from plugin.store.schema import SourceStateRow

STATES = table(SourceStateRow)


class SqlSourceStates:
    """States in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def all(self) -> dict[str, SourceState]:
        """The states there are, by source."""
        return {row.name: _state(row) for row in self._c.execute(select(STATES))}

    def get(self, name: str) -> SourceState | None:
        """One state; None if nobody has asked the source yet."""
        row = self._c.execute(select(STATES).where(STATES.c.name == name)).one_or_none()
        return None if row is None else _state(row)

    def hold(self, name: str) -> SourceState:
        """One state, made if it is new, and held until the transaction ends."""
        values = {"name": name, "failures": 0, "last_error": ""}
        self._c.execute(insert_new(self._c, SourceStateRow), values)
        locked = select(STATES).where(STATES.c.name == name).with_for_update()
        return _state(self._c.execute(locked).one())

    def save(self, state: SourceState) -> None:
        """Keep a state that is held."""
        self._c.execute(
            update(STATES)
            .where(STATES.c.name == state.name)
            .values(
                failures=state.failures,
                down_since=state.down_since,
                next_try_at=state.next_try_at,
                answered_at=state.answered_at,
                last_error=state.last_error,
            )
        )

    def take_turn(self, name: str, now: datetime, until: datetime) -> bool:
        """Be the only one who tries a source that is down.

        Of two at once the second sees the row as the first has left it, and finds it taken.
        """
        taken = self._c.execute(
            update(STATES)
            .where(
                STATES.c.name == name,
                STATES.c.down_since.is_not(None),
                STATES.c.next_try_at <= now,
            )
            .values(next_try_at=until)
        )
        return taken.rowcount > 0

    def forget(self, name: str) -> None:
        """Drop the state of a source."""
        self._c.execute(delete(STATES).where(STATES.c.name == name))


def _state(row: Row[*tuple[Any, ...]]) -> SourceState:
    return SourceState(
        name=row.name,
        failures=row.failures,
        down_since=row.down_since,
        next_try_at=row.next_try_at,
        answered_at=row.answered_at,
        last_error=row.last_error,
    )
