"""Messages to receivers, with what became of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from plugin.ports import News, Webhook
from plugin.records.outbox import Due
from plugin.records.page import Page
from plugin.records.receivers import good
from plugin.store.outbox import SqlOutbox
from plugin.store.receivers import RECEIVERS, SqlReceivers, read_secrets
from plugin.store.rows import insert_new, table
from plugin.store.schema import WebhookRow
from plugin.store.vault import Vault
from plugin.views.receivers import WebhookLine

WEBHOOKS = table(WebhookRow)

_WAITS = WEBHOOKS.c.ended_at.is_(None)
_PARKED = WEBHOOKS.c.ended_at.is_not(None) & (func.length(WEBHOOKS.c.body) > 0)


class SqlWebhooks(SqlOutbox):
    """Messages in one transaction. One that is parked is known by the body that it still has."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection, WEBHOOKS, "body")
        self._vault = vault

    def announce(self, news: News, now: datetime, to: Collection[int] | None = None) -> int:
        """Keep the news for every receiver that wants it, or those of these ids; how many new."""
        wanting = [
            one
            for one in SqlReceivers(self._c, self._vault).every()
            if (one.wants(news) if to is None else one.id in to)
        ]
        body = json.dumps(
            {"type": news.type, "timestamp": news.at.isoformat(), "data": news.data},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        insert = insert_new(self._c, WebhookRow)
        return sum(
            self._c.execute(
                insert,
                {
                    "receiver_id": one.id,
                    "event_id": event_id(news),
                    "type": news.type,
                    "body": body,
                    "created_at": now,
                    "due_at": now,
                    "tries": 0,
                    "why": "",
                },
            ).rowcount
            for one in wanting
        )

    def take(self, now: datetime, until: datetime) -> Due[Webhook] | None:
        """The next that is due, ours until then; none of a receiver that rests or is off."""
        awake = or_(RECEIVERS.c.rest_until.is_(None), RECEIVERS.c.rest_until <= now)
        query = (
            select(WEBHOOKS, RECEIVERS.c.name, RECEIVERS.c.url, RECEIVERS.c.secrets)
            .join(RECEIVERS, RECEIVERS.c.id == WEBHOOKS.c.receiver_id)
            .where(self.is_due(now), RECEIVERS.c.enabled, awake)
        )
        row = self.take_row(query, until)
        if row is None:
            return None
        secrets = read_secrets(self._vault.unlock(row.secrets))
        message = Webhook(row.name, row.url, good(secrets, now), row.event_id, row.body.encode())
        return Due(row.id, message, row.created_at, row.tries + 1)

    def given_up(self, key: int, why: str, now: datetime) -> None:
        """It is not tried any more unless somebody replays it."""
        self._change(key, ended_at=now, why=why)

    def park(self, receiver: int, why: str, now: datetime) -> int:
        """Give up all that a receiver was still to be told; returns how many."""
        waiting = update(WEBHOOKS).where(WEBHOOKS.c.receiver_id == receiver, _WAITS)
        return self._c.execute(waiting.values(ended_at=now, why=why)).rowcount

    def replay(self, receiver: int, now: datetime, only: int | None = None) -> int:
        """Try again what a receiver has missed, all or one of it; returns how many."""
        missed = update(WEBHOOKS).where(WEBHOOKS.c.receiver_id == receiver, _PARKED)
        if only is not None:
            missed = missed.where(WEBHOOKS.c.id == only)
        again = missed.values(ended_at=None, due_at=now, tries=0, why="")
        return self._c.execute(again).rowcount

    def lines(self, receiver: int, page: Page) -> list[WebhookLine]:
        """What a receiver was told, newest first."""
        query = select(WEBHOOKS).where(WEBHOOKS.c.receiver_id == receiver)
        if page.before is not None:
            query = query.where(WEBHOOKS.c.id < page.before)
        rows = self._c.execute(query.order_by(WEBHOOKS.c.id.desc()).limit(page.limit))
        return [_line(row) for row in rows]

    def counts(self) -> dict[int, tuple[int, int]]:
        """How many messages wait and how many are parked, by receiver."""
        rows = self._c.execute(
            select(WEBHOOKS.c.receiver_id, _how_many(_WAITS), _how_many(_PARKED))
            .where(_WAITS | _PARKED)
            .group_by(WEBHOOKS.c.receiver_id)
        )
        return {receiver: (waiting, parked) for receiver, waiting, parked in rows}

    def expire(self, before: datetime, limit: int) -> int:
        """Drop what ended before; returns how many there were."""
        old = select(WEBHOOKS.c.id).where(WEBHOOKS.c.ended_at < before).limit(limit)
        return self._c.execute(delete(WEBHOOKS).where(WEBHOOKS.c.id.in_(old))).rowcount


def event_id(news: News) -> str:
    """The name under which the news is told, always the same for the same news."""
    return f"evt_{sha256(f'{news.type} {news.key}'.encode()).hexdigest()[:32]}"


def _how_many(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(which)


def _line(row: Row[Any]) -> WebhookLine:
    ended = "parked" if row.body else "done"
    return WebhookLine(
        id=row.id,
        event=row.event_id,
        type=row.type,
        at=row.created_at,
        state="waiting" if row.ended_at is None else ended,
        tries=row.tries,
        due=row.due_at,
        why=row.why,
    )
