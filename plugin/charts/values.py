"""What the charts show: one plain value for each kind of chart.

A value can be written into an address and read back, so that a picture is drawn from the same
numbers as the table under it (``plugin.charts.written``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Literal

from routing.outcomes.figures import ENOUGH

EVERYONE_ELSE = 7
"""The grey of the seven colours: whoever has no colour of their own."""


class Unit(StrEnum):
    """What a chart's values count."""

    SHARE = "share"
    """A part of a whole, from 0 to 1."""
    TIME = "time"
    """A length of time in seconds."""
    COUNT = "count"
    """A number of tickets, answers or customers."""


def colours(names: Iterable[str]) -> Mapping[str, int]:
    """A colour (1 to 7) for each segment, in order of priority; from the seventh on it is grey.

    Taken from all segments of the playbook and not from those shown, a colour stays with its
    segment from chart to chart.
    """
    numbers = chain(range(1, EVERYONE_ELSE), iter(lambda: EVERYONE_ELSE, None))
    return dict(zip(names, numbers, strict=False))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measurement of ``n`` observations with its 95 % interval, in the chart's unit.

    ``value`` is None where there is nothing to tell yet. ``href`` is the path on this site of the
    page that lists what was measured; empty where there is none.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    href: str = ""

    @property
    def known(self) -> bool:
        """Whether there is enough to draw it."""
        return self.value is not None and self.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Row:
    """One group's estimate; ``colour`` from 1 to 7 belongs to the group wherever it is drawn."""

    label: str
    colour: int
    estimate: Estimate
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Intervals:
    """Groups beside each other: a dot with its 95 % interval for each, on one scale.

    ``defines`` is one line: what is measured, n, and what the interval is. ``counted`` is what n
    counts, one or many. ``from_zero`` is for what is hoped to be small.
    """

    title: str
    defines: str
    unit: Unit
    rows: tuple[Row, ...]
    counted: tuple[str, str] = ("ticket", "tickets")
    from_zero: bool = False
    kind: Literal["intervals"] = "intervals"


@dataclass(frozen=True, slots=True)
class Line:
    """One group over time: an estimate for each of the chart's days."""

    label: str
    colour: int
    points: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened and may explain a change: a playbook, a new definition."""

    on: date
    says: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Groups over weeks or months, each a line with its 95 % band.

    ``ends`` are the last days of the periods, in order; every line has a point for each. A point
    that is not known is a gap.
    """

    title: str
    defines: str
    unit: Unit
    ends: tuple[date, ...]
    lines: tuple[Line, ...]
    moments: tuple[Moment, ...] = ()
    goal: float | None = None
    by: Literal["week", "month"] = "week"
    counted: tuple[str, str] = ("ticket", "tickets")
    kind: Literal["trend"] = "trend"


@dataclass(frozen=True, slots=True)
class Change:
    """A bar as it is or would be, and as it was: ``before`` is a short line across it."""

    label: str
    now: float
    before: float | None
    href: str = ""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Bars against what was before, and against what there is room for.

    A bar above ``room`` gets the colour that says so. ``now_says`` and ``before_says`` name the
    two: "With the draft" and "Live".
    """

    title: str
    defines: str
    unit: Unit
    bars: tuple[Change, ...]
    room: float | None = None
    now_says: str = "Now"
    before_says: str = "Before"
    kind: Literal["before and after"] = "before and after"


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many tickets took at least ``low`` and less than ``high`` seconds."""

    low: float
    high: float
    tickets: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long tickets took, on a logarithmic scale, with the median and p90 in seconds."""

    title: str
    defines: str
    buckets: tuple[Bucket, ...]
    median: float | None = None
    p90: float | None = None
    kind: Literal["durations"] = "durations"


@dataclass(frozen=True, slots=True)
class Reached:
    """A point on the curve: the first ``customers`` (a share) bring ``revenue`` (a share).

    A ``label`` names the segment that ends here; without one it is only a point of the curve.
    """

    customers: float
    revenue: float
    label: str = ""
    colour: int = EVERYONE_ELSE
    href: str = ""


@dataclass(frozen=True, slots=True)
class Pareto:
    """Customers, those with most revenue first, against the revenue that they bring together.

    The curve begins at (0, 0), ends at (1, 1) and falls nowhere.
    """

    title: str
    defines: str
    curve: tuple[Reached, ...]
    mark: float = 0.8
    kind: Literal["pareto"] = "pareto"


@dataclass(frozen=True, slots=True)
class Spark:
    """How a count grew over 8 to 12 weeks, as small as a word."""

    title: str
    defines: str
    ends: tuple[date, ...]
    counts: tuple[int, ...]
    kind: Literal["spark"] = "spark"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar."""

    label: str
    colour: int
    value: float
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one part, or of several that add up."""

    label: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from zero with their values, plain or stacked."""

    title: str
    defines: str
    unit: Unit
    bars: tuple[Bar, ...]
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True, slots=True)
class Step:
    """From ``after`` seconds on, this share has not ended, of ``n`` that had not until then."""

    after: float
    open: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Curve:
    """How the tickets of one group are solved over time, or its customers leave."""

    label: str
    colour: int
    steps: tuple[Step, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Survival:
    """The share of tickets still open after a time (Kaplan-Meier), with its 95 % band.

    ``still`` says in a word or two what those are that have not ended: "open", "customers".
    """

    title: str
    defines: str
    curves: tuple[Curve, ...]
    still: str = "open"
    kind: Literal["survival"] = "survival"


Chart = Intervals | Trend | BeforeAfter | Durations | Pareto | Spark | Bars | Survival
"""Any chart."""
