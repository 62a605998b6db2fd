"""The numbers of a period as charts."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.charts.values import EVERYONE_ELSE, Line, Moment, Trend, Unit, colours
from plugin.labels import label_says
from plugin.views.results import ResultsView
from plugin.web.trend import estimate_of
from routing.outcomes.definitions import KPIS, Kpi
from routing.outcomes.dimensions import Clock


def trend_of(view: ResultsView) -> Trend | None:
    """The KPI that was asked for over time; None where less than two moments can be told."""
    kpi = KPIS[view.asked.kpi]
    lines = tuple(_lines(view))
    if not lines:
        return None
    counts = [point.n for line in lines for point in line.points if point.known]
    weekly = len(view.answer.trend) < 2 or _days(view) <= 7
    return Trend(
        title=f"{kpi.title} by {'week' if weekly else 'four weeks'}",
        defines=_defines(kpi, view.asked.clock, counts),
        unit=Unit(kpi.unit.value),
        ends=tuple(one.until.date() for one in view.answer.trend),
        lines=lines,
        moments=tuple(Moment(at.date(), f"playbook {version}") for version, at in view.playbooks),
        counted=_counted(kpi),
    )


def _lines(view: ResultsView) -> Iterator[Line]:
    """Those groups, in their order, of which two moments at least are known."""
    colour = colours(label_says(group.label, view.asked.by) for group in view.groups)
    for group in view.groups:
        points = tuple(estimate_of(one.groups.get(group.label)) for one in view.answer.trend)
        if sum(point.known for point in points) > 1:
            name = label_says(group.label, view.asked.by)
            yield Line(name, EVERYONE_ELSE if group.label is None else colour[name], points)


def _defines(kpi: Kpi, clock: Clock, counts: list[int]) -> str:
    """What is measured, of how many, and what the band is, in a line."""
    hours = f" In {clock.value} hours." if kpi.unit.value == Unit.TIME else ""
    least, most = min(counts), max(counts)
    of = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{kpi.definition}{hours} Four-week windows, n = {of}; bands are 95 % intervals."


def _counted(kpi: Kpi) -> tuple[str, str]:
    return kpi.of.removesuffix("s"), kpi.of


def _days(view: ResultsView) -> int:
    first, second = view.answer.trend[:2]
    return (second.until - first.until).days
