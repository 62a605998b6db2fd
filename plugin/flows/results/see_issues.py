"""Issues as leads see them; the looking for topics is done in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.ports import Clock
from plugin.records.issues import IssueLook
from plugin.records.work import Store
from plugin.views.issues import IssueLine, IssuesAsked, IssuesView, LookState
from routing.topics.report import ENOUGH_TICKETS, Among, Issue, IssueReport
from routing.topics.weeks import spans

FRESH = timedelta(days=1)
"""A look this old is done again."""

AGAIN = timedelta(hours=1)
"""The same where there were too few tickets, and there are enough by now."""

LONGEST = timedelta(minutes=10)
"""After this a look that has not ended never will."""


def issues_are_due(store: Store, clock: Clock) -> bool:
    """Whether topics have to be looked for again."""
    now = clock.now()
    with store.look() as work:
        last = work.issues.last()
        if last is not None and now - last[0] >= FRESH:
            return True
        if last is not None and (last[1] or now - last[0] < AGAIN):
            return False
        return work.issues.count(spans(now)) >= ENOUGH_TICKETS


@dataclass(frozen=True, slots=True)
class SeeIssues:
    """Shows the topics found last; ``start_one`` begins another look."""

    store: Store
    clock: Clock
    start_one: Callable[[], None]

    def view(self, asked: IssuesAsked) -> IssuesView:
        """The topics, as they were found last."""
        with self.store.look() as work:
            look = work.issues.latest()
        now = self.clock.now()
        report = None if look is None else look.report
        if report is None:
            return IssuesView(asked, now, _state(look, now), None)
        everywhere = asked.among == Among()
        grown = report.growing() if everywhere else _growing(report, asked.among)
        return IssuesView(
            asked=asked,
            now=now,
            state=_state(look, now),
            report=report,
            growing=_lines(report, grown, asked),
            every=_lines(report, report.of(asked.among), asked),
        )

    def look(self) -> None:
        """Begin to look for topics anew."""
        self.start_one()


def _state(look: IssueLook | None, now: datetime) -> LookState:
    if look is None:
        return LookState.NONE
    if not look.is_done:
        return LookState.RUNNING if now - look.started_at < LONGEST else LookState.BROKEN
    has_some = look.report is not None and look.report.topics
    return LookState.DONE if has_some else LookState.TOO_FEW


def _growing(report: IssueReport, among: Among) -> tuple[Issue, ...]:
    return tuple(one for one in report.issues if one.grows and one.among == among)


def _lines(
    report: IssueReport, issues: Iterable[Issue], asked: IssuesAsked
) -> tuple[IssueLine, ...]:
    topics = {one.id: one for one in report.topics}
    return tuple(
        IssueLine(topics[one.topic], one)
        for one in issues
        if asked.language in {None, topics[one.topic].language}
        and not (asked.unanswered and (one.reply is not None or not one.by_hand))
    )
