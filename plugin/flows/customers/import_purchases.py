"""Purchases from a file, summed up per customer and kept as facts of a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from plugin.flows.customers.worked_out import UPLOADED, called, next_place, uploaded_as
from plugin.flows.import_rows import (
    BATCH,
    FIRST_YEAR,
    ImportReport,
    Line,
    Row,
    passed_over,
    text,
)
from plugin.ports import Clock
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from routing.conditions.values import Kind, read_value
from routing.tickets import Fact, Value

PURCHASE_COLUMNS: Mapping[str, str] = {
    "id": "the customer's id (needed, unless there is an e-mail)",
    "email": "the customer's e-mail",
    "at": "the day of the purchase (needed)",
    "amount": "what was paid; below zero for a refund (needed)",
}
"""What a file of purchases tells, by column."""

YEAR = timedelta(days=365)
"""What "in 12 months" means."""

MOST_PAID = 1e12


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase, or a refund where the amount is below zero; ``key`` tells customers apart."""

    key: str
    email: str | None
    on: date
    amount: float


@dataclass(slots=True)
class Bought:
    """What one customer has bought so far. A refund is no order, but takes from the revenue."""

    email: str | None = None
    orders: int = 0
    first: date | None = None
    last: date | None = None
    revenue: float = 0.0
    revenue_12m: float = 0.0

    def add(self, purchase: Purchase, year_began: date) -> None:
        """Count one more."""
        self.email = purchase.email or self.email
        self.revenue += purchase.amount
        if purchase.on > year_began:
            self.revenue_12m += purchase.amount
        if purchase.amount < 0:
            return
        self.orders += 1
        self.first = purchase.on if self.first is None else min(self.first, purchase.on)
        self.last = purchase.on if self.last is None else max(self.last, purchase.on)

    def facts(self, source: str) -> dict[str, Fact]:
        """All of it as facts by field name; sums are in the currency of the file."""
        values: dict[str, Value | None] = {
            "customer.email": self.email,
            "customer.orders": float(self.orders),
            "customer.first_order": self.first,
            "customer.last_order": self.last,
            "customer.revenue_12m": round(self.revenue_12m, 2),
            "customer.lifetime_value": round(self.revenue, 2),
            "customer.aov": round(self.revenue / self.orders, 2) if self.orders else None,
        }
        return {
            name: Fact(value, source, None) for name, value in values.items() if value is not None
        }


@dataclass(frozen=True, slots=True)
class ImportPurchases:
    """Takes purchases over. The file holds all of a customer's: a later one takes its place."""

    store: Store
    clock: Clock

    def __call__(self, source: str, rows: Iterable[Line], *, dry: bool) -> ImportReport:
        """Sum the purchases up and keep the sums as a source of this name.

        Memory grows with the customers, not with the purchases. Importing the same rows again
        changes nothing but what has since fallen out of the 12 months. ``changed`` of the report
        counts customers. Raises BadColumns, and Refused where the name is taken.
        """
        now = self.clock.now()
        with self.store.look() as work:
            records = work.connections.sources()
        source = uploaded_as(source, records)
        report = ImportReport()
        bought = _summed(rows, report, now)
        if dry:
            return report
        told = (CustomerRecord(key, one.email, one.facts(source)) for key, one in bought.items())
        while batch := list(islice(told, BATCH)):
            with self.store.work() as work:
                report.changed += work.customers.put(source, batch, now)
                work.commit()
        if bought and called(source, records) is None:
            record = SourceRecord(source, UPLOADED, {}, {}, next_place(records))
            with self.store.work() as work:
                work.connections.save_source(record, now)
                work.commit()
        return report


def _summed(rows: Iterable[Line], report: ImportReport, now: datetime) -> dict[str, Bought]:
    """What each customer bought, by their key; rows that cannot be read are refused."""
    year_began = (now - YEAR).date()
    bought: dict[str, Bought] = {}
    for line, row in _readable(rows, report):
        try:
            purchase = _purchase(row, now.date())
        except ValueError as error:
            report.refuse(line, str(error))
        else:
            bought.setdefault(purchase.key, Bought()).add(purchase, year_began)
    return bought


def _readable(rows: Iterable[Line], report: ImportReport) -> Iterator[tuple[int, Row]]:
    """The rows that are whole, after a look at the columns of the first one."""
    checked = False
    for line, row in rows:
        report.read += 1
        if isinstance(row, str):
            report.refuse(line, row)
            continue
        if not checked:
            report.unknown_columns = _check_columns(row)
            checked = True
        yield line, row


def _check_columns(row: Row) -> list[str]:
    """The columns that are passed over. Raises BadColumns where a needed one is missing."""
    needed = ("at", "amount") if "email" in row else ("at", "amount", "id")
    return passed_over(row, needed, PURCHASE_COLUMNS)


def _purchase(row: Row, today: date) -> Purchase:
    """One purchase. Raises ValueError with a sentence for people."""
    email = text(row, "email").casefold() or None
    if email is not None and "@" not in email:
        raise ValueError(f"“{email[:60]}” is not an e-mail address.")
    key = text(row, "id") or email
    if key is None:
        raise ValueError("It has neither an id nor an e-mail.")
    on = _needed(row, "at", Kind.DATE)
    amount = _needed(row, "amount", Kind.NUMBER)
    if not isinstance(on, date) or not isinstance(amount, float):
        raise ValueError("It has no day or no amount.")
    if on.year < FIRST_YEAR:
        raise ValueError(f"at is in the year {on.year}.")
    if on > today + timedelta(days=1):
        raise ValueError(f"It was bought in the future: {on.isoformat()}.")
    if abs(amount) > MOST_PAID:
        raise ValueError("amount is larger than any purchase.")
    return Purchase(key[:200], email, on, amount)


def _needed(row: Row, name: str, kind: Kind) -> Value:
    try:
        value = read_value(kind, row.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if value is None:
        raise ValueError(f"It has no {name}.")
    return value
