"""What a page of results is asked for: read from its address, and written into others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from plugin.views.results import Against, Asked
from routing.outcomes.definitions import KPIS, Unit
from routing.outcomes.dimensions import Clock, Dimension

PERIODS = (7, 30, 90, 365)
"""The periods to choose from, in days."""

USUAL = 90

DRAWN = tuple(kpi.key for kpi in KPIS.values() if kpi.unit is not Unit.SCORE)
"""The KPIs that are drawn over time."""

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
NONE = "none"
"""How an address says that a ticket has no label."""

Choice = TypeVar("Choice", bound=StrEnum)


def asked(args: Mapping[str, str], now: datetime) -> Asked:
    """What an address asks for; what it says wrongly is as if it said nothing.

    ``since`` and ``until`` are days (the last one included); ``days`` is a period that ends now.
    """
    since, until = _day(args.get("since")), _day(args.get("until"))
    wanted = args.get("days", "")
    days = int(wanted) if wanted in map(str, PERIODS) else USUAL
    start = now - timedelta(days=days) if since is None else max(since, FIRST)
    end = now if since is None or until is None else min(until + timedelta(days=1), now)
    fits = start < end
    return Asked(
        since=start if fits else now - timedelta(days=days),
        until=end if fits else now,
        days=days if since is None or not fits else None,
        only={
            one: None if args[one] == NONE else args[one][:200]
            for one in Dimension
            if args.get(one)
        },
        by=_one_of(Dimension, args.get("by"), Dimension.SEGMENT),
        clock=_one_of(Clock, args.get("clock"), Clock.WORKING),
        against=_one_of(Against, args.get("against"), Against.BEFORE),
        kpi=args["kpi"] if args.get("kpi") in DRAWN else "csat",
        exact=args.get("exact") == "1",
    )


def address(of: Asked) -> dict[str, str]:
    """The same as an address says it, without what it need not say."""
    usual = Asked(of.since, of.until, of.days)
    told = {one.value: NONE if label is None else label for one, label in of.only.items()}
    if of.days is None:
        told |= {"since": f"{of.since:%Y-%m-%d}", "until": f"{_last_day(of):%Y-%m-%d}"}
    elif of.days != USUAL:
        told["days"] = str(of.days)
    for name in ("by", "clock", "against", "kpi"):
        if getattr(of, name) != getattr(usual, name):
            told[name] = str(getattr(of, name))
    return told | ({"exact": "1"} if of.exact else {})


def _last_day(of: Asked) -> datetime:
    return of.until - timedelta(microseconds=1)


def _one_of(choices: type[Choice], wanted: str | None, usual: Choice) -> Choice:
    return choices(wanted) if wanted in set(choices) else usual


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
