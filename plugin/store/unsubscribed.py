"""Customers who do not want to be asked: nothing is kept of them but a keyed hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from plugin.store.rows import mail, table, upsert
from plugin.store.schema import UnsubscribedRow
from plugin.store.vault import Vault

UNSUBSCRIBED = table(UnsubscribedRow)


class SqlUnsubscribed:
    """Who does not want to be asked, in one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._c = connection
        self._vault = vault

    def mark(self, email: str) -> str:
        """By what a customer's wish not to be asked is known, without their address."""
        return self._vault.marks(mail(email))[0]

    def since(self, email: str) -> datetime | None:
        """Since when a customer does not want to be asked; None if they may be."""
        at = func.min(UNSUBSCRIBED.c.at, type_=UNSUBSCRIBED.c.at.type)
        marks = self._vault.marks(mail(email))
        theirs = select(at).where(UNSUBSCRIBED.c.email_hash.in_(marks))
        since: datetime | None = self._c.execute(theirs).scalar_one()
        return since

    def has_left(self, mark: str) -> bool:
        """Whether the customer with this mark does not want to be asked."""
        theirs = select(UNSUBSCRIBED.c.at).where(UNSUBSCRIBED.c.email_hash == mark)
        return self._c.execute(theirs).first() is not None

    def leave(self, mark: str, now: datetime) -> None:
        """Ask the customer with this mark no more."""
        self._c.execute(
            upsert(self._c, UnsubscribedRow)
            .values(email_hash=mark, at=now)
            .on_conflict_do_nothing()
        )

    def come_back(self, mark: str) -> None:
        """Let the customer with this mark be asked again."""
        self._c.execute(delete(UNSUBSCRIBED).where(UNSUBSCRIBED.c.email_hash == mark))
