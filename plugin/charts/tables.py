"""The table behind each chart: the same numbers in words, and as they are for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugin.charts import words
from plugin.charts.values import (
    Bars,
    BeforeAfter,
    Chart,
    Durations,
    Estimate,
    Intervals,
    Pareto,
    Spark,
    Survival,
    Trend,
    Unit,
)

_ESTIMATE = ("value", "low", "high", "n")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``parts`` names what a cell of it holds for a spreadsheet, if that is several."""

    title: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in words, its doubt beside it, the page behind it, and the plain values."""

    text: str
    doubt: str = ""
    href: str = ""
    plain: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def plain_rows(self) -> Iterator[Sequence[object]]:
        """The table for a spreadsheet: a head, then plain values; shares are from 0 to 1."""
        yield [
            f"{words.plain(column.title)}, {part}" if part else words.plain(column.title)
            for column in self.columns
            for part in column.parts or ("",)
        ]
        for row in self.rows:
            yield [value for cell in row for value in cell.plain or (cell.text,)]


def table(chart: Chart) -> Table:
    """The numbers of a chart, in the order in which it shows them."""
    match chart:
        case Intervals():
            return _intervals(chart)
        case Trend():
            return _trend(chart)
        case BeforeAfter():
            return _before_after(chart)
        case Durations():
            return _durations(chart)
        case Pareto():
            return _pareto(chart)
        case Spark():
            rows = zip(chart.ends, chart.counts, strict=True)
            return Table(
                (Column("Week to"), Column("Tickets")),
                tuple((_name(words.day(end)), _value(Unit.COUNT, n)) for end, n in rows),
            )
        case Bars():
            return _bars(chart)
        case Survival():
            return _survival(chart)


def _name(text: str) -> Cell:
    return Cell(words.plain(text))


def _value(unit: Unit, value: float | None, href: str = "") -> Cell:
    said = "" if value is None else words.amount(unit, value)
    return Cell(said, href=href, plain=(value,))


def _estimated(unit: Unit, one: Estimate, counted: tuple[str, str]) -> Cell:
    if not one.known or one.value is None:
        return Cell("not yet", words.too_few(one, counted), one.href, (None, None, None, one.n))
    doubt = f"{words.interval(unit, one.low, one.high)}, n = {one.n:,}".removeprefix(", ")
    plain = (one.value, one.low, one.high, one.n)
    return Cell(words.amount(unit, one.value), doubt, one.href, plain)


def _intervals(chart: Intervals) -> Table:
    rows = tuple(
        (
            _name(row.label),
            _estimated(chart.unit, row.estimate, chart.counted),
            _value(chart.unit, row.goal),
        )
        for row in chart.rows
    )
    columns = (Column("Group"), Column(chart.title, _ESTIMATE), Column("Goal"))
    if all(row.goal is None for row in chart.rows):
        return Table(columns[:2], tuple(row[:2] for row in rows))
    return Table(columns, rows)


def _trend(chart: Trend) -> Table:
    head = "Week to" if chart.by == "week" else "Month to"
    lines = [Column(line.label, _ESTIMATE) for line in chart.lines]
    rows = (
        (
            _name(words.day(end)),
            *(_estimated(chart.unit, line.points[at], chart.counted) for line in chart.lines),
        )
        for at, end in enumerate(chart.ends)
    )
    return Table((Column(head), *lines), tuple(rows))


def _before_after(chart: BeforeAfter) -> Table:
    rows = (
        (
            _name(one.label),
            _value(chart.unit, one.now, one.href),
            _value(chart.unit, one.before),
            _value(chart.unit, chart.room),
        )
        for one in chart.bars
    )
    titles = ("", chart.now_says, chart.before_says, "Room")
    return Table(tuple(map(Column, titles)), tuple(rows))


def _durations(chart: Durations) -> Table:
    buckets = [
        (
            Cell(
                f"{words.amount(Unit.TIME, one.low)} to {words.amount(Unit.TIME, one.high)}",
                plain=(one.low, one.high),
            ),
            _value(Unit.COUNT, one.tickets, one.href),
        )
        for one in chart.buckets
    ]
    marked = [
        (Cell(name, plain=(at, None)), Cell(words.amount(Unit.TIME, at), plain=(name,)))
        for name, at in (("Median", chart.median), ("P90", chart.p90))
        if at is not None
    ]
    columns = (Column("Took", ("seconds from", "to")), Column("Tickets"))
    return Table(columns, (*buckets, *marked))


def _pareto(chart: Pareto) -> Table:
    rows = (
        (
            _name(one.label or f"The first {words.amount(Unit.SHARE, one.customers)}"),
            _value(Unit.SHARE, one.customers),
            _value(Unit.SHARE, one.revenue, one.href),
        )
        for one in chart.curve
    )
    return Table(tuple(map(Column, ("Up to", "Customers", "Revenue"))), tuple(rows))


def _bars(chart: Bars) -> Table:
    names = list(dict.fromkeys(part.label for bar in chart.bars for part in bar.parts))
    rows = []
    for bar in chart.bars:
        parts = {part.label: part for part in bar.parts}
        total = _value(chart.unit, sum(part.value for part in bar.parts))
        cells = [
            _value(chart.unit, parts[name].value, parts[name].href)
            if name in parts
            else _value(chart.unit, 0.0)
            for name in names
        ]
        rows.append((_name(bar.label), *cells, *([total] if len(names) > 1 else [])))
    heads = [*(name or chart.title for name in names), *(["Together"] if len(names) > 1 else [])]
    return Table(tuple(map(Column, ("", *heads))), tuple(rows))


def _survival(chart: Survival) -> Table:
    rows = (
        (
            _name(curve.label),
            _value(Unit.TIME, step.after),
            Cell(
                words.amount(Unit.SHARE, step.open),
                f"{words.interval(Unit.SHARE, step.low, step.high)}, n = {step.n:,}",
                curve.href,
                (step.open, step.low, step.high, step.n),
            ),
        )
        for curve in chart.curves
        for step in curve.steps
    )
    columns = (Column("Group"), Column("After"), Column(f"Still {chart.still}", _ESTIMATE))
    return Table(columns, tuple(rows))
