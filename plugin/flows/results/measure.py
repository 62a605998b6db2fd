"""KPIs of any group of past tickets, from their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from plugin.flows.results.measured_weeks import EPOCH, WEEK, Kept, Labels, Weeks, mondays
from plugin.ports import Clock as WallClock
from plugin.records.work import Store, Work
from routing.hours import Schedule
from routing.outcomes.columns import KINDS, columns
from routing.outcomes.crossed import Crossed, together_crossed
from routing.outcomes.dimensions import Dimension, Kind
from routing.outcomes.figures import Kpis
from routing.outcomes.kpis import figures_of, kinds_of, kpis_of, kpis_of_all
from routing.outcomes.question import Answer, Label, Moment, Question
from routing.outcomes.scale import EXACT
from routing.outcomes.sums import Part, Sums, add_up, sum_up
from routing.outcomes.tallies import Elapsed, Tally, tallies

WINDOW = 4
"""Weeks of which each moment of a trend is made: enough to see more than noise."""

MOST_WEEKS = 26
"""Weeks up to which a trend has a moment for each."""

FEW = 20_000
"""Tickets up to which lengths of time are counted finely.

A quantile is the time of one ticket. One that still waits may be taken for longer or shorter than
one that ended at about the same time, and then the quantile is the next ticket's: of few tickets,
more than 1 % away. Counted roughly, so it is with one p90 in a hundred of 3,000 tickets of a month,
and counted finely with one in a thousand or so.
"""

FEW_AT_A_MOMENT = 2_000
"""The same for the moments of a trend, of which the median is drawn.

Most tickets have ended by then, and many at about that time: it is hardly ever another ticket's.
"""

Groups = Mapping[Label, Tally]


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer with what it is made of, to be compared with others: in all, and by group."""

    answer: Answer
    every: Tally
    each: Mapping[Label, Tally]


@dataclass(frozen=True, slots=True)
class Window:
    """The tickets opened in the four weeks before ``until``, in all and by group."""

    until: datetime
    every: Tally
    each: Mapping[Label, Tally]


@dataclass(frozen=True, slots=True)
class Measure:
    """Answers questions about past tickets."""

    store: Store
    clock: WallClock
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)

    def __call__(self, question: Question) -> Answer:
        """The KPIs of the tickets a question is about, as of now."""
        return self.counted(question).answer

    def counted(self, question: Question) -> Counted:
        """The same with what it is made of."""
        now = self.clock.now()
        with self.store.look() as work:
            count = _count(work, now)
            state = work.measured_days.state()
            # The windows of a trend reach back to weeks before: they are read once for both.
            widest = question if question.trend is None else _widened(question)
            weeks = Weeks.of(work, self.kept, widest)
            if question.exact:
                every, each = count(_exactly(work, question))
            else:
                every, each = count.weeks(replace(weeks, question=question), _spans(question))
            trend = tuple(_trend(weeks, question, count, _largest(each, question.lines)))
        answer = Answer(
            question=question,
            total=kpis_of(every),
            groups=dict(zip(each, kpis_of_all([*each.values()]), strict=True)),
            trend=trend,
            counted_at=now if question.exact else state.made_at,
            waiting=0 if question.exact else state.stale,
        )
        return Counted(answer, every, each)

    def topic(self, topic: int, question: Question) -> Kpis:
        """The KPIs of a topic's tickets, by its number in the report on issues."""
        with self.store.look() as work:
            count = _count(work, self.clock.now())
            told = columns(
                work.measured_days.exactly(question.since, question.until, question.only, topic),
                EXACT,
            )
        every, _ = count(sum_up([Part(told)], None, question.clock))
        return kpis_of(every)

    def windows(self, question: Question, keys: Collection[str]) -> tuple[Window, ...]:
        """The four weeks before the end of each week of the period, or of every fourth if many.

        Of how long things take, only what the KPIs with these keys need can be asked of them.
        """
        with self.store.look() as work:
            weeks = Weeks.of(work, self.kept, _widened(question))
            return tuple(_windows(weeks, question, _count(work, self.clock.now()), keys))

    def crossed(self, question: Question, dimension: Dimension) -> Crossed:
        """What is counted of each share, by another dimension within each group."""
        with self.store.look() as work:
            return together_crossed(Weeks.of(work, self.kept, question).crossed(dimension))

    def labels(self, since: datetime, until: datetime) -> Labels:
        """What tickets opened in these weeks can be told apart by; each label once."""
        found: dict[Dimension, dict[Label, None]] = {one: {} for one in Dimension}
        with self.store.look() as work:
            for week in Weeks.of(work, self.kept, Question(since, until)).labels():
                for dimension, labels in week.items():
                    found[dimension] |= dict.fromkeys(labels)
        return {dimension: tuple(labels) for dimension, labels in found.items()}


def _trend(
    weeks: Weeks, question: Question, count: _Count, labels: Collection[Label]
) -> Iterator[Moment]:
    key = question.trend
    if key is None:
        return
    count = replace(count, few=FEW_AT_A_MOMENT)
    for one in _windows(weeks, question, count, [key], labels):
        total, *figures = figures_of(key, [one.every, *one.each.values()])
        yield Moment(one.until, total, dict(zip(one.each, figures, strict=True)))


def _windows(
    weeks: Weeks,
    question: Question,
    count: _Count,
    keys: Collection[str],
    only: Collection[Label] | None = None,
) -> Iterator[Window]:
    kinds = {kind for key in keys for kind in kinds_of(key)}
    for *_, monday in _spans(question):
        # What a long question has added up already is what its windows are, too.
        window = _window(monday)
        spans = [window] if _is_long(question) else [(week,) for week in window]
        until = min(EPOCH + timedelta(days=monday + 7), question.until)
        yield Window(until, *count.weeks(weeks, spans, kinds, only))


def _exactly(work: Work, question: Question) -> Sums:
    """The tickets themselves, a week at a time."""
    found = []
    for monday in mondays(question):
        begins = EPOCH + timedelta(days=monday)
        since, until = max(question.since, begins), min(question.until, begins + WEEK)
        tickets = work.measured_days.exactly(since, until, question.only)
        if tickets:
            told = columns(tickets, EXACT)
            found.append(sum_up([Part(told)], question.by, question.clock))
    return add_up(found) if found else _nothing(question)


@dataclass(frozen=True, slots=True)
class _Count:
    now: datetime
    elapsed: Elapsed
    few: int = FEW

    def __call__(self, sums: Sums, only: Collection[Label] | None = None) -> tuple[Tally, Groups]:
        """All together, and each group of which there is any, or of these labels."""
        found = tallies(sums, self.now.timestamp(), self.elapsed, only)
        return found.every, {
            label: tally
            for label, tally in found.each.items()
            if tally.counts["tickets"] or tally.counts["gone"]
        }

    def weeks(
        self,
        weeks: Weeks,
        spans: Sequence[Sequence[int]],
        kinds: Collection[Kind] = KINDS,
        only: Collection[Label] | None = None,
    ) -> tuple[Tally, Groups]:
        """The same of some spans of weeks, with the lengths of ``kinds``."""
        parts = [one for span in spans for one in weeks.sums(span)]
        every, each = self(add_up(parts, kinds) if parts else _nothing(weeks.question), only)
        if not kinds or not parts:
            return every, each
        asked = [*chain.from_iterable(spans)]
        if self._are_few(every):
            return self(weeks.sum_up_finely(asked), only)
        few = [label for label, tally in each.items() if self._are_few(tally)]
        if not few:
            return every, each
        return every, {**each, **self(weeks.sum_up_finely(asked, few), few)[1]}

    def _are_few(self, tally: Tally) -> bool:
        return 0 < tally.counts["tickets"] <= self.few


def _count(work: Work, now: datetime) -> _Count:
    playbook = work.playbooks.live()
    schedules = {} if playbook is None else {one.name: one for one in playbook.schedules}
    return _Count(now, _elapsed(schedules, now))


def _largest(each: Groups, most: int | None) -> list[Label]:
    """The groups with most tickets; all of them without a number."""
    if most is None:
        return list(each)
    return nlargest(most, each, key=lambda label: each[label].counts["tickets"])


def _is_long(question: Question) -> bool:
    return len(mondays(question)) > MOST_WEEKS


def _spans(question: Question) -> list[range]:
    """The weeks that are added up together, earliest first: each, or four if there are many."""
    weeks, step = mondays(question), WINDOW if _is_long(question) else 1
    ends = range(len(weeks), 0, -step)
    return [weeks[max(end - step, 0) : end] for end in ends][::-1]


def _window(monday: int) -> range:
    """The Mondays of the four weeks that end with this one."""
    return range(monday - 7 * (WINDOW - 1), monday + 1, 7)


def _widened(question: Question) -> Question:
    """The same with the weeks before that the first window reaches back to."""
    first = EPOCH + timedelta(days=_window(mondays(question)[0])[0])
    return replace(question, since=first)


def _nothing(question: Question) -> Sums:
    return sum_up([Part(columns([]))], question.by, question.clock)


def _elapsed(schedules: Mapping[str, Schedule], now: datetime) -> Elapsed:
    """Working seconds until now. A schedule that is no more counts around the clock."""

    def elapsed(name: str | None, since: NDArray[np.float64]) -> NDArray[np.float64]:
        schedule = schedules.get(name or "")
        if schedule is None or not len(since):
            return np.maximum(now.timestamp() - since, 0.0)
        first = datetime.fromtimestamp(float(since.min()), UTC)
        moments, worked = _worked(schedule.hours_between(first, now))
        return np.interp(now.timestamp(), moments, worked) - np.interp(since, moments, worked)

    return elapsed


def _worked(
    hours: Iterable[tuple[datetime, datetime]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments and the working time that has passed by each, with straight lines in between."""
    ends = np.array([[a.timestamp(), b.timestamp()] for a, b in hours]).reshape(-1, 2)
    lengths = ends[:, 1] - ends[:, 0]
    after = np.cumsum(lengths)
    worked = np.stack([after - lengths, after], axis=1).ravel()
    moments = ends.ravel()
    return (moments, worked) if len(moments) else (np.zeros(1), np.zeros(1))
