"""What segments are worth, as charts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plugin.charts.values import EVERYONE_ELSE, Curve, Pareto, Reached, Step, Survival, colours
from plugin.tables.value import group_says
from plugin.views.value import ValueGroup, ValueView
from plugin.web.results.asked import NONE

MOST_CURVES = 4
"""Segments of one chart of retention: with more of them their bands hide each other."""

MOST_NAMED = 8
"""Segments named along a curve: for more there is no room below it."""

POINTS = 50
"""Points of the curve over customers, at most."""

DAY = 86_400.0


def revenue_of(view: ValueView) -> Pareto | None:
    """Revenue over customers, who brings most first; None where too few are known to tell."""
    report = view.report
    if report is None or not report.total.lorenz:
        return None
    least_first = report.total.lorenz
    last = len(least_first) - 1
    step = max(1, last // POINTS)
    known = report.total.customers - report.total.revenue_unknown
    return Pareto(
        title="Revenue over customers",
        defines=f"Customers with most revenue first, by {report.revenue_field}, n = {known:,}. The "
        "straight line is what equal customers would give.",
        curve=tuple(
            Reached(1 - place / last, 1 - least_first[place])
            for place in dict.fromkeys([*range(last, 0, -step), 0])
        ),
    )


def segments_of(view: ValueView, href: Callable[[str], str]) -> Pareto | None:
    """Revenue over segments, whose customers bring most each first; None for too few."""
    known = [one for one in view.groups if one.worth.customers and one.of_revenue is not None]
    if view.report is None or not view.report.total.lorenz or len(known) < 2:
        return None
    known.sort(key=lambda one: -_each(one))
    named = sorted(known, key=lambda one: -(one.of_revenue or 0.0))[:MOST_NAMED]
    return Pareto(
        title="Revenue over segments",
        defines="Segments whose customers bring most each first; each customer counts for the "
        f"first segment that they belong to, n = {sum(g.worth.customers for g in known):,}.",
        curve=tuple(_reached(view, known, named, href)),
    )


def _reached(
    view: ValueView,
    known: Sequence[ValueGroup],
    named: Sequence[ValueGroup],
    href: Callable[[str], str],
) -> Iterator[Reached]:
    colour = colours(view.segments)
    all_customers = sum(one.worth.customers for one in known)
    all_revenue = sum(one.of_revenue or 0.0 for one in known)
    customers, revenue = 0, 0.0
    yield Reached(0.0, 0.0)
    for one in known:
        customers += one.worth.customers
        revenue += one.of_revenue or 0.0
        name = one.worth.segment
        yield Reached(
            customers / all_customers,
            min(1.0, revenue / all_revenue) if all_revenue else 0.0,
            group_says(one) if one in named else "",
            EVERYONE_ELSE if name is None else colour.get(name, EVERYONE_ELSE),
            href(name) if name in view.segments and name is not None else "",
        )


def _each(group: ValueGroup) -> float:
    return max(0.0, group.worth.revenue or 0.0) / group.worth.customers


def chosen(view: ValueView, names: Sequence[str]) -> tuple[ValueGroup, ...]:
    """The groups whose retention is drawn: those of these names, or the first ones there are."""
    drawn = [one for one in view.groups if len(one.worth.stay.curve) > 1]
    wanted = [one for one in drawn if (one.worth.segment or NONE) in names]
    return tuple((wanted or drawn)[:MOST_CURVES])


def retention_of(view: ValueView, groups: Sequence[ValueGroup]) -> Survival | None:
    """How long the customers of these groups stay; None where too few are known to tell."""
    if not groups:
        return None
    colour = colours(view.segments)
    n = ", ".join(f"{one.worth.stay.customers:,}" for one in groups)
    return Survival(
        title="Retention",
        defines="Share still a customer so long after the sign-up or the first order "
        f"(Kaplan–Meier), n = {n}; drawn while 30 are watched. Bands are 95 % intervals.",
        curves=tuple(
            Curve(
                group_says(one),
                EVERYONE_ELSE
                if one.worth.segment is None
                else colour.get(one.worth.segment, EVERYONE_ELSE),
                tuple(
                    Step(step.day * DAY, step.share, step.low, step.high, step.n)
                    for step in one.worth.stay.curve
                ),
            )
            for one in groups
        ),
        still="customers",
    )
