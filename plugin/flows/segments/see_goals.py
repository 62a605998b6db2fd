"""The goals of all segments: where each stands, since when it is missed, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.segments.check_segments import PAST_VERSIONS
from plugin.flows.segments.measure_segments import CLOCK, DAYS, MeasureSegments
from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.results import GoalLine, GoalsView


@dataclass(frozen=True, slots=True)
class SeeGoals:
    """Goals, as leads see them."""

    store: Store
    clock: Clock
    numbers: MeasureSegments

    def goals(self) -> GoalsView | None:
        """Where each stands; None while no playbook is live."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
            past = work.segments.past(PAST_VERSIONS)
        if playbook is None:
            return None
        goals = self.numbers.goals(playbook, past, now).goals
        return GoalsView(
            now=now,
            days=DAYS,
            clock=CLOCK,
            lines=tuple(
                GoalLine(segment.name, segment.owner, one)
                for segment in playbook.segments
                for one in goals[segment.name]
            ),
            without=tuple(one.name for one in playbook.segments if not goals[one.name]),
        )
