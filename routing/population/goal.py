"""A segment's goal, read from the words a lead wrote, and how far away it is.

"CSAT at least 90 % by March, median resolution at most 8 h" is two goals. What is not understood
stays words: nothing is refused, it is only not measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from routing.outcomes.figures import Difference, Kpis, Score, Share, Times, lacking
from routing.outcomes.medians import MediansApart


class Metric(StrEnum):
    """The KPIs a goal can name, as they are said."""

    CSAT = "CSAT"
    FIRST_REPLY = "first reply"
    RESOLUTION = "resolution"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    ONE_TOUCH = "one touch"

    @property
    def is_time(self) -> bool:
        """Whether it is a length of time (in seconds), and not a share (0 to 1)."""
        return self in {Metric.FIRST_REPLY, Metric.RESOLUTION}

    @property
    def key(self) -> str:
        """Its key in the table of KPIs."""
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal. ``value`` is a share from 0 to 1, or seconds for a length of time.

    ``wants`` says to which side of the value the KPI belongs. A time is its median, unless
    ``quantile`` is p90. ``more`` are the words around it that are not measured: "by March".
    """

    metric: Metric
    wants: Literal["at least", "at most"]
    value: float
    quantile: Literal["median", "p90"] = "median"
    more: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a segment stands against one goal.

    ``now``, ``low`` and ``high`` are the KPI with its 95 % interval, in the goal's unit, of ``n``
    observations; ``now`` is None where there is nothing to tell yet, and with ``n`` of ENOUGH or
    more that is because too much is still open. ``gap`` is how far the KPI is on the good side of
    the goal: negative means that it is missed. ``lacks`` are the observations still needed.
    """

    goal: Goal
    now: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def lacks(self) -> int:
        """How many observations are missing until it is shown as a measurement."""
        return lacking(self.n)

    @property
    def gap(self) -> float | None:
        """How far the KPI is on the good side of the goal, negative on the bad one."""
        if self.now is None:
            return None
        ahead = self.now - self.goal.value
        return ahead if self.goal.wants == "at least" else -ahead

    @property
    def met(self) -> bool | None:
        """Whether the goal is met now; None where that cannot be told yet."""
        return None if self.gap is None else self.gap >= 0

    @property
    def surely_missed(self) -> bool:
        """Whether the whole interval is on the bad side of the goal."""
        nearest = self.high if self.goal.wants == "at least" else self.low
        if nearest is None:
            return False
        return (
            nearest < self.goal.value
            if self.goal.wants == "at least"
            else (nearest > self.goal.value)
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a KPI lies from what it was before, the newer one first.

    ``medians`` is how far the medians of a time lie apart, None for a share.
    """

    difference: Difference
    medians: MediansApart | None


@dataclass(frozen=True, slots=True)
class Progress:
    """One goal over time.

    ``now`` is where it stands over the whole period, ``weeks`` where it stood over the four weeks
    before each of ``ends``. ``missed_since`` is the first of those ends from which on it has been
    missed without a break. ``away`` is how far the last four weeks are from the four before, where
    the goal is missed and that difference, which is no chance, leads further away from it.
    """

    now: Standing
    ends: tuple[datetime, ...]
    weeks: tuple[Standing, ...]
    missed_since: datetime | None
    away: Moved | None

    @property
    def weeks_missed(self) -> int:
        """For how many weeks it has been missed without a break."""
        if self.missed_since is None:
            return 0
        return len(self.ends) - self.ends.index(self.missed_since)


_METRICS: tuple[tuple[str, Metric], ...] = (
    (r"csat|satisfaction|happy ratings?", Metric.CSAT),
    (r"first[ -](?:reply|response|answer)(?: time)?", Metric.FIRST_REPLY),
    (r"(?:full |time to )?(?:resolution|solution|solving)(?: time)?|solved", Metric.RESOLUTION),
    (r"transfer(?:s|red)?(?: rate)?", Metric.TRANSFERRED),
    (r"reopen(?:s|ed|ings?)?(?: rate)?", Metric.REOPENED),
    (r"one[ -]touch(?: rate)?", Metric.ONE_TOUCH),
)
_AT_LEAST = r"at least|≥|>=|over|above|more than|>"
_AT_MOST = r"at most|≤|<=|under|below|less than|within|in|<"
_UNITS = r"%|percent|seconds?|s|minutes?|min|m|hours?|h|days?|d"
_GOAL = re.compile(
    r"(?P<quantile>(?:the )?(?:median|p90|90th percentile)(?: of)?)? ?"
    rf"(?:{'|'.join(f'(?P<m{place}>{words})' for place, (words, _) in enumerate(_METRICS))})"
    r"(?:,? (?P<after>median|p90))? "
    rf"(?:is )?(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})) ?"
    rf"(?P<number>\d{{1,6}}(?:\.\d{{1,3}})?) ?(?P<unit>{_UNITS})?"
    r"(?: (?P<minutes>\d{1,2})(?: ?min)?)?(?: (?P<more>\D.*))?",
    re.IGNORECASE,
)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SPACES = re.compile(r"\s+")
MAX_TEXT = 2_000
"""Longest text that is read, in characters; what follows is left out."""


def read_goals(text: str) -> tuple[Goal | str, ...]:
    """The goals in a text, in its order; a part that names no KPI and value stays words."""
    plain = _SPACES.sub(" ", text[:MAX_TEXT]).strip()
    parts = (part.strip(" .") for part in re.split(r"[,;]| and (?=\D)", plain))
    return tuple(_read(part) for part in parts if part)


def _read(part: str) -> Goal | str:
    found = _GOAL.fullmatch(part)
    if found is None:
        return part
    metric = next(m for place, (_, m) in enumerate(_METRICS) if found[f"m{place}"] is not None)
    value = _value(metric, found)
    if value is None:
        return part
    said = f"{found['quantile'] or ''} {found['after'] or ''}".casefold()
    return Goal(
        metric=metric,
        wants="at least" if found["least"] else "at most",
        value=value,
        quantile="p90" if "90" in said and metric.is_time else "median",
        more=found["more"] or "",
    )


def _value(metric: Metric, found: re.Match[str]) -> float | None:
    """The number in the metric's unit; None where the unit is one of another kind."""
    number = float(found["number"])
    unit = (found["unit"] or "").casefold()
    rest = found["minutes"]
    if not metric.is_time:
        is_share = unit in {"%", "percent", ""} and rest is None and number <= 100
        return number / 100 if is_share else None
    if unit in {"", "%", "percent"} or (rest is not None and unit[0] != "h"):
        return None
    return number * _SECONDS[unit[0]] + (float(rest) * 60 if rest else 0.0)


def write_goal(goal: Goal) -> str:
    """A goal in words that ``read_goals`` reads, always the same for the same goal."""
    quantile = "p90 " if goal.quantile == "p90" else "median " if goal.metric.is_time else ""
    value, unit = goal.value * 100, "%"
    if goal.metric.is_time:
        unit = next(one for one in "dhms" if one == "s" or goal.value % _SECONDS[one] == 0)
        value = goal.value / _SECONDS[unit]
    return f"{quantile}{goal.metric.value} {goal.wants} {round(value, 3):g} {unit}"


def standing(goal: Goal, kpis: Kpis) -> Standing:
    """Where these KPIs stand against the goal; below ENOUGH observations nothing is said."""
    return standing_of(goal, getattr(kpis, goal.metric.key))


def standing_of(goal: Goal, figure: Share | Times | Score | None) -> Standing:
    """The same of the one KPI that the goal is about."""
    if figure is None or not figure.enough:
        return Standing(goal, None, None, None, 0 if figure is None else figure.n)
    if isinstance(figure, Share | Score):
        return Standing(goal, figure.value, figure.low, figure.high, figure.n)
    if goal.quantile == "p90":
        return Standing(goal, figure.p90, None, None, figure.n)
    return Standing(goal, figure.median, figure.low, figure.high, figure.n)
