"""The tickets of each segment, counted under whatever name it had at the time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.flows.results.measure import Measure
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.question import Label, Question
from routing.outcomes.tallies import Tally
from routing.playbook import Playbook
from routing.population.goal import Goal, Progress, read_goals
from routing.population.progress import of_segments
from routing.population.renamed import under_todays_names
from routing.segments.history import Definition, names

DAYS = 90
"""Days over which the tickets of segments are looked at."""

WEEK = timedelta(days=7)

WEEKS = 13
"""A goal over time has one point a week, measured over the four weeks before it."""

CLOCK = Clock.WORKING
"""Whose hours count where a segment's times are told."""

Past = Sequence[tuple[int, Sequence[Definition]]]


@dataclass(frozen=True, slots=True)
class SegmentNumbers:
    """What was counted by segment, None being those in no segment; none has an entry for nothing.

    ``period`` are the last DAYS days. ``windows`` are the four weeks before the ends of weeks, the
    oldest first; of how long things take they tell only what was asked for.
    """

    period: Mapping[Label, Tally]
    windows: Mapping[datetime, Mapping[Label, Tally]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fared:
    """The numbers of segments, and how each segment's goals fared, by its name."""

    numbers: SegmentNumbers
    goals: Mapping[str, tuple[Progress | str, ...]]


@dataclass(frozen=True, slots=True)
class MeasureSegments:
    """Counts tickets by segment."""

    measure: Measure

    def __call__(
        self,
        playbook: Playbook,
        past: Past,
        now: datetime,
        weeks: int = 0,
        keys: Collection[str] = (),
    ) -> SegmentNumbers:
        """The last DAYS days, and the four weeks before each of so many ``weeks``.

        ``keys`` are the KPIs that the windows are asked for. ``past`` are the segments as playbook
        versions had them, newest first.
        """
        called = {one.name: names(one.name, past) for one in playbook.segments}

        def named(each: Mapping[Label, Tally]) -> Mapping[Label, Tally]:
            return under_todays_names(each, called)

        since = now - timedelta(days=DAYS)
        question = Question(since, now, Dimension.SEGMENT, clock=CLOCK)
        period = named(self.measure.counted(question).each)
        if not weeks:
            return SegmentNumbers(period)
        question = Question(now - WEEK * (weeks - 1), now, Dimension.SEGMENT, clock=CLOCK)
        windows = self.measure.windows(question, keys)
        return SegmentNumbers(period, {one.until: named(one.each) for one in windows})

    def goals(
        self, playbook: Playbook, past: Past, now: datetime, keys: Collection[str] = ()
    ) -> Fared:
        """The same with all goals over time, and windows of CSAT and of these ``keys`` as well."""
        goals = {one.name: read_goals(one.goal) for one in playbook.segments}
        asked = {
            goal.metric.key for each in goals.values() for goal in each if isinstance(goal, Goal)
        }
        numbers = self(playbook, past, now, WEEKS, {"csat", *asked, *keys})
        return Fared(numbers, of_segments(goals, numbers.period, numbers.windows))
