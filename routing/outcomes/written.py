"""Answers as JSON: each number with its n and its interval."""

from __future__ import annotations

from typing import Any

from routing.outcomes.definitions import KPIS
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.outcomes.question import Answer

Json = dict[str, Any]


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


def _out(figure: Share | Times | Score | None) -> Json | None:
    told: Json
    match figure:
        case Share() | Score():
            told = {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}
        case Times():
            told = {
                "median": figure.median,
                "low": figure.low,
                "high": figure.high,
                "p90": figure.p90,
                "n": figure.n,
                "waiting": figure.waiting,
            }
        case None:
            return None
    return {**told, "enough": figure.enough}
