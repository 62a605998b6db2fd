"""The numbers of a period as a table that goes out: each with its n and its interval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from plugin.spreadsheet import Column, Kind, Table
from plugin.views.results import Comparison, Pair
from routing.outcomes.definitions import KPIS, Kpi, Unit
from routing.outcomes.figures import Kpis
from routing.outcomes.question import Answer, Label

_KINDS = {Unit.SHARE: Kind.SHARE, Unit.TIME: Kind.DURATION, Unit.SCORE: Kind.NUMBER}

Cell = str | int | float | timedelta | None


def table_of(answer: Answer) -> Table:
    """One row for each group, and all of them together at the end."""
    question = answer.question
    by = question.by
    columns = (
        *(() if by is None else (Column(by.value),)),
        *(Column(name, Kind.NUMBER) for name in ("tickets", "open", "merged or deleted")),
        *(column for kpi in KPIS.values() for column in _columns(kpi)),
    )
    name = f"kpis-{'in-all' if by is None else f'by-{by.value}'}-{question.until:%Y-%m-%d}"
    return Table(name, columns, _rows(answer))


def differences_of(comparison: Comparison) -> Table:
    """One row for each comparison that was made, corrected together.

    The difference of a share is in points, of a time how many times as fast the first group is, of
    a score as far as the two lie apart.
    """
    names = ("KPI", "first group", "second group")
    columns = (
        *(Column(name) for name in names),
        Column("unit"),
        *(Column(name, Kind.NUMBER) for name in ("difference", "low", "high", "chance")),
        *(Column(name, Kind.NUMBER) for name in ("n of the first", "n of the second")),
        Column("shown", Kind.YES_NO),
    )
    name = f"differences-by-{comparison.asked.by.value}-{comparison.asked.until:%Y-%m-%d}"
    return Table(name, columns, (_difference(one) for one in comparison.pairs))


_UNITS = {Unit.SHARE: "points", Unit.TIME: "times as fast", Unit.SCORE: "points"}


def _difference(one: Pair) -> tuple[Cell, ...]:
    kpi = KPIS[one.key]
    times = 100 if kpi.unit is Unit.SHARE else 1
    found = one.difference
    ends = (times * found.value, times * found.low, times * found.high)
    return (kpi.title, one.first, one.second, _UNITS[kpi.unit], *ends, found.p, *one.n, one.shown)


def said(label: Label) -> str:
    """A group's label for people."""
    return "none" if label is None else label


def _rows(answer: Answer) -> Iterator[tuple[Cell, ...]]:
    for label, kpis in answer.groups.items():
        yield (said(label), *_cells(kpis))
    yield (*(() if answer.question.by is None else ("all",)), *_cells(answer.total))


def _columns(kpi: Kpi) -> Iterator[Column]:
    kind = _KINDS[kpi.unit]
    ends = ("median", "low", "high", "p90") if kpi.unit is Unit.TIME else ("", "low", "high")
    for end in ends:
        yield Column(f"{kpi.title} {end}".strip(), kind)
    counted = (kpi.of, "still waiting") if kpi.unit is Unit.TIME else (kpi.of,)
    for name in counted:
        yield Column(f"{kpi.title}, {name}", Kind.NUMBER)


def _cells(kpis: Kpis) -> Iterator[Cell]:
    yield from (kpis.tickets, kpis.backlog, kpis.gone)
    for kpi in KPIS.values():
        yield from _times(kpi, kpis) if kpi.unit is Unit.TIME else _value(kpi, kpis)


def _value(kpi: Kpi, kpis: Kpis) -> tuple[Cell, ...]:
    told = kpi.share(kpis) or kpi.score(kpis)
    return (None, None, None, 0) if told is None else (told.value, told.low, told.high, told.n)


def _times(kpi: Kpi, kpis: Kpis) -> tuple[Cell, ...]:
    times = kpi.times(kpis)
    if times is None:
        return (None, None, None, None, 0, 0)
    lengths = (times.median, times.low, times.high, times.p90)
    return (
        *(None if one is None else timedelta(seconds=one) for one in lengths),
        times.n,
        times.waiting,
    )
