"""What segments are worth, added up over customers of real databases, and shown with tickets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta

import cdnow
import pytest
from world import NOON, Command, FakeClock, House, claimed, dump, publish

from plugin.flows.customers.count_worth import AT_LEAST, FRESH, CountWorth, worth_is_due
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.customers.see_value import SeeValue
from plugin.flows.results.measure import Measure
from plugin.flows.results.roll_up import RollUp
from plugin.pages.refusals import NotThere
from plugin.ports import Refused
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.store import census
from plugin.store.database import Database
from plugin.store.worth import WorthOfCustomers
from plugin.views.customers import Keeps
from plugin.views.people import Person, Role
from routing.tickets import Fact, Value
from routing.worth.report import WorthReport

ADMIN = Person(1, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
HOSTILE = "<script>alert(1)</script>=1+1"
PLAYBOOK = f"""\
playbook: Worth
default_queue: General
queues: [{{name: General}}]
segments:
  - {{name: "{HOSTILE}", model: firmographic, when: {{field: account.employees, at least: 500}}}}
  - {{name: Buyers, model: behavioural, when: {{field: customer.orders, at least: 2}}}}
"""


def no_one_listens(_done: int, _of: int) -> None:
    pass


@pytest.fixture
def count(store: Store, clock: FakeClock, url: str) -> CountWorth:
    return CountWorth(store, clock, WorthOfCustomers(url, processes=2))


@pytest.fixture
def see(store: Store, clock: FakeClock) -> SeeValue:
    return SeeValue(store, clock, Measure(store, clock), lambda: None)


def put(store: Store, source: str, customers: Sequence[tuple[str, dict[str, Value]]]) -> None:
    records = [
        CustomerRecord(email, email, {name: Fact(one, source) for name, one in facts.items()})
        for email, facts in customers
    ]
    with store.work() as work:
        place = 0 if source == "CRM" else 1
        work.connections.save_source(SourceRecord(source, "uploaded", {}, {}, place), NOON)
        work.customers.put(source, records, NOON)
        work.commit()


def some(count: int) -> list[tuple[str, dict[str, Value]]]:
    return [
        (
            f"c{number}@kontor.example",
            {
                "account.employees": 900.0 if number % 4 == 0 else 3.0,
                "account.domain": f"k{number // 2}.example",
                "account.arr": 1_200.0,
                "customer.orders": float(number % 5),
                "customer.aov": 20.0 + number,
                "customer.revenue_12m": float(number * 10),
                "customer.signed_up": date(2025, 1, 1) + timedelta(days=number),
                "customer.last_order": date(2025, 2, 1) + timedelta(days=3 * number),
            },
        )
        for number in range(count)
    ]


def kept(store: Store) -> WorthReport:
    with store.look() as work:
        report = work.worth_reports.latest()
    assert report is not None
    return report


def test_several_processes_and_sources_come_out_as_one(
    store: Store, count: CountWorth, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, PLAYBOOK, NOON)
    put(store, "CRM", some(130))
    put(store, "Shop", [(email, {"customer.revenue_12m": 1e9}) for email, _ in some(60)])
    alone = count(no_one_listens)
    monkeypatch.setattr(census, "BLOCK", 40)
    heard: list[int] = []
    assert count(lambda _, of: heard.append(of)) == alone
    assert heard[-1] > 3
    # What the more trusted source says counts.
    assert alone.total.customers == 130
    assert alone.total.revenue == sum(number * 10 for number in range(130))
    assert alone.total.accounts == 65
    assert [one.segment for one in alone.groups] == [HOSTILE, "Buyers", None]
    assert alone.groups[0].customers == 33
    assert kept(store) == alone


def test_all_of_cdnow_comes_out_as_it_is_published(
    store: Store, count: CountWorth, clock: FakeClock
) -> None:
    clock.at = clock.at.replace(year=1998, month=7, day=1)
    publish(store, PLAYBOOK, clock.now())
    bought: dict[str, list[cdnow.Purchase]] = {}
    for one in cdnow.purchases():
        bought.setdefault(one.customer, []).append(one)
    put(
        store,
        "CRM",
        [
            (
                f"c{customer}@cdnow.example",
                {
                    "customer.orders": float(len(ones)),
                    "customer.first_order": min(one.on for one in ones),
                    "customer.last_order": max(one.on for one in ones),
                    "customer.lifetime_value": sum(one.dollars for one in ones),
                },
            )
            for customer, ones in bought.items()
        ],
    )
    report = count(no_one_listens)
    total = report.total
    assert (total.customers, total.orders) == (23_570, 69_659)
    assert report.revenue_field == "customer.lifetime_value"
    assert 1 - total.lorenz[len(total.lorenz) // 5 * 4] == pytest.approx(0.678, abs=5e-4)
    assert total.order is not None
    dollars = sum(one.dollars for one in cdnow.purchases())
    assert total.order.value == pytest.approx(dollars / 69_659)
    (buyers,) = (one for one in report.groups if one.segment == "Buyers")
    assert buyers.customers == sum(len(ones) > 1 for ones in bought.values())
    # Half of the customers came back and bring four fifths: that is less than twice their share.
    assert report.best() == ()
    assert total.stay.customers == 23_570
    assert total.expected is None


def test_it_is_due_at_first_by_age_with_the_playbook_and_when_customers_come_or_go(
    store: Store, count: CountWorth, clock: FakeClock
) -> None:
    assert not worth_is_due(store, clock)
    publish(store, PLAYBOOK, NOON)
    assert worth_is_due(store, clock)
    put(store, "CRM", some(3))
    count(no_one_listens)
    assert not worth_is_due(store, clock)
    with store.work() as work:
        work.customers.drop_all_but("CRM", ["c0@kontor.example"])
        work.commit()
    assert not worth_is_due(store, clock)
    clock.turn(seconds=AT_LEAST.total_seconds())
    assert worth_is_due(store, clock)
    count(no_one_listens)
    clock.turn(seconds=AT_LEAST.total_seconds())
    assert not worth_is_due(store, clock)
    clock.turn(seconds=(FRESH - AT_LEAST).total_seconds())
    assert worth_is_due(store, clock)
    count(no_one_listens)
    publish(store, PLAYBOOK.replace("Buyers", "Shoppers"), clock.now(), based_on=1)
    assert worth_is_due(store, clock)


def test_without_a_playbook_or_a_count_it_is_said_what_is_missing(
    store: Store, count: CountWorth, see: SeeValue
) -> None:
    with pytest.raises(Refused, match="No playbook is published yet"):
        count(no_one_listens)
    assert see.view(90) is None
    with pytest.raises(NotThere, match="No playbook"):
        see.told(90)
    publish(store, PLAYBOOK, NOON)
    view = see.view(90)
    assert view is not None
    assert view.report is None
    with pytest.raises(NotThere, match="deskroute value count"):
        see.told(90)


def test_a_forgotten_customer_leaves_no_trace_but_their_absence(
    store: Store, count: CountWorth, clock: FakeClock, database: Database
) -> None:
    publish(store, PLAYBOOK, NOON)
    customers = some(50)
    gone, facts = customers[7]
    put(store, "CRM", [*customers[:7], (gone, {**facts, "customer.revenue_12m": 987_654_321.0})])
    put(store, "CRM", customers[8:])
    count(no_one_listens)
    forget = ForgetCustomers(store, clock, Keeps(0, 30))
    forget.forget(gone, ADMIN)
    count(no_one_listens)
    without = kept(store)
    assert "987654321" not in json.dumps(dump(database)["worth_reports"], default=str)
    with store.work() as work:
        work.customers.forget_source("CRM")
        work.commit()
    put(store, "CRM", [*customers[:7], *customers[8:]])
    assert count(no_one_listens) == without


def test_tickets_of_the_period_stand_beside_what_their_segment_brings(
    house: House, url: str
) -> None:
    store, clock = house.store, house.clock
    put(store, "CRM", [("anna@kontor.example", {"account.employees": 900.0})])
    house.handle(claimed("17"))
    clock.turn(hours=1)
    while RollUp(store, clock)(5.0):
        pass
    count = CountWorth(store, clock, WorthOfCustomers(url, processes=1))
    count(no_one_listens)
    view = SeeValue(store, clock, Measure(store, clock), lambda: None).view(90)
    assert view is not None
    assert view.total is not None
    assert view.groups[0].worth.customers == 1
    assert view.total.effort.tickets == 1
    (without,) = (one for one in view.groups if one.worth.segment is None)
    assert without.effort.tickets == 1
    assert without.effort.share is not None
    assert without.effort.share.value == 1
    assert view.groups[0].effort.each is not None
    assert view.groups[0].effort.each.value == 0


def test_the_commands_tell_the_same_as_json_and_csv(store: Store, command: Command) -> None:
    nothing = command("value")
    assert nothing.exit_code == 1
    assert "deskroute value count" in nothing.output
    publish(store, PLAYBOOK, NOON)
    put(store, "CRM", some(80))
    counted = command("value", "count")
    assert (counted.exit_code, "80 customers counted." in counted.output) == (0, True)
    told = json.loads(command("value", "--json").stdout)
    assert told["segments"][0]["worth"]["segment"] == HOSTILE
    assert told["total"]["worth"]["revenue"] == sum(number * 10 for number in range(80))
    assert told["definitions"]["churn"]["title"] == "Churn"
    rows = list(
        csv.DictReader(io.StringIO(command("value", "--csv").stdout.removeprefix("\ufeff")))
    )
    assert [row["segment"] for row in rows] == [HOSTILE, "Buyers", "Everyone else", "all"]
    assert rows[-1]["revenue"] == str(told["total"]["worth"]["revenue"])
    assert rows[0]["AOV"] == str(told["segments"][0]["worth"]["order"]["value"])
    shown = command("value", "--days", "30")
    assert shown.exit_code == 0
    assert "Buyers" in shown.output
