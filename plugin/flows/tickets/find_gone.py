"""Open tickets of which nothing was heard for long: looked at, since they may be gone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from plugin.ports import Clock, Delivery, Jobs, Notice
from plugin.records.work import Store

LOOK = "look"
"""The kind of a delivery that we send ourselves, so that a ticket is looked at."""

UNSEEN = timedelta(days=1)
"""After so long without a reading a ticket is looked at."""

MOST = 500
"""Tickets looked at for one time."""


@dataclass(frozen=True, slots=True)
class FindGone:
    """Puts tickets that nobody has read for a day through the same door as all others.

    No desk tells that a ticket was deleted, and not every one that it was merged; until somebody
    looks, its agent seems to have work. One that is still there is left alone for another day.
    """

    store: Store
    jobs: Jobs
    clock: Clock

    def __call__(self) -> int:
        """Look; returns how many deliveries were put."""
        now = self.clock.now()
        with self.store.work() as work:
            put = 0
            for one in work.turns.unseen(now - UNSEEN, MOST):
                key = f"{LOOK}:{one.ref.id}:{one.since:%Y-%m-%dT%H:%M:%S}"
                if work.inbox.known(one.ref.connection, [key]):
                    continue
                body = json.dumps({"ticket": one.ref.id}).encode()
                delivery = Delivery(one.ref.connection, body, {}, now)
                work.inbox.put(delivery, Notice(key, LOOK, one.ref.id))
                put += 1
            work.commit()
        if put:
            self.jobs.ring()
        return put
