"""Ratings that a desk asked for itself, kept with the tickets they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from plugin.flows.tickets.find_turns import put_rated
from plugin.ports import Busy, Clock, Desks, Refused
from plugin.records.inbox import Claimed
from plugin.records.work import Store

PATIENCE = timedelta(hours=1)
"""How long a rating waits for its ticket to be known before a person has to look."""

AHEAD = timedelta(minutes=5)
"""How much a desk's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class TakeRatings:
    """Keeps what customers answered to their desk. Repeats and any order come to the same."""

    store: Store
    desks: Desks
    clock: Clock

    def __call__(self, delivery: Claimed) -> str:
        """Keep the rating that a delivery tells of; returns what was done, in words.

        Raises Busy while its ticket is not known yet, and Refused if it never will be.
        """
        with self.store.look() as work:
            found = work.inbox.show(delivery.id)
        rating = self.desks.rating(delivery.connection, b"" if found is None else found[1])
        latest = delivery.received_at + AHEAD
        at = delivery.received_at if rating.at is None else min(rating.at, latest)
        now = self.clock.now()
        with self.store.work() as work:
            stored = work.tickets.find(delivery.connection, rating.ticket)
            if stored is None:
                self._unknown(delivery, rating.ticket)
            kept = work.surveys.rated(stored, rating, at, now)
            if kept and stored.decision is not None:
                key = f"desk:{stored.id}:{rating.key}:{at.isoformat()}"
                put_rated(work, key, stored.ticket.ref, now)
            work.commit()
        return f"rated {rating.score} of 5" if kept else "a rating that is known, or an older one"

    def _unknown(self, delivery: Claimed, ticket: str) -> NoReturn:
        told = f"Ticket {ticket} of {delivery.connection} is not known"
        if self.clock.now() - delivery.received_at < PATIENCE:
            raise Busy(f"{told} yet; its rating waits for it.")
        raise Refused(f"{told}: it was never read or imported. Import it, then replay.")
