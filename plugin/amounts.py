"""How amounts are written wherever people read them: lengths of time, counts, shares."""

from __future__ import annotations

from datetime import timedelta

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NARROW = "\u202f"  # the narrow space before a percent sign, which does not break


def duration(span: float | timedelta) -> str:
    """A length of time: ``0.21 s``, ``18 min``, ``4 h 05``, ``1 d 3 h``.

    ``span`` is in seconds or a timedelta. It is rounded to what is shown: 59.7 minutes are ``1 h``.
    """
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 0:
        return f"−{duration(-seconds)}"
    if seconds < 9.995:
        return f"{seconds:.2f} s" if seconds else "0 s"
    if round(seconds) < _MINUTE:
        return f"{round(seconds)} s"
    minutes = round(seconds / _MINUTE)
    if minutes < _HOUR // _MINUTE:
        return f"{minutes} min"
    if minutes < _DAY // _MINUTE:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest:02}" if rest else f"{hours} h"
    days, hours = divmod(round(seconds / _HOUR), 24)
    return f"{days:,} d {hours} h" if hours else f"{days:,} d"


def number(value: float) -> str:
    """A count with its thousands apart: ``48,210``."""
    return f"{value:,.0f}"


def points(share: float) -> str:
    """A share from 0 to 1 as a bare percentage with one decimal: ``88.0``."""
    return f"{share * 100:.1f}"


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage with one decimal: ``88.0 %``."""
    return f"{points(share)}{_NARROW}%"


def short_percent(share: float) -> str:
    """The same where room is short or the number is a round one: ``90 %``, ``77.9 %``."""
    return f"{points(share).removesuffix('.0')}{_NARROW}%"
