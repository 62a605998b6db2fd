"""News that a desk never sent: looked for at intervals, and put through the same door."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from plugin.ports import Clock, Delivery, Desks, Heard, Jobs, Notice, Refused, Unavailable
from plugin.records.work import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Poll:
    """Asks every desk what has changed, and keeps what is not known yet."""

    desks: Desks
    store: Store
    jobs: Jobs
    clock: Clock

    def __call__(self) -> int:
        """Look at every desk; returns how much was news. A desk that is down is passed over."""
        news = 0
        for name in self.desks.names():
            try:
                heard = list(self.desks.named(name).recent())
            except (Unavailable, Refused) as silent:
                log.warning("polling %s: %s", name, silent.reason)
                continue
            except Exception:
                # A mistake of ours over one desk must not keep the others from being asked.
                log.exception("polling %s failed", name)
                continue
            news += self._keep(name, heard)
        if news:
            self.jobs.ring()
        return news

    def _keep(self, connection: str, heard: list[Heard]) -> int:
        by_key = {f"poll:{one.ticket}:{one.mark}": one for one in heard}
        with self.store.look() as work:
            marks = work.tickets.marks(connection, [one.ticket for one in heard])
            seen = {key for key, one in by_key.items() if marks.get(one.ticket) == one.mark}
            known = seen | work.inbox.known(connection, by_key.keys() - seen)
        new = {key: one for key, one in by_key.items() if key not in known}
        if new:
            with self.store.work() as work:
                for key, one in new.items():
                    body = json.dumps({"ticket": one.ticket, "mark": one.mark}).encode()
                    delivery = Delivery(connection, body, {}, self.clock.now())
                    work.inbox.put(delivery, Notice(key, "poll", one.ticket))
                work.commit()
        return len(new)
