"""How large every segment is, worked out anew and kept as a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plugin.flows.customers.trusted import trusted
from plugin.flows.customers.worked_out import WORKED_OUT
from plugin.ports import Clock, Refused
from plugin.records.customers import TrustedSource
from plugin.records.receivers import ReceiverRecord
from plugin.records.work import Store
from routing.population.report import SegmentReport

FRESH = timedelta(hours=1)
"""A report this old is made again: conditions on dates change their answer as time goes by."""

MEMBERS = "segment.members"
"""The news of who joined and who left a segment."""

PUSHED = "segments_pushed"
"""The house's note of the count up to which every receiver was told its members."""

Tell = Callable[[int, int], None]


class Count(Protocol):
    """Counts the segments of a playbook's text over all customers."""

    def __call__(
        self,
        text: str,
        version: int,
        sources: Sequence[TrustedSource],
        now: datetime,
        tell: Tell,
    ) -> SegmentReport:
        """The report; ``tell`` hears how many blocks of all are done."""
        ...


def report_is_due(store: Store, clock: Clock) -> bool:
    """Whether the newest report is old, or about another playbook or other customers."""
    with store.look() as work:
        live = work.playbooks.live()
        latest = work.segments.latest()
        if live is None:
            return False
        if latest is None or latest.playbook != live.version:
            return True
        if clock.now() - latest.made_at >= FRESH:
            return True
        # Last, since it walks through all customers.
        newest = max((at for _, at in work.customers.counts().values()), default=None)
    return newest is not None and newest > latest.made_at


def value_is_due(store: Store) -> bool:
    """Whether customers are known to bring something, and nobody has worked out what yet."""
    with store.look() as work:
        latest = work.segments.latest()
        names = {record.name for record in work.connections.sources()}
    return latest is not None and latest.revenue is not None and WORKED_OUT not in names


def wants_members(receiver: ReceiverRecord) -> bool:
    """Whether a receiver is to be told who belongs to segments."""
    return receiver.enabled and MEMBERS in receiver.events


def push_is_due(store: Store) -> bool:
    """Whether a receiver is still to be told what the newest count has changed."""
    with store.look() as work:
        latest = work.segments.latest()
        if latest is None or work.house.get(PUSHED) == latest.made_at.isoformat():
            return False
        return any(map(wants_members, work.receivers.every()))


@dataclass(frozen=True, slots=True)
class CountSegments:
    """Makes a report on the live playbook and keeps it."""

    store: Store
    clock: Clock
    count: Count

    def __call__(self, tell: Tell) -> SegmentReport:
        """Count now. Raises Refused while no playbook is published."""
        now = self.clock.now()
        with self.store.look() as work:
            live = work.playbooks.live()
            text = None if live is None else work.playbooks.text(live.version)
            sources = [trusted(record) for record in work.connections.sources()]
        if live is None or text is None:
            raise Refused("No playbook is published yet. Publish one first.")
        report = self.count(text, live.version, sources, now, tell)
        with self.store.work() as work:
            work.segments.add_report(report)
            work.commit()
        return report
