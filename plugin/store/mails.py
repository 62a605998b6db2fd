"""Mails to be sent, with what became of them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from plugin.ports import Mail
from plugin.records.outbox import Due
from plugin.store.outbox import SqlOutbox
from plugin.store.rows import insert_new, table
from plugin.store.schema import MailRow, clean

MAILS = table(MailRow)

MOST_PICTURES = 2_000_000
"""Most bytes of all pictures of one mail together."""

_GONE: dict[str, object] = {"text": "", "html": None, "headers": {}, "parts": {}}
"""What is no longer kept of a mail that has ended."""


class SqlMails(SqlOutbox):
    """Mails in one transaction."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, MAILS, "text")

    def put(self, mails: Sequence[Mail], now: datetime) -> None:
        """Keep mails to be sent; one whose key is there already is not sent again.

        Raises ValueError where the pictures of one are too much.
        """
        statement = insert_new(self._c, MailRow)
        for mail in mails:
            if sum(map(len, mail.pictures.values())) > MOST_PICTURES:
                raise ValueError(f"the pictures of a mail have {MOST_PICTURES:,} bytes at most")
            values = {
                "key": mail.key,
                "to": clean(mail.to),
                "subject": clean(mail.subject),
                "text": clean(mail.text),
                "html": clean(mail.html) if mail.html else None,
                "headers": dict(mail.headers),
                "parts": {cid: b64encode(one).decode() for cid, one in mail.pictures.items()},
                "created_at": now,
                "due_at": now,
                "tries": 0,
                "why": "",
            }
            self._c.execute(statement, values)

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these keys have a mail already."""
        found = self._c.execute(select(MAILS.c.key).where(MAILS.c.key.in_(keys)))
        return set(found.scalars())

    def take(self, now: datetime, until: datetime) -> Due[Mail] | None:
        """The next that is due, ours until then; None if there is none."""
        row = self.take_row(select(MAILS).where(self.is_due(now)), until)
        if row is None:
            return None
        pictures = {cid: b64decode(text) for cid, text in row.parts.items()}
        mail = Mail(row.key, row.to, row.subject, row.text, row.html, row.headers, pictures)
        return Due(row.id, mail, row.created_at, row.tries + 1)

    def sent(self, key: int, now: datetime) -> None:
        """A server has taken it; what it said is no longer kept."""
        super().sent(key, now)
        self._change(key, **_GONE)

    def given_up(self, key: int, why: str, now: datetime) -> None:
        """It is not sent any more, and not kept."""
        self._change(key, ended_at=now, why=why, **_GONE)
