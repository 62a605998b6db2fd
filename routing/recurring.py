"""Moments that come every week on somebody's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


def latest(weekday: int, hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment up to ``now`` at which it was ``hour`` o'clock on ``weekday`` (0: Monday).

    Where the clocks went forward over that hour it is the moment after; where they went back, the
    first of the two. ``now`` is aware; the answer is in UTC.
    """
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    at = _at(day, hour, zone)
    return at if at <= now else _at(day - WEEK, hour, zone)


def week_before(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The seven whole days before the day of this moment, as [since, until), in UTC."""
    day = at.astimezone(zone).date()
    return _at(day - WEEK, 0, zone), _at(day, 0, zone)


def week_name(at: datetime, zone: ZoneInfo) -> str:
    """The week in which this moment lies, as ISO 8601 names it: 2026-W10."""
    year, week, _ = at.astimezone(zone).date().isocalendar()
    return f"{year}-W{week:02}"


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
