"""What segments are worth as a table that goes out: each number with its n and its interval."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.spreadsheet import Column, Kind, Table
from plugin.views.value import ValueGroup, ValueView
from routing.outcomes.figures import Share
from routing.worth.report import MILESTONES, Amount

Cell = str | int | float | None

_NUMBER, _SHARE = Kind.NUMBER, Kind.SHARE


def table_of(view: ValueView) -> Table:
    """One row for each segment, those in none, and all together at the end."""
    at = view.now if view.report is None else view.report.made_at
    return Table(f"value-by-segment-{at:%Y-%m-%d}", tuple(_columns()), _rows(view))


def group_says(group: ValueGroup) -> str:
    """A group's name for people."""
    return "Everyone else" if group.worth.segment is None else group.worth.segment


def _columns() -> Iterator[Column]:
    yield Column("segment")
    yield from (Column(name, _NUMBER) for name in ("customers", "belong to it"))
    yield Column("share of customers", _SHARE)
    yield Column("revenue", _NUMBER)
    yield Column("share of revenue", _SHARE)
    yield Column("revenue unknown", _NUMBER)
    yield Column("customers that bring 80 %", _SHARE)
    yield Column("Gini", _NUMBER)
    yield Column("orders", _NUMBER)
    for name, unknown in (("AOV", None), ("usual order", "orders"), ("LTV", "LTV")):
        yield from (Column(f"{name}{end}", _NUMBER) for end in ("", " low", " high", ", customers"))
        if unknown is not None:
            yield Column(f"{unknown} unknown", _NUMBER)
    yield from (Column(name, _NUMBER) for name in ("ARR", "accounts", "ARR unknown"))
    for name in (*(f"retention {day} d" for day in MILESTONES), "churn in a year"):
        yield from (Column(f"{name}{end}", _SHARE) for end in ("", " low", " high"))
        yield Column(f"{name}, customers", _NUMBER)
    yield Column("retention unknown", _NUMBER)
    yield Column("tickets", _NUMBER)
    yield from (Column(f"share of tickets{end}", _SHARE) for end in ("", " low", " high"))
    yield from (Column(f"tickets per customer{end}", _NUMBER) for end in ("", " low", " high"))


def _rows(view: ValueView) -> Iterator[tuple[Cell, ...]]:
    for group in view.groups:
        yield (group_says(group), *_cells(group))
    if view.total is not None:
        yield ("all", *_cells(view.total))


def _cells(group: ValueGroup) -> Iterator[Cell]:
    worth, effort = group.worth, group.effort
    yield from (worth.customers, worth.members, group.of_customers, worth.revenue)
    yield from (group.of_revenue, worth.revenue_unknown, worth.few, worth.gini, worth.orders)
    yield from _amount(worth.order)
    yield from (*_amount(worth.usual_order), worth.order_unknown)
    yield from (*_amount(worth.expected), worth.expected_unknown)
    yield from (worth.arr, worth.accounts, worth.arr_unknown)
    for share in (*(worth.stay.at(day) for day in MILESTONES), worth.stay.churn):
        yield from _share(share)
    yield worth.stay.unknown
    yield effort.tickets
    yield from _share(effort.share)[:3]
    yield from _amount(effort.each)[:3]


def _amount(one: Amount | None) -> tuple[Cell, ...]:
    return (None, None, None, 0) if one is None else (one.value, one.low, one.high, one.n)


def _share(one: Share | None) -> tuple[Cell, ...]:
    return (None, None, None, 0) if one is None else (one.value, one.low, one.high, one.n)
