"""The one write at the door: each delivery in its own transaction, or neighbours in a shared one.

Nearly all deliveries are new; those are kept by one statement. The rest take their time.

A commit waits for the disk. Where transactions run side by side, as in PostgreSQL, they wait side
by side too. SQLite has one writer at a time: there, while one delivery is committed the next ones
gather, and the first of them to get its turn commits them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from plugin.ports import Delivery, Notice, Unavailable
from plugin.records.inbox import Arrivals, Put
from plugin.records.work import Store


@dataclass(slots=True, eq=False)
class _Waiting:
    """A delivery whose thread waits. ``tried`` tells that it was part of a transaction."""

    delivery: Delivery
    notice: Notice
    tried: bool = False
    put: Put | None = None
    unavailable: Unavailable | None = None


@dataclass(frozen=True, slots=True)
class KeepAlone:
    """Puts each delivery into the inbox by itself."""

    store: Store
    arrivals: Arrivals

    def __call__(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery; when this returns, it is committed. Raises Unavailable."""
        if self.arrivals([(delivery, notice)]):
            return Put.NEW
        with self.store.work() as work:
            put = work.inbox.put(delivery, notice)
            work.commit()
        return put


@dataclass(frozen=True, slots=True)
class KeepTogether:
    """Puts deliveries that come at the same time into the inbox in one transaction.

    Threads share it, and each waits until its own delivery is safe.
    """

    store: Store
    arrivals: Arrivals
    _turn: Lock = field(default_factory=Lock)
    _adding: Lock = field(default_factory=Lock)
    _waiting: list[_Waiting] = field(default_factory=list)

    def __call__(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery; when this returns, it is committed. Raises Unavailable."""
        mine = _Waiting(delivery, notice)
        with self._adding:
            self._waiting.append(mine)
        with self._turn:
            if not mine.tried:
                self._keep(self._gathered())
        if mine.unavailable is not None:
            raise Unavailable(mine.unavailable.reason, mine.unavailable.retry_after)
        if mine.put is None:
            # One of those with it could not be kept. Alone, each succeeds or fails for itself.
            (mine.put,) = self._commit([mine])
        return mine.put

    def _gathered(self) -> list[_Waiting]:
        with self._adding:
            gathered = self._waiting.copy()
            self._waiting.clear()
        # In one order everywhere: two processes that keep the same deliveries never deadlock.
        return sorted(gathered, key=lambda one: (one.delivery.connection, one.notice.delivery_id))

    def _keep(self, gathered: list[_Waiting]) -> None:
        for one in gathered:
            one.tried = True
        try:
            puts = self._commit(gathered)
        except Unavailable as error:
            for one in gathered:
                one.unavailable = error
        except Exception:
            if len(gathered) == 1:
                raise
        else:
            for one, put in zip(gathered, puts, strict=True):
                one.put = put

    def _commit(self, gathered: list[_Waiting]) -> list[Put]:
        if self.arrivals([(one.delivery, one.notice) for one in gathered]):
            return [Put.NEW] * len(gathered)
        with self.store.work() as work:
            puts = [work.inbox.put(one.delivery, one.notice) for one in gathered]
            work.commit()
        return puts
