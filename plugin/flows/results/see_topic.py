"""One topic: where it comes from, its tickets, and how it goes for them."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.results.measure import Measure
from plugin.pages.refusals import NotThere
from plugin.ports import Clock
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.views.issues import TopicView
from routing.outcomes.dimensions import Dimension
from routing.outcomes.question import Question
from routing.topics.report import Among, Part
from routing.topics.weeks import WEEK, WEEKS

LISTED = 50
"""Tickets of one page of a list."""

_BY = {Part.SEGMENT: Dimension.SEGMENT, Part.DESK: Dimension.DESK}


@dataclass(frozen=True, slots=True)
class SeeTopic:
    """Shows a topic as it was found last."""

    store: Store
    clock: Clock
    measure: Measure

    def __call__(self, topic: int, among: Among, before: int | None) -> TopicView:
        """A topic with its tickets among those, newest first. Raises NotThere."""
        with self.store.look() as work:
            look = work.issues.latest()
            report = None if look is None else look.report
            found = None if report is None else report.topic(topic)
            if report is None or found is None:
                raise NotThere("There is no such topic, or it is not written about any more.")
            since, until = report.until - WEEKS * WEEK, report.until
            only = {_BY[among.part]: among.label} if among.part in _BY else {}
            subjects = work.past.subjects(found.typical)
            lines = work.result_lines.of_topic(topic, since, until, only, Page(before, LISTED + 1))
        question = Question(since, until, None, only)
        return TopicView(
            topic=found,
            among=among,
            report=report,
            now=self.clock.now(),
            issues=tuple(one for one in report.issues if one.topic == topic),
            typical=tuple(dict.fromkeys(subjects[i] for i in found.typical if i in subjects)),
            kpis=self.measure.topic(topic, question),
            every=self.measure(question).total,
            lines=tuple(lines[:LISTED]),
            more=len(lines) > LISTED,
        )
