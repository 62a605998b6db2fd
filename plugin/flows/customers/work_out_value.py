"""What every customer is worth, worked out of their purchases and kept as facts of our own.

Needs numpy and scipy: only commands load it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from math import floor, log10, nan

import numpy as np

from plugin.flows.customers.trusted import trusted
from plugin.flows.customers.worked_out import LAST_PLACE, WORKED_OUT
from plugin.ports import Clock, Refused
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerBlock, CustomerBlocks, CustomerRecord
from plugin.records.work import Store
from routing.conditions.fields import LIFETIME, REVENUE
from routing.tickets import Fact, Value
from routing.worth.lifetime import Histories, NotFitted, fit_bg_nbd, fit_gamma_gamma
from routing.worth.value import Floats, revenue_rank, rfm, top_share, year_tells

HORIZON = 52.0
"""The weeks for which purchases are expected."""

BATCH = 2_000
"""Customers kept in one transaction."""

ORDERS, FIRST, LAST = "customer.orders", "customer.first_order", "customer.last_order"
ASKED = (ORDERS, FIRST, LAST, REVENUE, LIFETIME)
"""The facts that values are worked out of."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What came out: customers by RFM class, and the share (0 to 1) the top fifth brings.

    ``ranked`` customers have a revenue rank, ``expected`` an expected value; ``changed`` have
    facts that are new or different, and of ``removed`` nothing can be said any more. ``missing``
    says what could not be worked out, and why.
    """

    customers: int
    classes: Mapping[str, int]
    ranked: int
    expected: int
    top_fifth: float | None
    changed: int
    removed: int
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Customers:
    """All customers in columns; NaN is unknown. Days are counted from the year 1."""

    keys: list[str] = field(default_factory=list)
    emails: list[str | None] = field(default_factory=list)
    columns: Mapping[str, list[Floats]] = field(
        default_factory=lambda: {name: [] for name in ASKED}
    )

    def add(self, block: CustomerBlock) -> None:
        for external_id, email in block.who:
            self.keys.append(email or external_id)
            self.emails.append(email)
        for name, told in self.columns.items():
            read = _day if name in {FIRST, LAST} else _number
            told.append(np.array([read(one) for one in block.values[name]], dtype=np.float64))

    def column(self, name: str) -> Floats:
        told = self.columns[name]
        return np.concatenate(told) if told else np.zeros(0)


@dataclass(frozen=True, slots=True)
class WorkOutValue:
    """Works out RFM class, revenue rank and expected value of all customers.

    A million customers take some 500 MB. Sources that are asked anew for each ticket are not
    walked through: only what has been uploaded or remembered counts.
    """

    store: Store
    clock: Clock
    blocks: CustomerBlocks

    def __call__(self) -> Worth:
        """Work them out and keep what changed. Raises Refused where nobody has bought anything."""
        now = self.clock.now()
        with self.store.look() as work:
            records = work.connections.sources()
        customers = _Customers()
        asked = [trusted(record) for record in records if record.name != WORKED_OUT]
        for block in self.blocks(asked, ASKED):
            customers.add(block)
        revenue = _revenue(customers)
        if np.isnan(revenue).all():
            self._drop_all_but(())
            raise Refused(
                f"Of {len(customers.keys):,} customers nobody has {REVENUE} or {LIFETIME}. "
                "Import purchases or customers with one of them first."
            )
        today = float(now.date().toordinal())
        missing: list[str] = []
        scores = rfm(today - customers.column(LAST), customers.column(ORDERS), revenue)
        classes = scores.classes()
        if not any(classes):
            missing.append(f"RFM class: nobody has {ORDERS}, {LAST} and a revenue.")
        ranks = np.round(revenue_rank(revenue), 1)
        expected = _expected(customers, today, missing)
        changed, removed = self._keep(customers, (classes, ranks, expected), records, now)
        return Worth(
            customers=len(customers.keys),
            classes=Counter(one for one in classes if one is not None),
            ranked=int((~np.isnan(ranks)).sum()),
            expected=int((~np.isnan(expected)).sum()),
            top_fifth=top_share(revenue),
            changed=changed,
            removed=removed,
            missing=tuple(missing),
        )

    def _keep(
        self,
        customers: _Customers,
        worked_out: tuple[Sequence[str | None], Floats, Floats],
        records: Sequence[SourceRecord],
        now: datetime,
    ) -> tuple[int, int]:
        """How many customers' facts are new or different, and of how many there are none now."""
        told = _records(customers, *worked_out)
        kept: set[str] = set()
        changed = 0
        while batch := list(islice(told, BATCH)):
            kept.update(record.external_id for record in batch)
            with self.store.work() as work:
                changed += work.customers.put(WORKED_OUT, batch, now)
                work.commit()
        ours = SourceRecord(WORKED_OUT, "uploaded", {}, {}, LAST_PLACE)
        if ours not in records:
            with self.store.work() as work:
                work.connections.save_source(ours, now)
                work.commit()
        return changed, self._drop_all_but(kept)

    def _drop_all_but(self, kept: Collection[str]) -> int:
        with self.store.work() as work:
            removed = work.customers.drop_all_but(WORKED_OUT, kept)
            work.commit()
        return removed


def _number(told: object) -> float:
    """A plain value as a number; NaN where it is none."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return nan
    return float(told)


def _day(told: object) -> float:
    """A plain date as its day; NaN where it is none."""
    if isinstance(told, Mapping):
        told = told.get("date")
    try:
        return float(date.fromisoformat(told).toordinal()) if isinstance(told, str) else nan
    except ValueError:
        return nan


def _revenue(customers: _Customers) -> Floats:
    """The revenue of 12 months; of all time where more is known of it, or nobody bought since."""
    year, lifetime = customers.column(REVENUE), customers.column(LIFETIME)
    return year if year_tells(year, lifetime) else lifetime


def _expected(customers: _Customers, today: float, missing: list[str]) -> Floats:
    """What each customer is expected to bring in a year; NaN where that cannot be said."""
    orders, lifetime = customers.column(ORDERS), customers.column(LIFETIME)
    first, last = customers.column(FIRST), customers.column(LAST)
    histories = Histories(orders - 1.0, (last - first) / 7.0, (today - first) / 7.0)
    usable = histories.possible() & (orders >= 1.0) & (lifetime > 0.0)
    expected = np.full(len(orders), np.nan)
    try:
        expected[usable] = _forecast(
            Histories(histories.repeats[usable], histories.last[usable], histories.age[usable]),
            lifetime[usable] / orders[usable],
        )
    except NotFitted as error:
        missing.append(f"value expected in 12 months. {error}")
    return expected


def _forecast(histories: Histories, average: Floats) -> Floats:
    """Expected purchases times what one of them is worth. Raises NotFitted.

    The average is over all purchases, the first one too: of the repeats alone no source tells.
    """
    orders = histories.repeats + 1.0
    purchases = fit_bg_nbd(histories).expected_purchases(histories, HORIZON)
    return purchases * fit_gamma_gamma(orders, average).expected_average(orders, average)


def _records(
    customers: _Customers, classes: Sequence[str | None], ranks: Floats, expected: Floats
) -> Iterator[CustomerRecord]:
    for key, email, rfm_class, rank, value in zip(
        customers.keys, customers.emails, classes, ranks.tolist(), expected.tolist(), strict=True
    ):
        facts: dict[str, Value] = {}
        if rfm_class is not None:
            facts["customer.rfm"] = rfm_class
        if rank == rank:  # ruff: ignore[comparison-with-itself] — quicker than isnan, a million times
            facts["customer.revenue_rank"] = rank
        if value == value:  # ruff: ignore[comparison-with-itself] — the same
            facts["customer.expected_value"] = _rounded(value)
        if facts:
            told = {name: Fact(one, WORKED_OUT, None) for name, one in facts.items()}
            yield CustomerRecord(key, email, told)


def _rounded(value: float) -> float:
    """Two digits that count: no forecast is better, and it does not change with every day."""
    return round(value, 1 - floor(log10(value))) if value >= 1.0 else 0.0
