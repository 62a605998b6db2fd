"""Past tickets in columns by week, and what was made of them: read once, and kept a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from plugin.records.work import Work
from routing.outcomes.columns import Columns, together, unpacked
from routing.outcomes.crossed import Crossed, cross
from routing.outcomes.dimensions import Dimension
from routing.outcomes.question import Label, Question
from routing.outcomes.sums import Part, Sums, sum_up

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
MONDAY = 3
"""1970 began on a Thursday: its first Monday was day 4, and the one before it day −3."""

KEPT = 500_000_000
"""Bytes of columns that a process keeps between two questions: some 14 million tickets."""

MADE = 300_000_000
"""Bytes of what was made of them that it keeps."""

CELL = 200
"""About how many bytes a cell of a cross table takes."""

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
class Weeks:
    """What a question is about, as far as it is in columns: ``made`` by the Mondays of its weeks.

    They are whole weeks, also where the question asks for a part of one: what is kept of them
    serves every question. Days and Mondays are in days since 1970.
    """

    work: Work
    kept: Kept
    question: Question
    made: Mapping[int, Versions]

    @classmethod
    def of(cls, work: Work, kept: Kept, question: Question) -> Weeks:
        """Those that a question asks for; their columns are read when they are needed."""
        weeks = mondays(question)
        days = work.measured_days.versions(weeks[0], weeks[-1] + 6)
        made: dict[int, list[tuple[int, int]]] = {}
        for day, version in sorted(days.items()):
            made.setdefault(week_of(day), []).append((day, version))
        return cls(work, kept, question, {week: tuple(days) for week, days in made.items()})

    def sums(self, span: Sequence[int]) -> list[Sums]:
        """The sums of some weeks: of whole ones, which are kept, and of parts, which are not."""
        weeks = [week for week in span if week in self.made]
        # A part of a week is another one with every question.
        whole = [week for week in weeks if is_whole(self.question, week)]
        found = []
        if whole:
            versions = tuple(chain.from_iterable(self.made[week] for week in whole))
            key = (*whole, *_told_apart(self.question))
            make = partial(self._sum_up, whole)
            found.append(self.kept.sums.made(key, versions, make, _size))
        if len(whole) < len(weeks):
            found.append(self._sum_up([week for week in weeks if week not in whole]))
        return found

    def sum_up_finely(self, span: Iterable[int], only: Collection[Label] | None = None) -> Sums:
        """All of some weeks, or the groups with these labels, as finely as it is in columns."""
        parts = [self._part(week, only) for week in span if week in self.made]
        return sum_up(parts, self.question.by, self.question.clock, finely=True)

    def _sum_up(self, weeks: Iterable[int]) -> Sums:
        parts = [self._part(week) for week in weeks]
        return sum_up(parts, self.question.by, self.question.clock)

    def _part(self, week: int, only: Collection[Label] | None = None) -> Part:
        told = self._columns(week)
        rows = self._fitting(told, week)
        if only is not None and self.question.by is not None:
            theirs = told.dimensions[self.question.by].among(only)
            rows = theirs if rows is None else rows & theirs
        return Part(told, rows)

    def crossed(self, dimension: Dimension) -> list[Crossed]:
        """What is counted of each share of each week, by another dimension within each group."""
        return [self._crossed(week, dimension) for week in self.made]

    def _crossed(self, week: int, dimension: Dimension) -> Crossed:
        def make() -> Crossed:
            told = self._columns(week)
            return cross(told, dimension, self.question.by, self._fitting(told, week))

        if not is_whole(self.question, week):
            return make()
        key = (week, dimension, *_told_apart(self.question))
        return self.kept.crossed.made(key, self.made[week], make, _cells)

    def labels(self) -> Iterator[Labels]:
        """What the tickets of each week can be told apart by, of all of them."""
        for week, versions in self.made.items():
            yield self.kept.labels.made(week, versions, partial(self._labels, week), _cells)

    def _labels(self, week: int) -> Labels:
        told = self._columns(week)
        return {dimension: column.used for dimension, column in told.dimensions.items()}

    def _fitting(self, told: Columns, week: int) -> NDArray[np.bool_] | None:
        """Which tickets of a week are asked for; None if all are."""
        question = self.question
        whole = is_whole(question, week)
        if whole and not question.only:
            return None
        fits = told.where(question.only)
        if not whole:
            fits &= told.opened >= question.since.timestamp()
            fits &= told.opened < question.until.timestamp()
        return fits

    def _columns(self, week: int) -> Columns:
        versions = self.made[week]
        known = self.kept.columns.get(week, versions)
        if known is not None:
            return known
        read = self.work.measured_days.columns([day for day, _ in versions])
        told = together([unpacked(read[day][1]) for day, _ in versions if day in read])
        as_read = tuple((day, read[day][0]) for day, _ in versions if day in read)
        self.kept.columns.put(week, as_read, told, sum(len(raw) for _, raw in read.values()))
        return told


def day_of(at: datetime) -> int:
    """The day of a moment."""
    return (at - EPOCH).days


def week_of(day: int) -> int:
    """The Monday of a day."""
    return day - (day + MONDAY) % 7


def mondays(question: Question) -> range:
    """The Mondays of all weeks of which anything is asked for; of one at least."""
    first = week_of(day_of(question.since))
    # Nothing is asked for of the week that begins when the question ends.
    last = week_of(day_of(question.until - datetime.resolution))
    return range(first, max(first, last) + 1, 7)


def is_whole(question: Question, week: int) -> bool:
    """Whether a question asks for all of a week."""
    begins = EPOCH + timedelta(days=week)
    return question.since <= begins and begins + WEEK <= question.until


def _told_apart(question: Question) -> tuple[object, ...]:
    return question.by, question.clock, tuple(sorted(question.only.items()))


def _cells(table: Mapping[Any, Sized]) -> int:
    """About how many bytes a table of rows takes."""
    return CELL * sum(map(len, table.values()))


def _size(sums: Sums) -> int:
    return sums.size
