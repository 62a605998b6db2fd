"""A few groups beside each other, and the same as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from plugin.amounts import duration, number, points
from plugin.charts import scales
from plugin.charts.values import Unit as ChartUnit
from plugin.pages.results import Compares
from plugin.tables.results import differences_of, table_of
from plugin.views.people import Role
from plugin.views.results import FILTERS, Against, ComparedGroup, Comparison, Having
from plugin.web.downloads import Form, download
from plugin.web.guard import allow
from plugin.web.results.asked import NONE, PERIODS, address, asked
from routing.outcomes.definitions import KPIS, Kpi, Unit
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import ENOUGH, Score, Share, Times
from routing.outcomes.question import Label

MOST_READ = 20
"""Groups that are read from an address; further ones are as if they were not there."""

COUNTED: Mapping[str, Having] = {
    "csat": Having.RATED,
    "answered": Having.ASKED,
    "first_reply": Having.ALL,
    "first_resolution": Having.ALL,
    "resolution": Having.ALL,
    "promised": Having.PROMISED,
    "transferred": Having.ALL,
    "reopened": Having.SOLVED,
    "one_touch": Having.TOUCHES_KNOWN,
}
"""The tickets that the n of a KPI counts."""

SPLIT = tuple(kpi for kpi in KPIS.values() if kpi.unit is Unit.SHARE)


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale that all groups of a KPI are drawn on, and what its marks say."""

    low: float
    high: float
    marks: tuple[str, ...]


def compare_blueprint(compares: Compares) -> Blueprint:
    """The comparison."""
    blueprint = Blueprint("compare", __name__, url_prefix="/compare")

    def compared() -> Comparison:
        wanted = asked(request.args, compares.now())
        return compares.compare(wanted, _chosen(request.args.getlist("with"), wanted.by))

    @blueprint.get("")
    @allow(Role.LEAD)
    def page() -> str:
        view = compared()
        return render_template("results/compare.html", view=view, **_words(view))

    @blueprint.get("/numbers.<any(csv,xlsx):form>")
    @allow(Role.LEAD)
    def numbers(form: str) -> Response:
        return download(table_of(compared().answer), Form(form))

    @blueprint.get("/differences.<any(csv,xlsx):form>")
    @allow(Role.LEAD)
    def differences(form: str) -> Response:
        return download(differences_of(compared()), Form(form))

    return blueprint


def _chosen(told: Sequence[str], by: Dimension) -> list[Label]:
    """The labels that an address asks for; those of another dimension are none of these."""
    if request.args.get("of", by) != by:
        return []
    return [None if one == NONE else one[:200] for one in told[:MOST_READ]]


def _words(view: Comparison) -> dict[str, Any]:
    wanted = view.asked
    taken = [one.label for one in view.groups]

    def link(to: str = "compare.page", labels: Sequence[Label] = taken, **changes: Any) -> str:
        more = {name: changes.pop(name) for name in ("form", "_anchor") if name in changes}
        told = {**address(replace(wanted, **changes)), **_with(labels)}
        return url_for(to, **told, **more)

    def behind(group: ComparedGroup, key: str) -> str:
        told: dict[str, Any] = address(
            replace(wanted, only={**wanted.only, wanted.by: group.label})
        )
        return url_for("results.tickets", **told, having=COUNTED[key].value)

    return {
        "periods": PERIODS,
        "filters": FILTERS,
        "kpis": KPIS,
        "split": SPLIT,
        "link": link,
        "behind": behind,
        "numbered": COUNTED,
        "chosen": [NONE if one is None else one for one in taken],
        "address": address(wanted),
        "axis": axis_of,
        "no_label": NONE,
        "Against": Against,
        "Clock": Clock,
        "Dimension": Dimension,
    }


def _with(labels: Sequence[Label]) -> dict[str, Any]:
    return {"with": [NONE if one is None else one for one in labels]}


def axis_of(kpi: Kpi, groups: Sequence[ComparedGroup]) -> Axis | None:
    """The scale that holds all groups with enough to be drawn; None where there is none."""
    figures = [one.figure(kpi.key) for one in groups]
    known = [one for one in figures if one is not None and one.n >= ENOUGH]
    ends = [end for one in known for end in _ends(one) if end is not None]
    if not ends:
        return None
    scale, says = _SCALES[kpi.unit](kpi, ends)
    *marks, last = [says(mark) for mark in scale.marks()]
    unit = "\u202f%" if kpi.unit is Unit.SHARE else ""
    return Axis(scale.low, scale.high, (*marks, last + unit))


def _ends(figure: Share | Times | Score) -> tuple[float | None, ...]:
    value = figure.median if isinstance(figure, Times) else figure.value
    return value, figure.low, figure.high


Says = Callable[[float], str]


def _share_scale(kpi: Kpi, ends: Sequence[float]) -> tuple[scales.Scale, Says]:
    scale = scales.scale(ChartUnit.SHARE, ends, from_zero=kpi.better == "less")
    return scale, lambda mark: points(mark).removesuffix(".0")


def _time_scale(_: Kpi, ends: Sequence[float]) -> tuple[scales.Scale, Says]:
    scale = scales.scale(ChartUnit.TIME, ends, from_zero=True)
    return scale, lambda mark: duration(mark) if mark else "0"


def _score_scale(kpi: Kpi, _: Sequence[float]) -> tuple[scales.Scale, Says]:
    whole = scales.Scale(-100, 100, 50) if kpi.key == "nps" else scales.Scale(1, 7, 1)
    return whole, lambda mark: number(mark).replace("-", "−")


_SCALES = {Unit.SHARE: _share_scale, Unit.TIME: _time_scale, Unit.SCORE: _score_scale}
