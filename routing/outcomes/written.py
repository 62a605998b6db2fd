"""Answers as rows for tables and as JSON: each number with its n and its interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from routing.outcomes.definitions import KPIS, Kpi, Unit
from routing.outcomes.figures import Kpis, Share, Times
from routing.outcomes.question import Answer, Label

Json = dict[str, Any]
Cell = str | int | float | None


def head(by: str | None) -> tuple[str, ...]:
    """The columns of ``rows``: shares are from 0 to 1, times in seconds."""
    return (
        *(() if by is None else (by,)),
        "tickets",
        "backlog",
        "merged or deleted",
        *(name for kpi in KPIS.values() for name in _columns(kpi)),
    )


def rows(answer: Answer) -> Iterator[tuple[Cell, ...]]:
    """One row for each group, and all of them together at the end."""
    by = answer.question.by
    for label, kpis in answer.groups.items():
        yield (said(label), *_cells(kpis))
    yield (*(() if by is None else ("all",)), *_cells(answer.total))


def said(label: Label) -> str:
    """A group's label for people."""
    return "none" if label is None else label


def _columns(kpi: Kpi) -> tuple[str, ...]:
    if kpi.unit is Unit.SHARE:
        return (kpi.title, *(f"{kpi.title}, {end}" for end in ("low", "high", "n")))
    ends = ("median, s", "low, s", "high, s", "p90, s", "n", "waiting")
    return tuple(f"{kpi.title}, {end}" for end in ends)


def _cells(kpis: Kpis) -> Iterator[Cell]:
    yield from (kpis.tickets, kpis.backlog, kpis.gone)
    for kpi in KPIS.values():
        yield from _numbers(kpi, kpis)


def _numbers(kpi: Kpi, kpis: Kpis) -> tuple[Cell, ...]:
    if kpi.unit is Unit.SHARE:
        share = kpi.share(kpis)
        return (None, None, None, 0) if share is None else _of_share(share)
    times = kpi.times(kpis)
    return (None, None, None, None, 0, 0) if times is None else _of_times(times)


def _of_share(share: Share) -> tuple[Cell, ...]:
    return share.value, share.low, share.high, share.n


def _of_times(times: Times) -> tuple[Cell, ...]:
    return times.median, times.low, times.high, times.p90, times.n, times.waiting


def answer_out(answer: Answer) -> Json:
    """An answer as JSON, with the definition of every number in it."""
    question = answer.question
    return {
        "since": question.since.isoformat(),
        "until": question.until.isoformat(),
        "by": question.by,
        "only": dict(question.only),
        "clock": question.clock,
        "exact": question.exact,
        "counted_at": None if answer.counted_at is None else answer.counted_at.isoformat(),
        "total": kpis_out(answer.total),
        "groups": [{"label": label, **kpis_out(kpis)} for label, kpis in answer.groups.items()],
        "trend": [
            {
                "until": one.until.isoformat(),
                "total": _out(one.total),
                "groups": [{"label": label, "value": _out(v)} for label, v in one.groups.items()],
            }
            for one in answer.trend
        ],
        "definitions": {
            kpi.key: {"title": kpi.title, "unit": kpi.unit, "definition": kpi.definition}
            for kpi in KPIS.values()
        },
    }


def kpis_out(kpis: Kpis) -> Json:
    """KPIs as JSON. Shares are from 0 to 1, times in seconds; null where there is nothing yet."""
    return {
        "tickets": kpis.tickets,
        "backlog": kpis.backlog,
        "gone": kpis.gone,
        **{key: _out(getattr(kpis, key)) for key in KPIS},
    }


def _out(figure: Share | Times | None) -> Json | None:
    match figure:
        case Share():
            told = dict(zip(("value", "low", "high", "n"), _of_share(figure), strict=True))
        case Times():
            names = ("median", "low", "high", "p90", "n", "waiting")
            told = dict(zip(names, _of_times(figure), strict=True))
        case None:
            return None
    return {**told, "enough": figure.enough}
