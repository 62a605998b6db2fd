"""What segments are worth, rich and empty, as the page shows it; and the flow that hands it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from plugin.pages.refusals import NotThere
from plugin.views.value import Effort, ToldValue, ValueGroup, ValueView
from routing.conditions.columns import Table
from routing.outcomes.statistics import share
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.worth import worth_report
from routing.population.worth_block import fields_of_worth, worth_block
from routing.worth.averages import rate
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import WorthReport

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
PLAYBOOK = """
playbook: Halden Books
default_queue: General
queues: [{name: General}]
segments:
  - {name: VIP by hand, model: predetermined, when: {field: customer.lists, contains: VIP}}
  - name: Enterprise EMEA
    model: firmographic
    when: {field: account.employees, at least: 500}
  - {name: Plain talk, model: psychographic, when: {field: customer.tone, is: plain}}
  - {name: Nobody yet, model: journey, when: {field: customer.stage, is: onboarding}}
"""


class Notes(Protocol):
    """What keeps what a flow was asked."""

    def note(self, *what: object) -> None: ...


def playbook() -> Playbook:
    return read_playbook(PLAYBOOK, 41)


def customers(count: int = 900) -> list[dict[str, object]]:
    """Customers of whom a few bring much, and most leave some day."""
    dice = Random(20260302)
    made: list[dict[str, object]] = []
    for number in range(count):
        large = dice.random() < 0.12
        began = dice.randrange(900)
        stays = dice.expovariate(1 / (1_500 if large else 500))
        orders = float(1 + int(dice.expovariate(0.3)))
        spent = orders * dice.lognormvariate(6.5 if large else 3.5, 0.8)
        told: dict[str, object] = {
            "account.employees": 900.0 if large else 12.0,
            "account.domain": f"a{number // 2}.example",
            "customer.tone": dice.choice(["plain", "formal", "warm"]),
            "customer.signed_up": (NOW - timedelta(days=began)).date().isoformat(),
            "customer.stage": "churned" if stays < began else "active",
            "customer.orders": orders,
            "customer.lifetime_value": round(spent, 2),
            "customer.revenue_12m": round(spent * dice.random(), 2),
            "customer.expected_value": round(spent * 0.4, 2),
            "account.arr": 4_800.0 if large else None,
        }
        if stays < began:
            told["customer.last_order"] = (NOW - timedelta(days=began - stays)).date().isoformat()
        known = {"customer.revenue_12m": 0.97}
        kept = {
            name: one
            for name, one in told.items()
            if one is not None and dice.random() < known.get(name, 0.93)
        }
        if number < 12:
            kept["customer.lists"] = {"words": ["VIP"]}
        made.append(kept)
    return made


def report_on(told: list[dict[str, object]], of: Playbook | None = None) -> WorthReport:
    book = of or playbook()
    fields = fields_of_worth(book)
    values = {one.name: [customer.get(one.name) for customer in told] for one in fields}
    table = Table.build(fields, values, NOW, size=len(told))
    return worth_report([worth_block(book, table)], book, NOW - timedelta(minutes=20))


def view_of(
    report: WorthReport | None, tickets: tuple[int, ...] = (40, 160, 90, 0, 710)
) -> ValueView:
    every = sum(tickets)
    groups = ()
    total = None
    if report is not None:
        groups = tuple(
            ValueGroup(
                one,
                report.share_of_customers(one),
                report.share_of_revenue(one),
                Effort(count, share(count, every), rate(count, one.customers)),
            )
            for one, count in zip(report.groups, tickets, strict=False)
        )
        all_of_it = Effort(every, share(every, every), rate(every, report.total.customers))
        total = ValueGroup(
            report.total,
            report.share_of_customers(report.total),
            report.share_of_revenue(report.total),
            all_of_it,
        )
    return ValueView(
        now=NOW,
        days=90,
        version=41,
        segments=tuple(one.name for one in playbook().segments),
        report=report,
        total=total,
        groups=groups,
        best=() if report is None else report.best(),
        elsewhere=3,
        sample=False,
    )


def value_view() -> ValueView:
    return view_of(report_on(customers()))


def bare_value_view() -> ValueView:
    """Customers of whom nothing is known."""
    return view_of(report_on([{} for _ in range(12)]), (0, 0, 0, 0, 0))


def empty_value_view() -> ValueView:
    """No customers at all."""
    return view_of(report_on([]), (0, 0, 0, 0, 0))


class FakeValue:
    """The flow behind the page; ``now`` is what it shows."""

    def __init__(self, notes: Notes, now: ValueView | None) -> None:
        self.note = notes.note
        self.now = now

    def view(self, days: int) -> ValueView | None:
        self.note("value", days)
        return None if self.now is None else replace(self.now, days=days)

    def told(self, days: int) -> ToldValue:
        self.note("api value", days)
        if self.now is None or self.now.report is None or self.now.total is None:
            raise NotThere("Customers have not been counted yet.")
        return ToldValue(
            counted_at=self.now.report.made_at,
            playbook=self.now.report.playbook,
            revenue_field=self.now.report.revenue_field,
            days=days,
            total=self.now.total,
            segments=self.now.groups,
            definitions=DEFINITIONS,
        )

    def count(self) -> None:
        self.note("count value")
