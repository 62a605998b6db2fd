"""Business hours: when a team works, and how much working time lies between two moments.

A schedule has versions; the one in force at the time counts, so that a change of hours never
rewrites what was true before. Hours are local: where the clocks change, a working day is an hour
longer or shorter than its clock says.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""From and until, in minutes after midnight; until is not part of it and is at most 1440."""

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Outside these years nobody works."""

_NONE = timedelta(0)
_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60


_SPAN = re.compile(r"([0-2]?[0-9]):([0-5][0-9]) *[-–] *([0-2]?[0-9]):([0-5][0-9])")


def read_spans(raw: object) -> tuple[Span, ...]:
    """The hours of one day from ``09:00-12:00, 13:00-17:30``.

    Raises ValueError with a sentence for people.
    """
    spans = []
    for part in raw.split(",") if isinstance(raw, str) else [""]:
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError("Write the hours of a day like 09:00-12:00, 13:00-17:30.")
        hour, minute, until_hour, until_minute = map(int, match.groups())
        spans.append((hour * 60 + minute, until_hour * 60 + until_minute))
    for (start, end), (_, before) in zip(spans, [(0, 0), *spans], strict=False):
        if end > _DAY_MINUTES or start >= end:
            raise ValueError(
                "Hours end after they begin, and at 24:00 at the latest. "
                "Write what lies after midnight at the next day."
            )
        if start < before:
            raise ValueError("The hours of a day are written in order and do not overlap.")
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class Hours:
    """One version of a schedule, in force from local midnight of ``since``.

    ``weekly`` has the spans of Monday to Sunday, each in order and without overlap. ``holidays``
    are days on which nobody works.
    """

    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()
    since: date = date.min

    def of_day(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working hours of one local day, as moments in UTC."""
        if day not in self.holidays:
            for start, end in self.weekly[day.weekday()]:
                opens, closes = self._at(day, start), self._at(day, end)
                # Hours that lie inside the hour the clocks leap over do not exist.
                if opens < closes:
                    yield opens, closes

    @property
    def starts(self) -> datetime:
        """The moment from which this version is in force, in UTC."""
        return self._at(max(self.since, date(FIRST_YEAR, 1, 1)), 0)

    def _at(self, day: date, minute: int) -> datetime:
        days, minute = divmod(minute, _DAY_MINUTES)
        clock = time(*divmod(minute, 60))
        return datetime.combine(day + days * _DAY, clock, self.zone).astimezone(UTC)


class _Year(NamedTuple):
    """The working hours whose local days lie in one year.

    ``before[i]`` is the working time of the year before ``opens[i]``; its last entry is the
    whole year's.
    """

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    before: tuple[timedelta, ...]

    @classmethod
    def of(cls, hours: Iterable[tuple[datetime, datetime]]) -> _Year:
        pairs = _apart(sorted(hours))
        worked = accumulate((closes - opens for opens, closes in pairs), initial=_NONE)
        return cls(tuple(a for a, _ in pairs), tuple(b for _, b in pairs), tuple(worked))

    def until(self, at: datetime) -> timedelta:
        """How much of this year's working time lies before a moment."""
        place = bisect_right(self.opens, at)
        if not place:
            return _NONE
        return self.before[place] - max(self.closes[place - 1] - at, _NONE)


@dataclass(frozen=True)
class Schedule:
    """When a team works. ``versions`` are in order of ``since``.

    Before the first version is in force its hours count too, so that history from before the
    schedule was written has working hours. All moments are aware; results are UTC.
    """

    name: str
    versions: tuple[Hours, ...]
    _years: dict[int, _Year] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    def is_open(self, at: datetime) -> bool:
        """Whether it is working time at this moment."""
        for year in self._around(at, at):
            place = bisect_right(year.opens, at)
            if place and at < year.closes[place - 1]:
                return True
        return False

    def open_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one moment to another; none where the end is not later."""
        if end <= start:
            return _NONE
        spent = (year.until(end) - year.until(start) for year in self._around(start, end))
        return sum(spent, _NONE)

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The first moment by which this much working time has passed since ``start``.

        Raises OverflowError where that is never, or later than the year LAST_YEAR.
        """
        if duration <= _NONE:
            return start.astimezone(UTC)
        left = duration
        for number in range(max(start.year - 1, FIRST_YEAR), LAST_YEAR + 1):
            year = self._year(number)
            done = year.until(start)
            if year.before[-1] - done >= left:
                return _reached(year, done + left)
            left -= year.before[-1] - done
        raise OverflowError(f"{self.name} has not that much working time before {LAST_YEAR}.")

    def hours_between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working hours in order: all that touch a span, and some around it."""
        for year in self._around(start, end):
            yield from zip(year.opens, year.closes, strict=True)

    def _around(self, start: datetime, end: datetime) -> Iterator[_Year]:
        """The years whose hours may touch a span; a local year is not the year in UTC."""
        first, last = max(start.year - 1, FIRST_YEAR), min(end.year + 1, LAST_YEAR)
        return map(self._year, range(first, last + 1))

    def _year(self, number: int) -> _Year:
        known = self._years.get(number)
        if known is None:
            known = self._years[number] = _Year.of(self._hours(number))
        return known

    def _hours(self, number: int) -> Iterator[tuple[datetime, datetime]]:
        days = (date(number, 1, 1) + n * _DAY for n in range(366))
        local = [day for day in days if day.year == number]
        for version, (begins, ends) in zip(self.versions, self._in_force(), strict=True):
            for opens, closes in chain.from_iterable(map(version.of_day, local)):
                if max(opens, begins) < min(closes, ends):
                    yield max(opens, begins), min(closes, ends)

    def _in_force(self) -> Iterator[tuple[datetime, datetime]]:
        later = [version.starts for version in self.versions[1:]]
        ends = [*later, datetime.max.replace(tzinfo=UTC)]
        return zip([datetime.min.replace(tzinfo=UTC), *later], ends, strict=True)


def _apart(hours: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Hours in order, without overlap.

    On the day the clocks leap ahead, a span that ends within the lost hour runs into the next.
    """
    apart: list[tuple[datetime, datetime]] = []
    for opens, closes in hours:
        begins = max(opens, apart[-1][1]) if apart else opens
        if begins < closes:
            apart.append((begins, closes))
    return apart


def _reached(year: _Year, worked: timedelta) -> datetime:
    """The first moment at which this much of a year's working time has passed."""
    place = bisect_left(year.before, worked)
    return year.closes[place - 1] - (year.before[place] - worked)
