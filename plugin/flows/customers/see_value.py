"""What segments are worth, and what they take, as leads and admins see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from plugin.flows.results.measure import Measure
from plugin.pages.refusals import NotThere
from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.value import Effort, ToldValue, ValueGroup, ValueView
from routing.outcomes.dimensions import Dimension
from routing.outcomes.question import Question
from routing.outcomes.statistics import share
from routing.worth.averages import rate
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import Worth, WorthReport


@dataclass(frozen=True, slots=True)
class SeeValue:
    """Shows the newest report beside the tickets of a period; ``start_one`` begins another."""

    store: Store
    clock: Clock
    measure: Measure
    start_one: Callable[[], None]

    def view(self, days: int) -> ValueView | None:
        """With the tickets of so many days up to now; None while no playbook is live."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
            report = work.worth_reports.latest()
            desks = work.connections.desks()
        if playbook is None:
            return None
        question = Question(now - timedelta(days=days), now, Dimension.SEGMENT)
        answer = self.measure(question)
        every = answer.total.tickets
        came = {label: kpis.tickets for label, kpis in answer.groups.items()}
        known = set() if report is None else {one.segment for one in report.groups}

        def group(report: WorthReport, worth: Worth, tickets: int) -> ValueGroup:
            return ValueGroup(
                worth=worth,
                of_customers=report.share_of_customers(worth),
                of_revenue=report.share_of_revenue(worth),
                effort=Effort(tickets, share(tickets, every), rate(tickets, worth.customers)),
            )

        return ValueView(
            now=now,
            days=days,
            version=playbook.version,
            segments=tuple(one.name for one in playbook.segments),
            report=report,
            total=None if report is None else group(report, report.total, every),
            groups=()
            if report is None
            else tuple(group(report, one, came.get(one.segment, 0)) for one in report.groups),
            best=() if report is None else report.best(),
            elsewhere=sum(count for label, count in came.items() if label not in known),
            sample=any(desk.sample for desk in desks),
        )

    def told(self, days: int) -> ToldValue:
        """The same for programs. Raises NotThere before customers were counted."""
        view = self.view(days)
        if view is None:
            raise NotThere("No playbook is published yet.")
        if view.report is None or view.total is None:
            raise NotThere(
                "Customers have not been counted yet. The worker does so within minutes; "
                "`deskroute value count` does so at once."
            )
        return ToldValue(
            counted_at=view.report.made_at,
            playbook=view.report.playbook,
            revenue_field=view.report.revenue_field,
            days=days,
            total=view.total,
            segments=view.groups,
            definitions=DEFINITIONS,
        )

    def count(self) -> None:
        """Begin to count anew."""
        self.start_one()
