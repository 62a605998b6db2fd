"""The workers' loop: take what is due from the inbox, handle it, and say how it ended."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.ports import Busy, Clock, Refused, Unavailable, UnknownDesk
from plugin.records import Claimed, Store

log = logging.getLogger(__name__)

BATCH = 10
"""Deliveries taken at once."""

PAUSE = timedelta(seconds=15)
"""How long a desk that does not answer is left alone; others go on meanwhile."""

LONGEST = 600.0
"""Longest wait between two tries, in seconds."""


@dataclass(frozen=True, slots=True)
class WorkOff:
    """Handles due deliveries until none is left or the time is up."""

    store: Store
    clock: Clock
    handle: Callable[[Claimed], str]
    lease: int
    tries: int
    resting: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, seconds: float) -> bool:
        """Work for at most about ``seconds``; True if something may be left to do."""
        until = self.clock.now() + timedelta(seconds=min(seconds, self.lease / 2))
        while (now := self.clock.now()) < until:
            batch = self._claim(now)
            if not batch:
                return False
            self._work_off(batch, until, now + timedelta(seconds=self.lease))
        return True

    def _work_off(self, batch: list[Claimed], until: datetime, leased: datetime) -> None:
        """Handle what was claimed, and give back what there is no time for, or no desk."""
        back = []
        for claimed in batch:
            now = self.clock.now()
            if now >= until or self._rests(claimed.connection, now):
                back.append(claimed)
            else:
                self._one(claimed)
        # After the lease they may be another worker's already, and are due by themselves if not.
        if back and self.clock.now() < leased:
            self._release(back)

    def _rests(self, connection: str, now: datetime) -> bool:
        return self.resting.get(connection, now) > now

    def _claim(self, now: datetime) -> list[Claimed]:
        resting = [name for name in self.resting if self._rests(name, now)]
        with self.store.work() as work:
            batch = work.inbox.claim(now, self.lease, BATCH, resting)
            work.commit()
        return batch

    def _release(self, batch: list[Claimed]) -> None:
        with self.store.work() as work:
            work.inbox.release([claimed.id for claimed in batch])
            work.commit()

    def _one(self, claimed: Claimed) -> None:
        if claimed.deaths >= self.tries:
            self._park(claimed, f"It ended the worker {claimed.deaths} times.")
            return
        try:
            why = self.handle(claimed)
        except Refused as refused:
            self._park(claimed, refused.reason)
        except UnknownDesk as unknown:
            self._park(claimed, f"{unknown} Connect it again, then replay.")
        except Busy as busy:
            self._wait(claimed, busy)
        except Unavailable as unavailable:
            self.resting[claimed.connection] = self.clock.now() + PAUSE
            self._wait(claimed, unavailable)
        except Exception as error:
            # Anything else is a mistake of ours. It must not end the worker, nor be lost.
            log.exception("delivery %s failed", claimed.id)
            self._fail(claimed, error)
        else:
            with self.store.work() as work:
                work.inbox.finish(claimed.id, self.clock.now(), why)
                work.commit()

    def _wait(self, claimed: Claimed, unavailable: Unavailable) -> None:
        now = self.clock.now()
        seconds = max(unavailable.retry_after or 0.0, _backoff(claimed.waits))
        with self.store.work() as work:
            due = now + timedelta(seconds=seconds)
            work.inbox.wait(claimed.id, now, due, unavailable.reason)
            work.commit()

    def _fail(self, claimed: Claimed, error: Exception) -> None:
        # The type alone: a message may quote what a customer wrote.
        why = f"Deskroute failed with {type(error).__name__}; the log says where."
        if claimed.failures + 1 >= self.tries:
            self._park(claimed, why)
            return
        now = self.clock.now()
        with self.store.work() as work:
            due = now + timedelta(seconds=_backoff(claimed.failures))
            work.inbox.fail(claimed.id, now, due, why)
            work.commit()

    def _park(self, claimed: Claimed, why: str) -> None:
        log.warning("delivery %s parked: %s", claimed.id, why)
        with self.store.work() as work:
            work.inbox.park(claimed.id, self.clock.now(), why)
            work.commit()


def _backoff(times: int) -> float:
    """2, 4, 8 … seconds, up to ten minutes, with jitter so that a crowd does not come at once."""
    longest = min(LONGEST, 2.0 ** min(times + 1, 30))
    return longest * random.uniform(0.5, 1.0)  # ruff: ignore[suspicious-non-cryptographic-random-usage] — it spreads load, it guards nothing
