"""The quality of each rule, as leads see it; the measuring is done in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.playbook import PlaybookView
from plugin.views.rules import ProposedRule, QualityView
from routing.conditions.form import to_pairs
from routing.quality.lessons import Lessons

FRESH = timedelta(hours=1)
"""A measurement this old is made again."""


def quality_is_due(store: Store, clock: Clock) -> bool:
    """Whether the newest measurement is old, or about another playbook."""
    with store.look() as work:
        live = work.playbooks.live()
        made = work.rule_reports.made()
    return live is not None and _is_due(made.get("quality"), live.version, clock.now(), FRESH)


def drafts_of(lessons: Lessons) -> tuple[ProposedRule, ...]:
    """The proposals among the lessons, as a lead opens them in the form of a rule."""
    return tuple(
        ProposedRule(
            lesson=one,
            proposal=one.proposal,
            pairs=tuple(to_pairs(one.proposal.when)),
            edits=one.rule is not None and not one.proposal.tests,
        )
        for one in lessons.lessons
        if one.proposal is not None
    )


def _is_due(
    made: tuple[datetime, int] | None, version: int, now: datetime, fresh: timedelta
) -> bool:
    return made is None or made[1] != version or now - made[0] >= fresh


@dataclass(frozen=True, slots=True)
class SeeQuality:
    """Shows the newest measurement; ``start_one`` begins another."""

    store: Store
    clock: Clock
    start_one: Callable[[], None]

    def view(self, days: int | None) -> QualityView | None:
        """The rules over the last 30 or 90 days, or over all; None while no playbook is live."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            versions = work.playbooks.versions()
            report = work.rule_reports.quality()
            lessons = work.rule_reports.lessons()
        if playbook is None:
            return None
        return QualityView(
            playbook=PlaybookView(playbook, versions[0], (), (), tuple(versions)),
            days=days,
            now=self.clock.now(),
            report=report,
            lessons=lessons,
            proposed=() if lessons is None else drafts_of(lessons),
        )

    def count(self) -> None:
        """Begin to measure anew."""
        self.start_one()
