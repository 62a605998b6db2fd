"""The weeks in which topics are looked for, and those compared, as ``outcomes.growth`` does."""

from __future__ import annotations

from datetime import datetime, timedelta

WEEK = timedelta(days=7)

WEEKS = 16
"""Weeks whose tickets are looked at."""

SHOWN = 12
"""Weeks that are drawn."""

RECENT = 4
"""Weeks that are compared with as many before them."""

COMPARED = 2 * RECENT

YEAR = 52
"""Weeks after which the season comes again."""

Spans = tuple[tuple[datetime, datetime], ...]


def spans(until: datetime) -> Spans:
    """The times whose tickets are needed: the last WEEKS, and those COMPARED, a year before."""
    year = until - YEAR * WEEK
    return (until - WEEKS * WEEK, until), (year - COMPARED * WEEK, year)
