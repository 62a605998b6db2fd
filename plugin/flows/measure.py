"""KPIs of any group of past tickets, from their columns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import nlargest
from itertools import chain
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from plugin.ports import Clock as WallClock
from plugin.records.work import Store, Work
from routing.hours import Schedule
from routing.outcomes.columns import Columns, columns, together, unpacked
from routing.outcomes.crossed import Crossed, cross, together_crossed
from routing.outcomes.dimensions import Dimension
from routing.outcomes.figures import Kpis
from routing.outcomes.kpis import figures_of, kinds_of, kpis_of, kpis_of_all
from routing.outcomes.question import Answer, Label, Moment, Question
from routing.outcomes.scale import EXACT
from routing.outcomes.sums import Part, Sums, add_up, sum_up
from routing.outcomes.tallies import Elapsed, Tally, tallies

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
MONDAY = 3
"""1970 began on a Thursday: its first Monday was day 4, and the one before it day −3."""

KEPT = 600_000_000
"""Bytes of columns that a process keeps between two questions: some 18 million tickets."""

MADE = 200_000_000
"""Bytes of what was made of them that it keeps."""

CELL = 200
"""About how many bytes a cell of a cross table takes."""

WINDOW = 4
"""Weeks of which each moment of a trend is made: enough to see more than noise."""

MOST_WEEKS = 26
"""Weeks up to which a trend has a moment for each."""

Versions = tuple[tuple[int, int], ...]
Labels = Mapping[Dimension, tuple[Label, ...]]
T = TypeVar("T")


class Recent(Generic[T]):
    """Things that were made of days, as long as those stay the same; the latest ones asked for.

    One for a process; several threads ask it at once.
    """

    def __init__(self, most: int) -> None:
        self._lock = Lock()
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[object, tuple[Versions, T, int]] = OrderedDict()

    def made(
        self, key: object, versions: Versions, make: Callable[[], T], size: Callable[[T], int]
    ) -> T:
        """What is kept under a key, made if it is not of these versions of its days."""
        known = self.get(key, versions)
        if known is None:
            known = make()
            self.put(key, versions, known, size(known))
        return known

    def get(self, key: object, versions: Versions) -> T | None:
        """What is kept under a key, if it was made of these versions of its days."""
        with self._lock:
            known = self._kept.get(key)
            if known is None or known[0] != versions:
                return None
            self._kept.move_to_end(key)
            return known[1]

    def put(self, key: object, versions: Versions, thing: T, size: int) -> None:
        """Keep it, in place of what was asked for longest ago; ``size`` is in bytes."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += size - (before[2] if before else 0)
            self._kept[key] = (versions, thing, size)
            while self._bytes > self._most and self._kept:
                self._bytes -= self._kept.popitem(last=False)[1][2]


class Kept:
    """Weeks of columns, and what was made of them: sums, cross tables, and labels."""

    def __init__(self, columns: int = KEPT, sums: int = MADE) -> None:
        self.columns = Recent[Columns](columns)
        self.sums = Recent[Sums](sums)
        self.crossed = Recent[Crossed](sums)
        self.labels = Recent[Labels](sums)


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
        read = self._exactly if question.exact else self._quickly
        with self.store.look() as work:
            count = _count(work, now)
            state = work.measured_days.state()
            parts = read(work, question)
            trend = [] if question.trend is None else self._windows(work, question)
        sums = add_up(parts) if parts else _nothing(question)
        every, each = count(sums)
        answer = Answer(
            question=question,
            total=kpis_of(every),
            groups=dict(zip(each, kpis_of_all([*each.values()]), strict=True)),
            trend=tuple(_trend(question, count, trend, _largest(each, question.lines))),
            counted_at=now if question.exact else state.made_at,
            waiting=0 if question.exact else state.stale,
        )
        return Counted(answer, every, each)

    def topic(self, topic: int, question: Question) -> Kpis:
        """The KPIs of a topic's tickets, by its number in the report on issues."""
        with self.store.look() as work:
            count = _count(work, self.clock.now())
            told = columns(
                work.measured_days.exactly(question.since, question.until, question.only, topic)
            )
        every, _ = count(sum_up([Part(told)], None, question.clock))
        return kpis_of(every)

    def windows(self, question: Question, keys: Collection[str]) -> tuple[Window, ...]:
        """The four weeks before the end of each week of the period, or of every fourth if many.

        Of how long things take, only what the KPIs with these keys need can be asked of them.
        """
        with self.store.look() as work:
            count = _count(work, self.clock.now())
            made = self._windows(work, question)
        return tuple(count.windows(question, made, keys))

    def crossed(self, question: Question, dimension: Dimension) -> Crossed:
        """What is counted of each share, by another dimension within each group."""
        with self.store.look() as work:
            made = _weeks(work.measured_days.versions(question.since, question.until))
            parts = [self._crossed(work, question, dimension, *week) for week in made.items()]
        return together_crossed(parts)

    def _crossed(
        self,
        work: Work,
        question: Question,
        dimension: Dimension,
        week: int,
        versions: Versions,
    ) -> Crossed:
        def make() -> Crossed:
            told = self._columns(work, week, versions)
            return cross(told, dimension, question.by, _fitting(told, question, week))

        if not _is_whole(question, week):
            return make()
        key = (week, dimension, *_told_apart(question))
        return self.kept.crossed.made(key, versions, make, _cells)

    def labels(self, since: datetime, until: datetime) -> Labels:
        """What tickets opened in these weeks can be told apart by; each label once."""
        found: dict[Dimension, dict[Label, None]] = {one: {} for one in Dimension}
        with self.store.look() as work:
            for week, versions in _weeks(work.measured_days.versions(since, until)).items():
                for dimension, labels in self._labels(work, week, versions).items():
                    found[dimension] |= dict.fromkeys(labels)
        return {dimension: tuple(labels) for dimension, labels in found.items()}

    def _labels(self, work: Work, week: int, versions: Versions) -> Labels:
        def make() -> Labels:
            told = self._columns(work, week, versions)
            return {dimension: column.used for dimension, column in told.dimensions.items()}

        return self.kept.labels.made(week, versions, make, _cells)

    def _exactly(self, work: Work, question: Question) -> list[Sums]:
        found = []
        for monday in _mondays(question):
            begins = EPOCH + timedelta(days=monday)
            since, until = max(question.since, begins), min(question.until, begins + WEEK)
            tickets = work.measured_days.exactly(since, until, question.only)
            if tickets:
                told = columns(tickets, EXACT)
                found.append(sum_up([Part(told)], question.by, question.clock))
        return found

    def _quickly(self, work: Work, question: Question) -> list[Sums]:
        made = _weeks(work.measured_days.versions(question.since, question.until))
        spans = _spans(question)
        return [one for span in spans for one in self._of_span(work, question, made, span)]

    def _windows(self, work: Work, question: Question) -> list[tuple[datetime, list[Sums]]]:
        """The sums that each moment of a trend is made of."""
        wide = _widened(question)
        made = _weeks(work.measured_days.versions(wide.since, wide.until))
        found = []
        for *_, monday in _spans(question):
            weeks = _window(monday)
            # What a long question has added up already is what its windows are, too.
            spans = [weeks] if _is_long(question) else [(week,) for week in weeks]
            parts = [one for span in spans for one in self._of_span(work, wide, made, span)]
            found.append((min(EPOCH + timedelta(days=monday + 7), question.until), parts))
        return found

    def _of_span(
        self, work: Work, question: Question, made: Mapping[int, Versions], span: Sequence[int]
    ) -> list[Sums]:
        """The sums of some weeks: of whole ones, which are kept, and of parts, which are not."""
        weeks = {week: made[week] for week in span if week in made}
        # A part of a week is another one with every question.
        whole = {week: days for week, days in weeks.items() if _is_whole(question, week)}
        found = []
        if whole:
            versions = tuple(chain.from_iterable(whole.values()))
            key = (*whole, *_told_apart(question))
            make = partial(self._sum_up, work, question, whole)
            found.append(self.kept.sums.made(key, versions, make, _size))
        if len(whole) < len(weeks):
            parts = {week: days for week, days in weeks.items() if week not in whole}
            found.append(self._sum_up(work, question, parts))
        return found

    def _sum_up(self, work: Work, question: Question, weeks: Mapping[int, Versions]) -> Sums:
        told = {week: self._columns(work, week, versions) for week, versions in weeks.items()}
        parts = [Part(one, _fitting(one, question, week)) for week, one in told.items()]
        return sum_up(parts, question.by, question.clock)

    def _columns(self, work: Work, week: int, versions: Versions) -> Columns:
        known = self.kept.columns.get(week, versions)
        if known is not None:
            return known
        read = work.measured_days.columns([day for day, _ in versions])
        told = together([unpacked(read[day][1]) for day, _ in versions if day in read])
        as_read = tuple((day, read[day][0]) for day, _ in versions if day in read)
        self.kept.columns.put(week, as_read, told, sum(len(raw) for _, raw in read.values()))
        return told


@dataclass(frozen=True, slots=True)
class _Count:
    now: datetime
    elapsed: Elapsed

    def __call__(
        self, sums: Sums, only: Collection[Label] | None = None
    ) -> tuple[Tally, Mapping[Label, Tally]]:
        """All together, and each group of which there is any, or of these labels."""
        found = tallies(sums, self.now.timestamp(), self.elapsed, only)
        return found.every, {
            label: tally
            for label, tally in found.each.items()
            if tally.counts["tickets"] or tally.counts["gone"]
        }

    def windows(
        self,
        question: Question,
        made: Iterable[tuple[datetime, list[Sums]]],
        keys: Collection[str],
        only: Collection[Label] | None = None,
    ) -> Iterator[Window]:
        kinds = {kind for key in keys for kind in kinds_of(key)}
        for until, parts in made:
            sums = add_up(parts, kinds) if parts else _nothing(question)
            yield Window(until, *self(sums, only))


def _count(work: Work, now: datetime) -> _Count:
    playbook = work.playbooks.live()
    schedules = {} if playbook is None else {one.name: one for one in playbook.schedules}
    return _Count(now, _elapsed(schedules, now))


def _trend(
    question: Question,
    count: _Count,
    made: Iterable[tuple[datetime, list[Sums]]],
    labels: Collection[Label],
) -> Iterator[Moment]:
    key = question.trend
    if key is None:
        return
    for one in count.windows(question, made, [key], labels):
        total, *figures = figures_of(key, [one.every, *one.each.values()])
        yield Moment(one.until, total, dict(zip(one.each, figures, strict=True)))


def _largest(each: Mapping[Label, Tally], most: int | None) -> list[Label]:
    """The groups with most tickets; all of them without a number."""
    if most is None:
        return list(each)
    return nlargest(most, each, key=lambda label: each[label].counts["tickets"])


def _mondays(question: Question) -> range:
    """The Mondays of all weeks of which anything is asked for."""
    return range(_week(_day(question.since)), _day(question.until) + 1, 7)


def _is_long(question: Question) -> bool:
    return len(_mondays(question)) > MOST_WEEKS


def _spans(question: Question) -> list[tuple[int, ...]]:
    """The weeks that are added up together, earliest first: each, or four if there are many."""
    mondays, step = _mondays(question), WINDOW if _is_long(question) else 1
    ends = range(len(mondays), 0, -step)
    return [tuple(mondays[max(end - step, 0) : end]) for end in ends][::-1]


def _window(monday: int) -> range:
    """The Mondays of the four weeks that end with this one."""
    return range(monday - 7 * (WINDOW - 1), monday + 1, 7)


def _widened(question: Question) -> Question:
    """The same with the weeks before that the first window reaches back to."""
    first = EPOCH + timedelta(days=_window(_week(_day(question.since)))[0])
    return replace(question, since=first)


def _nothing(question: Question) -> Sums:
    return sum_up([Part(columns([]))], question.by, question.clock)


def _cells(table: Mapping[Any, Sized]) -> int:
    """About how many bytes a table of rows takes."""
    return CELL * sum(map(len, table.values()))


def _size(sums: Sums) -> int:
    return sums.size


def _is_whole(question: Question, week: int) -> bool:
    begins = EPOCH + timedelta(days=week)
    return question.since <= begins and begins + WEEK <= question.until


def _fitting(told: Columns, question: Question, week: int) -> NDArray[np.bool_] | None:
    """Which tickets of a week are asked for; None if all are."""
    whole = _is_whole(question, week)
    if whole and not question.only:
        return None
    fits = told.where(question.only)
    if not whole:
        fits &= told.opened >= question.since.timestamp()
        fits &= told.opened < question.until.timestamp()
    return fits


def _told_apart(question: Question) -> tuple[object, ...]:
    return question.by, question.clock, tuple(sorted(question.only.items()))


def _weeks(made: Mapping[int, int]) -> Mapping[int, Versions]:
    """Days with their versions, by the Monday of their week."""
    weeks: dict[int, list[tuple[int, int]]] = {}
    for day, version in sorted(made.items()):
        weeks.setdefault(_week(day), []).append((day, version))
    return {week: tuple(days) for week, days in weeks.items()}


def _day(at: datetime) -> int:
    return (at - EPOCH).days


def _week(day: int) -> int:
    """The Monday of a day, both in days since 1970."""
    return day - (day + MONDAY) % 7


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
