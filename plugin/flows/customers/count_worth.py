"""What the customers of each segment are worth, added up anew and kept as a report.

It reads every customer, so commands run it, in a process of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plugin.flows.customers.trusted import trusted
from plugin.ports import Clock, Refused
from plugin.records.customers import TrustedSource
from plugin.records.work import Store, Work
from routing.worth.report import WorthReport

FRESH = timedelta(hours=1)
"""A report this old is made again."""

AT_LEAST = timedelta(minutes=10)
"""While customers change all the time, no report is made again before it is this old."""

Tell = Callable[[int, int], None]


class AddUp(Protocol):
    """Adds up what customers are worth, by the segments of a playbook's text."""

    def __call__(
        self,
        text: str,
        version: int,
        sources: Sequence[TrustedSource],
        now: datetime,
        tell: Tell,
    ) -> WorthReport:
        """The report; ``tell`` hears how many blocks of all are done."""
        ...


def worth_is_due(store: Store, clock: Clock) -> bool:
    """Whether the newest report is old, or about another playbook or other customers."""
    with store.look() as work:
        live = work.playbooks.live()
        made = work.worth_reports.made()
        if live is None:
            return False
        if made is None or made[1] != live.version:
            return True
        age = clock.now() - made[0]
        if age < AT_LEAST or age >= FRESH:
            return age >= FRESH
        # Last, since it walks through all customers.
        newest = max((at for _, at in work.customers.counts().values()), default=made[0])
        return newest > made[0] or _rows(work) != made[2]


@dataclass(frozen=True, slots=True)
class CountWorth:
    """Makes a report on the customers of the live playbook's segments, and keeps it."""

    store: Store
    clock: Clock
    add_up: AddUp

    def __call__(self, tell: Tell) -> WorthReport:
        """Add up now. Raises Refused while no playbook is published."""
        now = self.clock.now()
        with self.store.look() as work:
            live = work.playbooks.live()
            text = None if live is None else work.playbooks.text(live.version)
            sources = [trusted(record) for record in work.connections.sources()]
            rows = _rows(work)
        if live is None or text is None:
            raise Refused("No playbook is published yet. Publish one first.")
        report = self.add_up(text, live.version, sources, now, tell)
        with self.store.work() as work:
            work.worth_reports.keep(report, rows)
            work.commit()
        return report


def _rows(work: Work) -> int:
    return sum(count for count, _ in work.customers.counts().values())
