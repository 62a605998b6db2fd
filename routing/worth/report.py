"""What the customers of each segment are worth at one moment, as values that JSON holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from routing.outcomes.figures import ENOUGH, Share
from routing.worth.concentration import Brings, concentration

HORIZON = 180
"""Days after the last sign of life, an order or a visit, at which a customer counts as gone."""

GRACE = 30
"""Days after a renewal date for which nobody is taken for gone: renewals are entered late."""

MILESTONES = (30, 90, 365)
"""Days after the beginning at which it is told how many are still customers."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An average amount with its 95 % interval, of ``n`` customers.

    It is in whatever unit its field has. ``low`` and ``high`` are None where the customers are too
    few to bound it.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are enough customers to show it as a measurement."""
        return self.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Step:
    """From this day on, this share (0 to 1) has stayed, of ``n`` who were watched until then."""

    day: int
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Stay:
    """How long customers stay.

    ``customers`` are those whose beginning is known, and whether they left; ``lost`` of them have.
    Of ``unknown`` more it is not. ``after`` has the share that stays so long, for each of
    MILESTONES; None where nobody has been watched that long. ``churn`` is the share of those who
    were here a year ago that has left since. ``curve`` begins on the day 0 and ends where fewer
    than ENOUGH were watched.
    """

    customers: int
    lost: int
    unknown: int
    after: tuple[Share | None, ...]
    churn: Share | None
    curve: tuple[Step, ...]

    def at(self, day: int) -> Share | None:
        """The share that stays until one of MILESTONES."""
        return self.after[MILESTONES.index(day)] if self.after else None


@dataclass(frozen=True, slots=True)
class Worth:
    """What a group of customers is worth. Amounts are in the currency of the sources.

    ``segment`` is the first one that they belong to, None for those in no segment. ``members``
    belong to it, also behind another one; None where there is no segment. ``revenue`` is what all
    bring together, None where nobody's is known. ``lorenz`` has the shares of revenue that the
    customers who bring least bring, at even distances from none of them to all, and is empty under
    ENOUGH customers with revenue; ``gini`` and ``few`` are None then. ``few`` is the share of
    customers that brings 80 % of the revenue.

    ``order`` is the mean order value of ``orders`` orders, ``usual_order`` the median of customers'
    averages; ``expected`` the mean of what a customer is expected to bring in 12 months. ``arr``
    is the recurring revenue of a year of so many ``accounts``, None where nobody's is known.
    ``*_unknown`` count the customers of whom a number cannot be told.
    """

    segment: str | None
    customers: int
    members: int | None
    revenue: float | None
    revenue_unknown: int
    lorenz: tuple[float, ...]
    gini: float | None
    few: float | None
    orders: int
    order: Amount | None
    usual_order: Amount | None
    order_unknown: int
    expected: Amount | None
    expected_unknown: int
    arr: float | None
    accounts: int
    arr_unknown: int
    stay: Stay


@dataclass(frozen=True, slots=True)
class WorthReport:
    """What all customers are worth, and those of each segment in the playbook's order.

    Each customer counts once, for the first segment that they belong to; who is in none stands
    last. ``revenue_field`` is the field that says what a customer brings.
    """

    made_at: datetime
    playbook: int
    revenue_field: str
    total: Worth
    groups: tuple[Worth, ...]

    def share_of_customers(self, of: Worth) -> float | None:
        """The part (0 to 1) of all customers that are of this group; None without any."""
        return of.customers / self.total.customers if self.total.customers else None

    def share_of_revenue(self, of: Worth) -> float | None:
        """The part (0 to 1) of all revenue that a group brings; None where that is not known.

        Refunds that leave a group below zero count as nothing, as in ``concentration``.
        """
        if of is self.total:
            return None if of.revenue is None else 1.0
        brings = self._brings().get(of.segment)
        return None if brings is None or of.revenue is None else brings.of_revenue

    def best(self) -> tuple[Brings, ...]:
        """The segments whose customers bring more than their share, if that is worth saying.

        Who brings most comes first. Nothing is worth saying where they bring less than twice
        their share, or where fewer than ENOUGH customers are in them.
        """
        above = [
            one
            for name, one in self._brings().items()
            if name is not None and one.of_revenue > one.of_customers
        ]
        customers, revenue = sum(o.of_customers for o in above), sum(o.of_revenue for o in above)
        enough = sum(one.customers for one in above) >= ENOUGH
        return tuple(above) if enough and revenue >= 2 * customers else ()

    def _brings(self) -> dict[str | None, Brings]:
        told = {one.segment: (one.customers, one.revenue or 0.0) for one in self.groups}
        found = concentration(told)
        return {} if found is None else {one.name: one for one in found.segments}


_ADAPTER = TypeAdapter(WorthReport)


def report_out(report: WorthReport) -> dict[str, object]:
    """A report as JSON."""
    plain: dict[str, object] = _ADAPTER.dump_python(report, mode="json")
    return plain


def report_in(raw: object) -> WorthReport:
    """A report from JSON, as ``report_out`` wrote it."""
    return _ADAPTER.validate_python(raw)
