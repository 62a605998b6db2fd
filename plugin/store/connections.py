"""Desks and customer sources, with their secrets encrypted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from plugin.records.connections import ConnectionRecord, SourceRecord
from plugin.store.rows import table, upsert
from plugin.store.schema import ConnectionRow, SourceRow
from plugin.store.vault import Vault

CONNECTIONS = table(ConnectionRow)
SOURCES = table(SourceRow)


class SqlConnections:
    """Desks and sources in one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._c = connection
        self._vault = vault

    def desks(self) -> list[ConnectionRecord]:
        """Every desk connection."""
        rows = self._c.execute(select(CONNECTIONS).order_by(CONNECTIONS.c.name))
        return [self._desk(row) for row in rows]

    def desk(self, name: str) -> ConnectionRecord | None:
        """A desk connection by name."""
        row = self._c.execute(select(CONNECTIONS).where(CONNECTIONS.c.name == name)).one_or_none()
        return None if row is None else self._desk(row)

    def save_desk(self, record: ConnectionRecord, now: datetime) -> None:
        """Make or change a desk connection."""
        values = {
            "kind": record.kind,
            "scheme": record.scheme,
            "settings": dict(record.settings),
            "secrets": self._lock(record.secrets),
            "sample": record.sample,
        }
        self._c.execute(
            upsert(self._c, ConnectionRow)
            .values(name=record.name, created_at=now, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )

    def remove_desk(self, name: str) -> bool:
        """Remove a desk connection, not its tickets; False if there is none of this name."""
        gone = self._c.execute(delete(CONNECTIONS).where(CONNECTIONS.c.name == name))
        return gone.rowcount > 0

    def sources(self) -> list[SourceRecord]:
        """Every customer source, the most trusted first."""
        rows = self._c.execute(select(SOURCES).order_by(SOURCES.c.place, SOURCES.c.name))
        return [
            SourceRecord(row.name, row.kind, row.settings, self._unlock(row.secrets), row.place)
            for row in rows
        ]

    def save_source(self, record: SourceRecord, now: datetime) -> None:
        """Make or change a customer source."""
        values = {
            "kind": record.kind,
            "settings": dict(record.settings),
            "secrets": self._lock(record.secrets),
            "place": record.place,
        }
        self._c.execute(
            upsert(self._c, SourceRow)
            .values(name=record.name, created_at=now, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )

    def remove_source(self, name: str) -> bool:
        """Remove a customer source; False if there is none of this name."""
        return self._c.execute(delete(SOURCES).where(SOURCES.c.name == name)).rowcount > 0

    def relock(self) -> int:
        """Lock every secret with the newest key; all of them or, on an error, none."""
        count = 0
        for kept in (CONNECTIONS, SOURCES):
            query = select(kept.c.name, kept.c.secrets).order_by(kept.c.name).with_for_update()
            for row in self._c.execute(query).all():
                locked = self._vault.relock(row.secrets)
                self._c.execute(update(kept).where(kept.c.name == row.name).values(secrets=locked))
                count += 1
        return count

    def _desk(self, row: Row[*tuple[Any, ...]]) -> ConnectionRecord:
        secrets = self._unlock(row.secrets)
        return ConnectionRecord(row.name, row.kind, row.scheme, row.settings, secrets, row.sample)

    def _lock(self, secrets: Mapping[str, str]) -> bytes:
        return self._vault.lock(json.dumps(dict(secrets)).encode())

    def _unlock(self, locked: bytes) -> dict[str, str]:
        secrets: dict[str, str] = json.loads(self._vault.unlock(locked))
        return secrets
