"""Mails to be sent, with what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, select, update

from plugin.ports import Mail
from plugin.store.rows import insert_new, table
from plugin.store.schema import MailRow, clean

MAILS = table(MailRow)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

_EMPTY: Mapping[str, object] = MappingProxyType({"text": "", "html": None, "headers": {}})
"""What a mail says once it need not be said any more."""

_THIS = update(MAILS).where(MAILS.c.id == bindparam("this"))


class SqlMails:
    """Mails in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def put(self, mails: Sequence[Mail], now: datetime) -> None:
        """Keep mails to be sent; one whose key is there already is not sent again."""
        statement = insert_new(self._c, MailRow)
        for mail in mails:
            values = {
                "key": mail.key,
                "to": clean(mail.to),
                "subject": clean(mail.subject),
                "text": clean(mail.text),
                "html": clean(mail.html) or None,
                "headers": dict(mail.headers),
                "created_at": now,
                "due_at": now,
                "tries": 0,
                "why": "",
            }
            self._c.execute(statement, values)

    def take(self, now: datetime, until: datetime, limit: int) -> list[tuple[int, Mail, datetime]]:
        """What is due, ours until then: its id, the mail, and since when it is there."""
        rows = self._c.execute(
            select(MAILS)
            .where(MAILS.c.ended_at.is_(None), MAILS.c.due_at <= now)
            .order_by(MAILS.c.due_at, MAILS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            values = {"this": row.id, "due_at": until, "tries": row.tries + 1}
            self._c.execute(_THIS, values)
        return [
            (
                row.id,
                Mail(row.key, row.to, row.subject, row.text, row.html or "", row.headers),
                row.created_at,
            )
            for row in rows
        ]

    def sent(self, mail: int, now: datetime) -> None:
        """A server has taken it; what it said is no longer kept."""
        self._c.execute(_THIS, {"this": mail, "ended_at": now, "why": "", **_EMPTY})

    def failed(self, mail: int, why: str, now: datetime) -> None:
        """No server took it; it is tried again after a pause that doubles up to an hour."""
        tries = self._c.execute(select(MAILS.c.tries).where(MAILS.c.id == mail)).scalar_one()
        pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
        self._c.execute(_THIS, {"this": mail, "due_at": now + pause, "why": why})

    def given_up(self, mail: int, why: str, now: datetime) -> None:
        """It is not sent any more."""
        self._c.execute(_THIS, {"this": mail, "ended_at": now, "why": why, **_EMPTY})
