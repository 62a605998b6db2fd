"""The workers' loop: take what is due from the inbox, handle it, and say how it ended."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.ports import Busy, Clock, Refused, Unavailable, UnknownDesk
from plugin.records.inbox import Claimed
from plugin.records.work import Store

log = logging.getLogger(__name__)

BATCH = 25
"""Deliveries taken at once.

More would hardly cost less each, and where one writes at a time the door has to wait while all of
them are decided.
"""

PAUSE = timedelta(seconds=15)
"""How long a desk that does not answer is left alone; others go on meanwhile."""

LONGEST = 600.0
"""Longest wait between two tries, in seconds."""


Ending = str | Exception
"""What came of a delivery in a few words, or what stopped it."""

Handle = Callable[[Sequence[Claimed], datetime], Mapping[int, Ending]]
"""Handles deliveries until about a moment; says how each ended, by its id.

It leaves out those it did not come to. What it raises is the fault of one of them, unknown which.
"""


@dataclass(frozen=True, slots=True)
class WorkOff:
    """Handles due deliveries until none is left or the time is up."""

    store: Store
    clock: Clock
    handle: Handle
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
            ended = self._work_off(batch, until)
            back = [claimed.id for claimed in batch if claimed.id not in ended]
            # After the lease they may be another worker's, and are due by themselves if not.
            if back and self.clock.now() < now + timedelta(seconds=self.lease):
                self._release(back)
        return True

    def _work_off(self, batch: Sequence[Claimed], until: datetime) -> set[int]:
        """Handle deliveries and keep how they ended; returns which did.

        For the others there was no time, or no desk.
        """
        endings: dict[int, Ending] = {
            one.id: Refused(f"It ended the worker {one.deaths} times.")
            for one in batch
            if one.deaths >= self.tries
        }
        others = [one for one in batch if one.id not in endings]
        try:
            endings |= self.handle(others, until) if others else {}
        except Exception as error:  # ruff: ignore[blind-except] — kept with the delivery
            if len(batch) > 1:
                return self._one_by_one(batch, until)
            endings[batch[0].id] = error
        self._keep(batch, endings)
        return set(endings)

    def _one_by_one(self, batch: Sequence[Claimed], until: datetime) -> set[int]:
        """Alone, each succeeds or fails for itself.

        The first always has its turn: else a batch that takes all the time and fails would be
        taken again and again.
        """
        ended: set[int] = set()
        for place, claimed in enumerate(batch):
            now = self.clock.now()
            if place and (now >= until or self._rests(claimed.connection, now)):
                continue
            ended |= self._work_off([claimed], until)
        return ended

    def _claim(self, now: datetime) -> list[Claimed]:
        resting = [name for name in self.resting if self._rests(name, now)]
        with self.store.work() as work:
            batch = work.inbox.claim(now, self.lease, BATCH, resting)
            work.commit()
        return batch

    def _rests(self, connection: str, now: datetime) -> bool:
        return self.resting.get(connection, now) > now

    def _release(self, deliveries: Sequence[int]) -> None:
        with self.store.work() as work:
            work.inbox.release(deliveries)
            work.commit()

    def _keep(self, batch: Sequence[Claimed], endings: Mapping[int, Ending]) -> None:
        done = {row: ending for row, ending in endings.items() if isinstance(ending, str)}
        if done:
            with self.store.work() as work:
                work.inbox.finish(done, self.clock.now())
                work.commit()
        for claimed in batch:
            ending = endings.get(claimed.id)
            if isinstance(ending, Exception):
                self._stopped(claimed, ending)

    def _stopped(self, claimed: Claimed, error: Exception) -> None:
        match error:
            case Refused():
                self._park(claimed, error.reason)
            case UnknownDesk():
                self._park(claimed, f"{error} Connect it again, then replay.")
            case Busy():
                self._wait(claimed, error)
            case Unavailable():
                self.resting[claimed.connection] = self.clock.now() + PAUSE
                self._wait(claimed, error)
            case _:
                # Anything else is a mistake of ours. It must not end the worker, nor be lost.
                log.error("delivery %s failed", claimed.id, exc_info=error)
                self._fail(claimed, error)

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
