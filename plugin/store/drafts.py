"""Drafts of playbooks, and settings of the house."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from plugin.records.drafts import DraftRecord
from plugin.store.rows import table, upsert
from plugin.store.schema import DraftRow, HouseRow
from plugin.views.playbook import DraftState

DRAFTS = table(DraftRow)
HOUSE = table(HouseRow)


class SqlDrafts:
    """Drafts in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def keep(self, draft: DraftRecord) -> int:
        """Keep a new draft (its id is 0), or one that is there; the answer is its id."""
        values = {**asdict(draft), "renames": dict(draft.renames), "state": draft.state.value}
        del values["id"]
        if draft.id:
            self._c.execute(update(DRAFTS).where(DRAFTS.c.id == draft.id).values(**values))
            return draft.id
        made = insert(DRAFTS).values(**values).returning(DRAFTS.c.id)
        return int(self._c.execute(made).scalar_one())

    def get(self, draft: int, *, hold: bool = False) -> DraftRecord | None:
        """One draft; with ``hold`` nobody else changes it before the transaction ends."""
        query = select(DRAFTS).where(DRAFTS.c.id == draft)
        row = self._c.execute(query.with_for_update() if hold else query).one_or_none()
        return None if row is None else _draft(row)

    def every(self) -> list[DraftRecord]:
        """All of them, the newest first."""
        rows = self._c.execute(select(DRAFTS).order_by(DRAFTS.c.at.desc(), DRAFTS.c.id.desc()))
        return [_draft(row) for row in rows]

    def asked(self, person: str) -> int:
        """How many drafts of others than this person wait for an approval."""
        waits = (DRAFTS.c.state == DraftState.ASKED.value) & (DRAFTS.c.by != person)
        return self._c.execute(select(func.count()).where(waits)).scalar_one()

    def remove(self, draft: int) -> None:
        """Remove one. One that is gone is no error."""
        self._c.execute(delete(DRAFTS).where(DRAFTS.c.id == draft))


class SqlHouse:
    """Settings in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def get(self, name: str) -> str | None:
        """A setting; None where it was never set."""
        query = select(HOUSE.c.value).where(HOUSE.c.name == name)
        return self._c.execute(query).scalar_one_or_none()

    def set(self, name: str, value: str) -> None:
        """Set it."""
        self._c.execute(
            upsert(self._c, HouseRow)
            .values(name=name, value=value)
            .on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )


def _draft(row: Row[*tuple[Any, ...]]) -> DraftRecord:
    return DraftRecord(
        id=row.id,
        by=row.by,
        called=row.called,
        at=row.at,
        based_on=row.based_on,
        note=row.note,
        text=row.text,
        renames=row.renames,
        state=DraftState(row.state),
        judge=row.judge,
        reason=row.reason,
    )
