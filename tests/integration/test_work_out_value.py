"""What customers are worth, worked out of real purchases, and groups found among them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cdnow
import pytest
import yaml
from click.testing import CliRunner
from world import KEY, ON_SQLITE, FakeClock, dump

from plugin.cli import main
from plugin.customers.uploaded import Uploaded
from plugin.flows.customers.import_purchases import ImportPurchases
from plugin.flows.customers.work_out_value import WorkOutValue
from plugin.flows.customers.worked_out import WORKED_OUT
from plugin.flows.segments.find_segments import FindSegments
from plugin.ports import Refused, Requester
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.walk import WalkCustomers
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.tree import read_condition
from routing.tickets import Fact, Value

CUSTOMERS = 1_500
"""How many of the CDNOW customers the tests take: enough to fit, and few enough to be quick."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(1998, 7, 1, 12, 0, tzinfo=UTC))


@pytest.fixture
def work_out(published: Store, database: Database, clock: FakeClock) -> WorkOutValue:
    return WorkOutValue(published, clock, WalkCustomers(database))


@pytest.fixture
def shop(published: Store, clock: FakeClock) -> Store:
    """The store with the first customers of CDNOW and their purchases."""
    chosen = set(sorted(cdnow.revenue())[:CUSTOMERS])
    rows = (
        (
            line,
            {"id": one.customer, "email": mail(one.customer), "at": one.on, "amount": one.dollars},
        )
        for line, one in enumerate(cdnow.purchases(), 2)
        if one.customer in chosen
    )
    report = ImportPurchases(published, clock)("Shop", rows, dry=False)
    assert (report.changed, report.refused) == (CUSTOMERS, 0)
    return published


def mail(customer: str) -> str:
    return f"c{customer}@cdnow.example"


def known(store: Store, email: str, source: str = WORKED_OUT) -> dict[str, Any]:
    with store.look() as work:
        facts = work.customers.find(source, email, None) or {}
    return {name: fact.value for name, fact in facts.items()}


def put(
    store: Store, clock: FakeClock, source: str, place: int, facts: Mapping[str, Value]
) -> None:
    record = CustomerRecord(
        "x-1", "new@cdnow.example", {n: Fact(v, source) for n, v in facts.items()}
    )
    with store.work() as work:
        work.connections.save_source(SourceRecord(source, "uploaded", {}, {}, place), clock.now())
        work.customers.put(source, [record], clock.now())
        work.commit()


def test_every_customer_gets_a_class_a_rank_and_an_expected_value(
    shop: Store, work_out: WorkOutValue
) -> None:
    worth = work_out()
    spent = {
        customer: known(shop, mail(customer), "Shop")["customer.revenue_12m"]
        for customer in sorted(cdnow.revenue())[:CUSTOMERS]
    }
    assert worth.customers == worth.ranked == CUSTOMERS
    assert sum(worth.classes.values()) == CUSTOMERS
    assert worth.missing == ()
    assert worth.changed == CUSTOMERS
    dearest = sorted(spent.values(), reverse=True)[: CUSTOMERS // 5]
    assert worth.top_fifth == pytest.approx(sum(dearest) / sum(spent.values()))
    best, none = max(spent, key=spent.__getitem__), min(spent, key=spent.__getitem__)
    assert known(shop, mail(best))["customer.rfm"] == "champions"
    assert known(shop, mail(best))["customer.revenue_rank"] == 0
    buying = sum(one > 0 for one in spent.values())
    assert known(shop, mail(none))["customer.revenue_rank"] == round(100 * buying / CUSTOMERS, 1)
    with shop.look() as work:
        places = {record.name: record.place for record in work.connections.sources()}
    assert places[WORKED_OUT] > places["Shop"]


def test_more_is_expected_of_who_bought_often_and_lately_than_of_who_went_quiet(
    shop: Store, work_out: WorkOutValue
) -> None:
    work_out()
    expected = {}
    for customer in sorted(cdnow.revenue())[:CUSTOMERS]:
        bought = known(shop, mail(customer), "Shop")
        value = known(shop, mail(customer)).get("customer.expected_value")
        if bought["customer.orders"] >= 5 and value is not None:
            expected[bought["customer.last_order"], customer] = value
    dates = sorted(expected)
    quiet = [expected[one] for one in dates[: len(dates) // 4]]
    lately = [expected[one] for one in dates[-len(dates) // 4 :]]
    assert sum(lately) / len(lately) > 3 * sum(quiet) / len(quiet)


@pytest.mark.usefixtures("shop")
def test_working_it_out_again_changes_nothing(
    work_out: WorkOutValue, database: Database, clock: FakeClock
) -> None:
    work_out()
    before = dump(database)
    clock.turn(hours=1)
    assert work_out().changed == 0
    assert dump(database) == before


def test_who_has_no_purchases_any_more_is_taken_out(
    shop: Store, work_out: WorkOutValue, clock: FakeClock
) -> None:
    put(shop, clock, "CRM", 0, {"customer.revenue_12m": 70.0})
    assert work_out().removed == 0
    assert known(shop, "new@cdnow.example")["customer.revenue_rank"] >= 0
    put(shop, clock, "CRM", 0, {"customer.plan": "Basic"})
    worth = work_out()
    assert (worth.removed, worth.ranked) == (1, CUSTOMERS)
    assert known(shop, "new@cdnow.example") == {}
    assert known(shop, "new@cdnow.example", "CRM") == {"customer.plan": "Basic"}
    with shop.work() as work:
        work.customers.forget_source("Shop")
        work.commit()
    with pytest.raises(Refused, match="Of 1 customers nobody has"):
        work_out()
    with shop.look() as work:
        assert WORKED_OUT not in work.customers.counts()


@ON_SQLITE
def test_only_customers_whose_worth_changed_are_written_again(
    shop: Store, work_out: WorkOutValue, clock: FakeClock
) -> None:
    work_out()
    clock.turn(hours=1)
    put(shop, clock, "Late", 1, {"customer.revenue_12m": 0.01})
    assert work_out().changed < CUSTOMERS
    assert known(shop, "new@cdnow.example")["customer.revenue_rank"] > 30


@ON_SQLITE
def test_the_facts_reach_a_ticket_like_those_of_an_uploaded_file(
    shop: Store, work_out: WorkOutValue
) -> None:
    work_out()
    customer = min(cdnow.revenue())
    told = Uploaded(WORKED_OUT, shop).look_up(Requester(mail(customer), None), CUSTOMER_FIELDS)
    facts = getattr(told, "facts", told)
    assert facts is not None
    assert facts["customer.revenue_rank"].source == WORKED_OUT


@ON_SQLITE
def test_where_two_sources_know_a_customer_the_more_trusted_one_is_ranked(
    shop: Store, work_out: WorkOutValue, clock: FakeClock
) -> None:
    richest = {"customer.revenue_12m": 1e6, "customer.lifetime_value": 1e6}
    put(shop, clock, "CRM", 0, richest)
    put(shop, clock, "Old list", 9, {"customer.revenue_12m": 0.0, "customer.orders": 1.0})
    worth = work_out()
    assert worth.customers == CUSTOMERS + 1
    assert known(shop, "new@cdnow.example")["customer.revenue_rank"] == 0


@ON_SQLITE
def test_without_anybody_who_bought_it_is_said_what_is_missing(
    published: Store, work_out: WorkOutValue, clock: FakeClock
) -> None:
    with pytest.raises(Refused, match=r"Of 0 customers nobody has customer\.revenue_12m"):
        work_out()
    put(published, clock, "CRM", 0, {"customer.plan": "Basic"})
    with pytest.raises(Refused, match="Of 1 customers nobody has"):
        work_out()


@ON_SQLITE
def test_what_cannot_be_worked_out_is_named_and_the_rest_is_kept(
    published: Store, work_out: WorkOutValue, clock: FakeClock
) -> None:
    put(published, clock, "CRM", 0, {"customer.revenue_12m": 10.0, "customer.orders": 3.0})
    worth = work_out()
    assert (worth.ranked, worth.expected, worth.changed) == (1, 0, 1)
    assert worth.missing[0].startswith("RFM class: nobody has")
    assert worth.missing[1].startswith("value expected in 12 months. ")
    assert known(published, "new@cdnow.example") == {"customer.revenue_rank": 0.0}


@ON_SQLITE
def test_groups_are_found_as_drafts_that_the_playbook_takes(
    shop: Store, work_out: WorkOutValue, database: Database
) -> None:
    work_out()
    fields = ("customer.orders", "customer.aov")
    groups, drafts = FindSegments(shop, WalkCustomers(database))(fields, 1)
    assert groups.customers == CUSTOMERS
    assert 2 <= len(drafts) <= 8
    assert len({draft.name for draft in drafts}) == len(drafts)
    for draft in drafts:
        entry = yaml.safe_load(yaml.safe_dump(draft.entry()))
        assert entry["model"] == "data-driven"
        assert entry["name"].startswith("Draft: ")
        read_condition(entry["when"], CUSTOMER_FIELDS)


@ON_SQLITE
@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["customer.order"], "no field “customer.order”. Did you mean customer.orders"),
        (["customer.country"], "holds no numbers"),
        (["ticket.subject"], "holds no numbers"),
        (["customer.orders"], "1 fields can be used"),
        (["customer.orders", "account.employees"], "known of 0% of customers"),
    ],
)
def test_fields_in_which_no_groups_can_be_found_are_refused(
    shop: Store, database: Database, names: list[str], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        FindSegments(shop, WalkCustomers(database))(names, 1)


@ON_SQLITE
@pytest.mark.usefixtures("shop")
def test_the_commands_print_what_came_out(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path))
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)
    (tmp_path / "more.csv").write_text("id,at,amount\nnew,1998-06-30,15\n,1998-06-30,15\n", "utf-8")
    imported = run("import", "purchases", str(tmp_path / "more.csv"), "--source", "More")
    assert "line 3: It has neither an id nor an e-mail." in imported
    assert "2 rows read, 1 refused, 1 new or changed." in imported
    told = run("segments", "value")
    assert "champions" in told
    assert f"{CUSTOMERS + 1:,} customers" in told
    found = run("segments", "find", "--fields", "customer.orders,customer.aov")
    drafts = yaml.safe_load(found)["segments"]
    assert {draft["model"] for draft in drafts} == {"data-driven"}


def run(*words: str) -> str:
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output
