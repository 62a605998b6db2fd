"""Segments counted over all customers: the same as asking for each one, whatever the sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from random import Random

import pytest
from world import NOON, FakeClock, publish

from plugin.customers.gather import GatherCustomers
from plugin.customers.registry import OpenSources
from plugin.flows.customers.worked_out import WORKED_OUT
from plugin.flows.segments.count_segments import (
    CountSegments,
    report_is_due,
    value_is_due,
)
from plugin.ports import Refused, Requester
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.store import census
from plugin.store.counting import CountCustomers
from routing.decide import decide
from routing.playbook_file import read_playbook
from routing.population.report import SegmentReport
from routing.tickets import Fact, Facts, Ticket, TicketRef, Value

PLAYBOOK = """\
playbook: Counting
default_queue: General
queues: [{name: General}]
segments:
  - {name: Large, model: firmographic, when: {field: account.employees, at least: 500}}
  - name: Not basic
    model: value-based
    when: {not: {field: customer.plan, is: Basic}}
  - name: Lately here
    model: behavioural
    when: {field: customer.last_seen, within the last: 30 d}
  - name: Sure of the plan
    model: technographic
    when: {all: [{field: customer.plan, is fresh: true}, {field: customer.devices, contains: ios}]}
  - {name: Grown up, model: demographic, when: {field: customer.age, at least: 40}}
"""


def no_one_listens(_done: int, _of: int) -> None:
    pass


@pytest.fixture
def counting(store: Store, clock: FakeClock, url: str) -> CountSegments:
    return CountSegments(store, clock, CountCustomers(url, processes=2))


def a_source(store: Store, name: str, place: int, **terms: str) -> None:
    with store.work() as work:
        work.connections.save_source(SourceRecord(name, "uploaded", terms, {}, place), NOON)
        work.commit()


def put(store: Store, source: str, at: datetime, *customers: CustomerRecord) -> None:
    with store.work() as work:
        work.customers.put(source, customers, at)
        work.commit()


def a_customer(number: int, email: str | None = None, /, **facts: Value) -> CustomerRecord:
    known = {name.replace("__", "."): Fact(value, "x") for name, value in facts.items()}
    return CustomerRecord(f"c-{number}", email, known)


def some_facts(dice: Random) -> dict[str, Value]:
    facts: dict[str, Value] = {
        "account__employees": float(dice.choice([10, 499, 500, 4_000])),
        "customer__plan": dice.choice(["Basic", "basic ", "Team"]),
        "customer__last_seen": date(2026, 3, 2) - timedelta(days=dice.choice([0, 29, 31, 90])),
        "customer__devices": frozenset(dice.sample(["iOS", "Android", "web"], k=2)),
        "customer__birth_year": float(dice.choice([1950, 1986, 1987, 2005])),
        "customer__revenue_12m": float(dice.choice([0, 100, 250])),
    }
    return {name: value for name, value in facts.items() if dice.random() < 0.7}


def size_of(report: SegmentReport, name: str) -> int:
    found = report.size(name)
    assert found is not None
    return found.customers


def one_by_one(store: Store, clock: FakeClock, emails: Sequence[str]) -> dict[str, int]:
    """How many belong to each segment, by asking as a ticket would."""
    playbook = read_playbook(PLAYBOOK, 1)

    def load() -> list[SourceRecord]:
        with store.look() as work:
            return list(work.connections.sources())

    gather = GatherCustomers(OpenSources(load, store, clock), budget=5.0)
    counts = dict.fromkeys((segment.name for segment in playbook.segments), 0)
    for email in emails:
        (known,) = gather.gather([Requester(email)], playbook.fields)
        ticket = Ticket(TicketRef("demo", "1"), "Hello", "Help", email, NOON)
        decision = decide(Facts(ticket, clock.now(), customer=known.facts), playbook)
        for membership in decision.segments:
            counts[membership.segment] += 1
    return counts


def test_counting_gives_what_asking_for_each_customer_gives(
    store: Store, clock: FakeClock, counting: CountSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "BLOCK", 40)
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0, fresh_for="1 d")
    a_source(store, "Shop", 1, first_for="customer.devices", fresh_for="3 d")
    a_source(store, "List", 2)
    dice = Random(20260302)
    emails = [f"c{n}@kontor.example" for n in range(90)]
    for (number, email), source in product(enumerate(emails), ("CRM", "Shop", "List")):
        if dice.random() < 0.6:
            at = NOON - timedelta(days=dice.randrange(6))
            put(store, source, at, a_customer(number, email, **some_facts(dice)))
    report = counting(no_one_listens)
    expected = one_by_one(store, clock, emails)
    assert {size.name: size.customers for size in report.sizes} == expected
    assert all(expected.values())
    with store.look() as work:
        assert work.segments.latest() == report
    known = 90 - sum(_unknown(store, email) for email in emails)
    assert report.customers == known


def test_counting_one_source_alone_gives_what_asking_for_each_customer_gives(
    store: Store, clock: FakeClock, counting: CountSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "BLOCK", 40)
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    dice = Random(20260302)
    emails = [f"c{n}@kontor.example" for n in range(90)]
    for number, email in enumerate(emails):
        customer = a_customer(number, email, **some_facts(dice))
        # Some values have an age of their own, and are kept with it.
        for name in customer.facts:
            if dice.random() < 0.3:
                told = replace(customer.facts[name], as_of=NOON - timedelta(days=3))
                customer = replace(customer, facts={**customer.facts, name: told})
        put(store, "CRM", NOON, customer)
    # A block in the middle whose customers are all of a source that is gone.
    with store.work() as work:
        work.customers.put("Gone", [a_customer(n) for n in range(80)], NOON)
        work.commit()
    put(store, "CRM", NOON, a_customer(90, "last@kontor.example", account__employees=500.0))
    report = counting(no_one_listens)
    expected = one_by_one(store, clock, [*emails, "last@kontor.example"])
    assert {size.name: size.customers for size in report.sizes} == expected
    assert all(expected.values())
    assert report.customers == 91


def _unknown(store: Store, email: str) -> bool:
    with store.look() as work:
        return all(work.customers.find(one, email, None) is None for one in ("CRM", "Shop", "List"))


def test_a_report_counts_revenue_overlaps_and_what_is_not_known(
    store: Store, counting: CountSegments
) -> None:
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    put(
        store,
        "CRM",
        NOON,
        a_customer(1, None, account__employees=900.0, customer__plan="Team",
                   customer__revenue_12m=300.0),
        a_customer(2, None, account__employees=20.0, customer__plan="Team",
                   customer__revenue_12m=100.0),
        a_customer(3, None, customer__plan="Basic"),
    )  # fmt: skip
    report = counting(no_one_listens)
    assert (report.customers, report.in_none, report.revenue) == (3, 1, 400.0)
    large, not_basic = report.size("Large"), report.size("Not basic")
    assert large is not None
    assert not_basic is not None
    assert (large.customers, large.primary, large.unknown, large.revenue) == (1, 1, 1, 300.0)
    assert (not_basic.customers, not_basic.primary, not_basic.unknown) == (2, 1, 0)
    assert report.share_of_revenue("Large") == pytest.approx(0.75)
    assert large.missing == {"account.employees": pytest.approx(1 / 3)}
    assert [(one.first, one.second, one.customers) for one in report.overlaps] == [
        ("Large", "Not basic", 1)
    ]
    lately = report.size("Lately here")
    assert lately is not None
    assert lately.revenue is None


def test_two_sources_that_do_not_agree_are_counted_by_field(
    store: Store, counting: CountSegments
) -> None:
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    a_source(store, "Shop", 1)
    put(store, "CRM", NOON, a_customer(1, "a@b.example", customer__plan="Team"),
        a_customer(2, "c@d.example", customer__plan="Team"))  # fmt: skip
    put(store, "Shop", NOON, a_customer(7, "a@b.example", customer__plan="Basic"),
        a_customer(8, "c@d.example", customer__plan="Team"))  # fmt: skip
    report = counting(no_one_listens)
    assert report.customers == 2
    assert report.disputed["customer.plan"] == pytest.approx(0.5)
    assert size_of(report, "Not basic") == 2


def test_a_condition_on_dates_changes_its_answer_as_time_goes_by(
    store: Store, clock: FakeClock, counting: CountSegments
) -> None:
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    put(store, "CRM", NOON, a_customer(1, None, customer__last_seen=date(2026, 2, 20)))
    assert size_of(counting(no_one_listens), "Lately here") == 1
    assert not report_is_due(store, clock)
    clock.turn(days=30)
    assert report_is_due(store, clock)
    assert size_of(counting(no_one_listens), "Lately here") == 0


def test_a_report_is_due_when_customers_or_the_playbook_have_changed(
    store: Store, clock: FakeClock, counting: CountSegments
) -> None:
    assert not report_is_due(store, clock)
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    assert report_is_due(store, clock)
    assert counting(no_one_listens).customers == 0
    assert not report_is_due(store, clock)
    clock.turn(seconds=30)
    put(store, "CRM", clock.now(), a_customer(1, None, customer__plan="Team"))
    assert report_is_due(store, clock)
    clock.turn(seconds=30)
    counting(no_one_listens)
    publish(store, PLAYBOOK.replace("Counting", "Counting on"), clock.now(), based_on=1)
    assert report_is_due(store, clock)


def test_without_a_playbook_there_is_nothing_to_count(counting: CountSegments) -> None:
    with pytest.raises(Refused, match="No playbook is published yet"):
        counting(no_one_listens)


def test_worth_is_due_once_somebody_brings_something_and_until_it_was_worked_out(
    store: Store, counting: CountSegments
) -> None:
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    put(store, "CRM", NOON, a_customer(1, None, customer__plan="Team"))
    counting(no_one_listens)
    assert not value_is_due(store)
    put(store, "CRM", NOON, a_customer(2, None, customer__revenue_12m=20.0))
    counting(no_one_listens)
    assert value_is_due(store)
    a_source(store, WORKED_OUT, 9)
    assert not value_is_due(store)
