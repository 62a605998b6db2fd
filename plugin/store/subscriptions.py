"""Who wants which mails of ours, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from plugin.store.rows import mail, table, upsert
from plugin.store.schema import SubscriptionRow
from plugin.views.mails import MailKind, Subscription

SUBSCRIPTIONS = table(SubscriptionRow)


class SqlSubscriptions:
    """Subscriptions in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def save(self, wanted: Subscription, now: datetime) -> None:
        """Keep what somebody wants in the place of what they wanted before."""
        values = {
            "weekday": wanted.weekday,
            "hour": wanted.hour,
            "zone": wanted.zone,
            "segments": list(wanted.segments),
            "created_at": now,
        }
        self._c.execute(
            upsert(self._c, SubscriptionRow)
            .values(email=mail(wanted.email), kind=wanted.kind.value, **values)
            .on_conflict_do_update(index_elements=["email", "kind"], set_=values)
        )

    def get(self, subscription: int) -> Subscription | None:
        """One by its id."""
        query = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription)
        row = self._c.execute(query).one_or_none()
        return None if row is None else _subscription(row)

    def of(self, email: str) -> list[Subscription]:
        """Those of one address."""
        mine = SUBSCRIPTIONS.c.email == mail(email)
        return [_subscription(row) for row in self._c.execute(select(SUBSCRIPTIONS).where(mine))]

    def every(self, kind: MailKind) -> list[Subscription]:
        """All of one kind, in the order of their making."""
        query = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.kind == kind.value)
        return [_subscription(row) for row in self._c.execute(query.order_by(SUBSCRIPTIONS.c.id))]

    def stop(self, email: str, kind: MailKind | None = None) -> int:
        """Send an address no mails of this kind, or none at all; returns how many it got."""
        mine = delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.email == mail(email))
        if kind is not None:
            mine = mine.where(SUBSCRIPTIONS.c.kind == kind.value)
        return self._c.execute(mine).rowcount


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        email=row.email,
        kind=MailKind(row.kind),
        weekday=row.weekday,
        hour=row.hour,
        zone=row.zone,
        segments=tuple(row.segments),
        since=row.created_at,
    )
