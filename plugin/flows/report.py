"""The numbers: what became of the tickets, per segment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.flows.edit_playbook import is_demanded
from plugin.ports import Clock
from plugin.records import Store
from plugin.views import Frame, OverviewView, Person, Role, SegmentKpis
from routing.outcomes.kpis import Result, kpis
from routing.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Report:
    """Overview and frame."""

    store: Store
    clock: Clock

    def view(self, days: int) -> OverviewView:
        """The KPIs of the tickets opened in the last ``days`` days."""
        until = self.clock.now()
        since = until - timedelta(days=days)
        with self.store.look() as work:
            results = work.tickets.results(since, until)
            playbook = work.playbooks.live()
            tally = work.inbox.tally()
            desks = work.connections.desks()
        return OverviewView(
            since=since,
            until=until,
            days=days,
            sample=any(desk.sample for desk in desks),
            total=kpis((result for _, result in results), until),
            segments=by_segment(results, playbook, until),
            deliveries=tally,
        )

    def frame(self, person: Person) -> Frame:
        """What stands around every page."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            parked = work.inbox.tally().parked
            sample = any(desk.sample for desk in work.connections.desks())
            asked = work.drafts.asked(person.email) if person.role.may(Role.LEAD) else 0
            approvals = is_demanded(work)
        return Frame(
            person=person,
            playbook_name="No playbook yet" if playbook is None else playbook.name,
            playbook_version=0 if playbook is None else playbook.version,
            parked=parked,
            sample=sample,
            approvals=approvals,
            asked=asked,
        )


def by_segment(
    results: Iterable[tuple[str | None, Result]], playbook: Playbook | None, now: datetime
) -> tuple[SegmentKpis, ...]:
    """The KPIs of each segment that has a ticket, in the playbook's order, as of ``now``."""
    groups: dict[str | None, list[Result]] = defaultdict(list)
    for segment, result in results:
        groups[segment].append(result)
    order = [] if playbook is None else [segment.name for segment in playbook.segments]
    # Segments of an older playbook come after those of today's, everyone else last.
    gone = sorted(name for name in groups if name is not None and name not in order)
    names: list[str | None] = [*order, *gone, None]
    return tuple(SegmentKpis(name, kpis(groups[name], now)) for name in names if groups.get(name))
