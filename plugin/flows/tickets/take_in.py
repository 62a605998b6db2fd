"""A delivery at the door: proven, understood, kept. Only then is it acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from plugin.json_body import decode_body
from plugin.ports import Delivery, Desks, Jobs, Notice
from plugin.records.inbox import Put


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Keeps what a desk tells us, and wakes a worker."""

    desks: Desks
    keep: Callable[[Delivery, Notice], Put]
    jobs: Jobs

    def __call__(self, delivery: Delivery, path_secret: str | None) -> Put:
        """Keep a delivery; when this returns, it is safe on disk.

        Raises UnknownDesk, NotAuthentic, BadBody or Refused (the body makes no sense), or
        Unavailable (the database cannot take it now).
        """
        self.desks.verify(delivery, path_secret)
        # What was signed is what was sent, so a compressed body is opened only now.
        body = decode_body(delivery.body, delivery.headers.get("content-encoding"))
        delivery = replace(delivery, body=body)
        notice = self.desks.named(delivery.connection).notice(delivery)
        put = self.keep(delivery, notice)
        if put is Put.NEW and not notice.echo:
            self.jobs.ring()
        return put
