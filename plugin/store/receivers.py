"""Receivers of our webhooks, with their secrets encrypted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from plugin.records.receivers import ReceiverRecord, Secret
from plugin.store.rows import insert_new, table
from plugin.store.schema import ReceiverRow
from plugin.store.vault import Vault

RECEIVERS = table(ReceiverRow)


class SqlReceivers:
    """Receivers in one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._c = connection
        self._vault = vault

    def every(self) -> list[ReceiverRecord]:
        """All of them, by name."""
        rows = self._c.execute(select(RECEIVERS).order_by(RECEIVERS.c.name))
        return [self._record(row) for row in rows]

    def get(self, name: str, *, hold: bool = False) -> ReceiverRecord | None:
        """One by name; with ``hold`` nobody else changes it before the transaction ends."""
        query = select(RECEIVERS).where(RECEIVERS.c.name == name)
        row = self._c.execute(query.with_for_update() if hold else query).one_or_none()
        return None if row is None else self._record(row)

    def add(self, record: ReceiverRecord) -> bool:
        """Keep a new one; False if there is one of this name."""
        values = {"name": record.name, "by": record.by, "created_at": record.created_at}
        insert = insert_new(self._c, ReceiverRow)
        return self._c.execute(insert, {**values, **self._values(record)}).rowcount > 0

    def save(self, record: ReceiverRecord) -> None:
        """Change one; its name stays."""
        this = update(RECEIVERS).where(RECEIVERS.c.id == record.id)
        self._c.execute(this.values(**self._values(record)))

    def remove(self, name: str) -> bool:
        """Remove one with all that it was to be told; False if there is none of this name."""
        return self._c.execute(delete(RECEIVERS).where(RECEIVERS.c.name == name)).rowcount > 0

    def relock(self) -> int:
        """Lock every secret with the newest key; returns of how many receivers."""
        rows = self._c.execute(
            select(RECEIVERS.c.id, RECEIVERS.c.secrets).order_by(RECEIVERS.c.id).with_for_update()
        ).all()
        for row in rows:
            locked = self._vault.relock(row.secrets)
            this = update(RECEIVERS).where(RECEIVERS.c.id == row.id)
            self._c.execute(this.values(secrets=locked))
        return len(rows)

    def _values(self, record: ReceiverRecord) -> dict[str, Any]:
        return {
            "url": record.url,
            "secrets": self._vault.lock(_written(record.secrets)),
            "events": sorted(record.events),
            "segments": list(record.segments),
            "enabled": record.enabled,
            "why": record.why,
            "failures": record.failures,
            "failing_since": record.failing_since,
            "rest_until": record.rests,
            "told_at": record.told_at,
            "told": record.told,
        }

    def _record(self, row: Row[Any]) -> ReceiverRecord:
        return ReceiverRecord(
            id=row.id,
            name=row.name,
            url=row.url,
            secrets=read_secrets(self._vault.unlock(row.secrets)),
            events=frozenset(row.events),
            segments=tuple(row.segments),
            enabled=row.enabled,
            why=row.why,
            failures=row.failures,
            failing_since=row.failing_since,
            rests=row.rest_until,
            told_at=row.told_at,
            told=row.told,
            by=row.by,
            created_at=row.created_at,
        )


def _written(secrets: Sequence[Secret]) -> bytes:
    told = [[one.text, None if one.until is None else one.until.isoformat()] for one in secrets]
    return json.dumps(told).encode()


def read_secrets(unlocked: bytes) -> tuple[Secret, ...]:
    """Secrets as they were written, newest first."""
    return tuple(
        Secret(text, None if until is None else datetime.fromisoformat(until))
        for text, until in json.loads(unlocked)
    )
