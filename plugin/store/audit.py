"""The audit log: lines in a chain, written when their transaction is kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from plugin.chain import FIRST, Link, hash_of, words_of
from plugin.records.audit import ChainHead
from plugin.records.page import Page
from plugin.store.rows import insert_new, table
from plugin.store.schema import AuditHeadRow, AuditRow, clean

AUDIT = table(AuditRow)
HEAD = table(AuditHeadRow)

OURSELVES = "Deskroute"
"""Who does what nobody has asked for."""

_ONLY = 1
"""The id of the one row that holds the head of the chain, and is its lock."""


@dataclass(frozen=True, slots=True)
class _Line:
    by: str
    did: str
    at: datetime
    masks: Mapping[str, str] = field(default_factory=dict)


class SqlAudit:
    """The audit log in one transaction.

    What is noted is written at its end, so that whoever holds the chain waits for nobody.
    """

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._lines: list[_Line] = []
        self._masks: list[tuple[int, Callable[[str], str], datetime]] = []

    def note(self, by: str, did: str, now: datetime) -> None:
        """Keep one line."""
        self._lines.append(_Line(clean(by), clean(did), now))

    def mask(self, line: int, rewrite: Callable[[str], str], now: datetime) -> None:
        """Take a forgotten person out of a line's words; the chain says that it was done."""
        self._masks.append((line, rewrite, now))

    def flush(self) -> None:
        """Write what was noted; nothing else may be written in this transaction after it."""
        if not self._lines and not self._masks:
            return
        count, last = self._hold()
        for line in (*self._lines, *self._rewritten()):
            last = self._append(line, last)
            count += 1
        self._c.execute(update(HEAD).where(HEAD.c.id == _ONLY).values(lines=count, hash=last))
        self._lines, self._masks = [], []

    def lines(self, page: Page, find: str) -> list[Link]:
        """Lines with this text in them, newest first."""
        query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(page.limit)
        if page.before is not None:
            query = query.where(AUDIT.c.id < page.before)
        if find := clean(find).lower():
            parts = (func.lower(column) for column in (AUDIT.c.by, AUDIT.c.did))
            query = query.where(or_(*(one.contains(find, autoescape=True) for one in parts)))
        return [_link(row) for row in self._c.execute(query)]

    def links(self, after: int, limit: int) -> list[Link]:
        """Lines behind this one, oldest first."""
        query = select(AUDIT).where(AUDIT.c.id > after).order_by(AUDIT.c.id).limit(limit)
        return [_link(row) for row in self._c.execute(query)]

    def head(self) -> ChainHead:
        """How many lines were written, and the hash of the last."""
        row = self._c.execute(select(HEAD)).one_or_none()
        return ChainHead(0, FIRST) if row is None else ChainHead(row.lines, row.hash)

    def _hold(self) -> tuple[int, str]:
        """The head of the chain, which is ours until the transaction ends."""
        query = select(HEAD).where(HEAD.c.id == _ONLY).with_for_update()
        row = self._c.execute(query).one_or_none()
        if row is None:
            # Whoever makes it first holds it; the other finds it made.
            made = {"id": _ONLY, "lines": 0, "hash": FIRST}
            self._c.execute(insert_new(self._c, AuditHeadRow), [made])
            row = self._c.execute(query).one()
        return row.lines, row.hash

    def _rewritten(self) -> list[_Line]:
        masks: dict[str, str] = {}
        for line, rewrite, _ in self._masks:
            row = self._c.execute(select(AUDIT).where(AUDIT.c.id == line)).one()
            did = clean(rewrite(row.did))
            if did != row.did:
                this = update(AUDIT).where(AUDIT.c.id == line)
                self._c.execute(this.values(did=did, salt=""))
                masks[row.hash] = words_of("", did)
        if not masks:
            return []
        what = "1 line" if len(masks) == 1 else f"{len(masks)} lines"
        did = f"took who was forgotten out of {what} of this log"
        return [_Line(OURSELVES, did, self._masks[-1][2], masks)]

    def _append(self, line: _Line, last: str) -> str:
        salt = secrets.token_hex(16)
        words = words_of(salt, line.did)
        made = hash_of(last, line.at, line.by, words, line.masks)
        self._c.execute(
            insert(AUDIT).values(
                at=line.at,
                by=line.by,
                did=line.did,
                salt=salt,
                words=words,
                previous=last,
                hash=made,
                masks=dict(line.masks),
            )
        )
        return made


def _link(row: Row[*tuple[Any, ...]]) -> Link:
    return Link(
        id=row.id,
        at=row.at,
        by=row.by,
        did=row.did,
        salt=row.salt,
        words=row.words,
        previous=row.previous,
        hash=row.hash,
        masks=row.masks,
    )
