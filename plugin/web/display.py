"""How values are written on pages: durations, shares, ranges, numbers, ages and times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from jinja2 import Environment, StrictUndefined

from plugin.amounts import duration, number, percent, points
from routing.conditions.durations import ago
from routing.conditions.evaluate import Seen
from routing.conditions.values import join_or, say
from routing.languages import language_name
from routing.outcomes.figures import ENOUGH, Share, Times
from routing.tickets import Fact, Value

STALE = timedelta(days=3)
"""A fact older than this is shown as stale; it is still used."""


def prepare(environment: Environment) -> None:
    """Give the templates these filters, and refuse names that do not exist."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters.update(
        age=age,
        clock=clock,
        date=day,
        duration=duration,
        language=language_name,
        moment=moment,
        number=number,
        percent=percent,
        points=points,
        say=say,
        share_range=share_range,
        stamp=stamp,
        time_range=time_range,
        together=together,
        utc=utc,
        web_address=web_address,
    )
    environment.globals.update(
        enough=ENOUGH,
        fact_age=fact_age,
        is_fresh=is_fresh,
        is_stale=is_stale,
        place=place,
        seen_value=seen_value,
        share_scale=share_scale,
        time_scale=time_scale,
    )


def share_range(share: Share) -> str:
    """The 95 % interval of a share: ``73.4 to 81.8``."""
    return f"{points(share.low)} to {points(share.high)}"


def time_range(times: Times) -> str:
    """The 95 % interval of a median: ``6 h 11 to 6 h 29``, or ``40 to 42 min``."""
    if times.low is None:
        return "not bounded yet"
    if times.high is None:
        return f"at least {duration(times.low)}"
    low, high = duration(times.low), duration(times.high)
    if low.endswith(" min") and high.endswith(" min"):
        low = low.removesuffix(" min")
    return f"{low} to {high}"


def utc(at: datetime) -> datetime:
    """The same moment in UTC, the one time zone the pages speak for now."""
    return at.astimezone(UTC)


def clock(at: datetime) -> str:
    """The time of day to the minute: ``9:40``."""
    at = utc(at)
    return f"{at.hour}:{at:%M}"


def stamp(at: datetime, today: datetime) -> str:
    """The time of day to the second, with the date unless it is today's: ``19 Nov 10:41:19``."""
    at, today = utc(at), utc(today)
    time = f"{at:%H:%M:%S}"
    return time if at.date() == today.date() else f"{at.day} {at:%b} {time}"


def day(at: datetime) -> str:
    """The date: ``20 Nov 2026``."""
    at = utc(at)
    return f"{at.day} {at:%b %Y}"


def moment(at: datetime) -> str:
    """Date and time, whole: ``Fri 20 Nov 2026, 9:40 UTC``."""
    return f"{utc(at):%a} {day(at)}, {clock(at)} UTC"


def age(at: datetime, now: datetime) -> str:
    """How long ago something was: ``now``, ``6 min ago``, ``2 h ago``, ``9 d ago``."""
    return ago(at, now)


def is_stale(as_of: datetime | None, now: datetime) -> bool:
    """Whether a fact is too old to be shown as fresh."""
    return as_of is not None and now - as_of > STALE


def is_fresh(known: Fact | Seen, now: datetime) -> bool:
    """Whether a value can be believed without a second thought.

    By what its source says of how long it holds; where that says nothing, by its age.
    """
    if isinstance(known, Fact) and known.fresh_until is not None:
        return known.is_fresh(now)
    return not is_stale(known.as_of, now)


def fact_age(fact: Fact | Seen, now: datetime) -> str:
    """Who says so, and how long ago: ``CRM, 2 h ago``."""
    source = fact.source or "unknown"
    return source if fact.as_of is None else f"{source}, {age(fact.as_of, now)}"


def seen_value(seen: Seen) -> str | None:
    """The value a test saw, unless its sentence says it already or it is unknown."""
    if seen.value is None:
        return None
    said = say(seen.value)
    return None if said.casefold() in seen.sentence.casefold() else _short(said)


def _short(text: str, most: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def together(words: Iterable[Value]) -> str:
    """Words as one list for people: ``a, b and c``."""
    return join_or([say(word) for word in words], "and")


def web_address(url: str | None) -> str | None:
    """The address if a browser may follow it, else None: never ``javascript:`` and the like."""
    return url if url and url.casefold().startswith(("https://", "http://")) else None


def place(value: float, low: float, high: float) -> float:
    """Where a value stands between two ends, from 0 to 100, for drawing."""
    if high <= low:
        return 50.0
    return round(min(100.0, max(0.0, (value - low) / (high - low) * 100)), 2)


def share_scale(shares: Iterable[Share | None], *, from_zero: bool) -> tuple[float, float]:
    """Ends of one scale that holds all these intervals, at whole tens of a percent.

    ``from_zero`` is for what is hoped to be small; else the scale ends at 100 %.
    """
    known = [share for share in shares if share is not None and share.enough]
    if from_zero:
        most = max((share.high for share in known), default=0.0)
        return 0.0, min(1.0, max(0.1, _tens(most, up=True)))
    least = min((share.low for share in known), default=0.7)
    return min(0.9, _tens(least, up=False)), 1.0


def _tens(value: float, *, up: bool) -> float:
    tens = value * 10
    return (int(tens) + (up and tens > int(tens))) / 10


def time_scale(times: Iterable[Times | None], goal: float | None = None) -> tuple[float, float]:
    """Ends of one scale, in seconds from 0, with all these medians, their intervals and a goal."""
    ends = [
        end
        for one in times
        if one is not None and one.enough
        for end in (one.median, one.high)
        if end is not None
    ]
    return 0.0, (max([*ends, goal or 0.0]) or 1.0) * 1.25
