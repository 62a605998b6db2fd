"""Tickets into columns, day by day, so that reports on millions of them are quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from plugin.ports import Clock
from plugin.records.work import Store
from routing.outcomes.columns import columns, packed

CHANGES = 5_000
"""Changed tickets that are looked at in one transaction."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """Makes the days whose tickets have changed. Two of them at once do no harm."""

    store: Store
    clock: Clock

    def __call__(self, seconds: float) -> bool:
        """Make stale days for about so long; whether there are more."""
        until = monotonic() + seconds
        self._begin()
        while self._take_changes():
            if monotonic() > until:
                return True
        for day, claim in self._stale().items():
            self._make(day, claim)
            if monotonic() > until:
                return bool(self._stale())
        return False

    def again(self, tell: Callable[[int, int], None]) -> None:
        """Make every day anew; ``tell`` hears how many days of all are done.

        Reports go by the old ones until then.
        """
        with self.store.work() as work:
            work.measured_days.mark_all()
            work.commit()
        while self._take_changes():
            pass
        stale = self._stale()
        for done, (day, claim) in enumerate(stale.items(), 1):
            self._make(day, claim)
            tell(done, len(stale))

    def _begin(self) -> None:
        # Tickets from before there were columns count as seen, so that nothing is written to each.
        with self.store.look() as work:
            empty = work.measured_days.is_empty()
        if empty:
            with self.store.work() as work:
                work.measured_days.mark_all()
                work.commit()

    def _take_changes(self) -> bool:
        with self.store.work() as work:
            some = work.measured_days.take_changes(CHANGES)
            work.commit()
        return some

    def _stale(self) -> dict[int, int]:
        with self.store.look() as work:
            return work.measured_days.stale()

    def _make(self, day: int, claim: int) -> None:
        with self.store.look() as work:
            tickets = work.measured_days.of_day(day)
        made = packed(columns(tickets))
        with self.store.work() as work:
            work.measured_days.put(day, claim, made, len(tickets), self.clock.now())
            work.commit()
