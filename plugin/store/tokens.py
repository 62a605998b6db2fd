"""The tokens by which programs prove themselves; only their hashes are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from plugin.records.tokens import TokenRecord
from plugin.store.rows import insert_new, table
from plugin.store.schema import ApiTokenRow
from plugin.views.programs import Scope

TOKENS = table(ApiTokenRow)


class SqlTokens:
    """Tokens in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def add(self, record: TokenRecord, token_hash: str) -> bool:
        """Keep a new one; False if there is one of this name."""
        values = {
            "name": record.name,
            "token_hash": token_hash,
            "scopes": sorted(record.scopes),
            "by": record.by,
            "created_at": record.created_at,
            "expires_at": record.expires_at,
        }
        return self._c.execute(insert_new(self._c, ApiTokenRow), values).rowcount > 0

    def by_hash(self, token_hash: str) -> TokenRecord | None:
        """The one with this hash."""
        query = select(TOKENS).where(TOKENS.c.token_hash == token_hash)
        row = self._c.execute(query).one_or_none()
        return None if row is None else _record(row)

    def used(self, token: int, now: datetime) -> None:
        """Somebody has come by it."""
        self._c.execute(update(TOKENS).where(TOKENS.c.id == token).values(used_at=now))

    def every(self) -> list[TokenRecord]:
        """All of them, by name."""
        return [_record(row) for row in self._c.execute(select(TOKENS).order_by(TOKENS.c.name))]

    def remove(self, name: str) -> bool:
        """Remove one; False if there is none of this name."""
        return self._c.execute(delete(TOKENS).where(TOKENS.c.name == name)).rowcount > 0


def _record(row: Row[Any]) -> TokenRecord:
    # A scope that is gone with a newer version of ours lets nobody in anywhere.
    known = frozenset(Scope(one) for one in row.scopes if one in set(Scope))
    return TokenRecord(
        id=row.id,
        name=row.name,
        scopes=known,
        by=row.by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
