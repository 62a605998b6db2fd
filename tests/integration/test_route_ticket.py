"""Routing: capacities hold under a crowd, and no customer source can stand in the way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from world import (
    FAR,
    KEY,
    NOON,
    ON_SQLITE,
    FakeClock,
    House,
    Source,
    a_reading,
    at_once,
    claimed,
    publish,
)

import plugin.customers.sql as sql_module
from plugin.customers.cached import Cached
from plugin.customers.gather import GatherCustomers
from plugin.customers.registry import OpenSources
from plugin.customers.sql import SqlSource
from plugin.customers.uploaded import Uploaded
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.ports import Refused, Requester, Unavailable
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.store.database import Database, open_engine
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.terms import Terms
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.tickets import Fact

LENA = Requester("lena@kontor.example")


# Capacity.


def test_two_hundred_assignments_at_once_never_exceed_a_capacity(
    house: House, url: str, clock: FakeClock
) -> None:
    # Room for 65: 40 with Mara and 25 with Jonas. Everybody after that is told that nobody is free.
    engine = open_engine(url, pool=20)
    store = SqlStore(Database(engine), Vault([KEY]))
    route = RouteTickets(store, house.customers, clock)
    record = RecordOutcomes(store)

    def assign(number: int) -> None:
        reading = a_reading(str(number), subject="Cannot sign in", email=None)
        ((stored, _),) = record([reading])
        route([(stored, reading)], FAR)

    at_once(16, [partial(assign, number) for number in range(200)])
    with store.look() as work:
        loads = {name: load.open for name, load in work.tickets.loads().items()}
        tickets = [work.tickets.find("demo", str(number)) for number in range(200)]
    assert loads == {"Mara Lindqvist": 40, "Jonas Weber": 25}
    assert len({ticket.decision for ticket in tickets if ticket}) == 200
    held = Counter(ticket.agent_name for ticket in tickets if ticket)
    assert held == {"Mara Lindqvist": 40, "Jonas Weber": 25, None: 135}
    engine.dispose()


def test_one_ticket_routed_by_many_workers_at_once_has_one_decision(
    house: House,
) -> None:
    reading = house.desk.read("17")
    ((stored, _),) = RecordOutcomes(house.store)([reading])
    route = RouteTickets(house.store, house.customers, house.clock)
    routed = [one for (one,) in at_once(8, [partial(route, [(stored, reading)], FAR)] * 24)]
    assert {one.stored.decision for one in routed} == {1}
    assert len([one for one in routed if one.made]) == 1
    assert house.decisions() == 1
    with house.store.look() as work:
        assert sum(load.open for load in work.tickets.loads().values()) == 1


def test_a_ticket_that_has_a_decision_keeps_it_under_a_new_playbook(house: House) -> None:
    house.handle(claimed())
    with house.store.look() as work:
        text_of_live = work.playbooks.text(1)
    publish(house.store, str(text_of_live), house.clock.now(), based_on=1)
    house.handle(claimed())
    assert house.decision().playbook == 1
    assert house.decisions() == 1


def test_without_a_playbook_a_ticket_waits_for_a_person_and_says_why(
    store: Store, clock: FakeClock
) -> None:
    house = House(store, clock, None)  # type: ignore[arg-type]
    reading = a_reading()
    ((stored, _),) = RecordOutcomes(store)([reading])
    with pytest.raises(Refused, match="No playbook is published yet"):
        RouteTickets(store, house.customers, clock)([(stored, reading)], FAR)


# What the sources know.


@pytest.fixture
def gathered(house: House) -> Callable[..., House]:
    """The house with these customer sources."""

    def with_sources(*sources: Source, budget: float = 0.3) -> House:
        return replace(house, customers=GatherCustomers(lambda: sources, budget))

    return with_sources


def knows(**values: Any) -> Callable[[], Any]:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return lambda: {name: Fact(value, "CRM", NOON) for name, value in named.items()}


def raises(error: BaseException) -> Callable[[], Any]:
    def look_up() -> Any:
        raise error

    return look_up


@pytest.fixture
def forever() -> Iterator[Callable[[], Any]]:
    """An answer that never comes, until the test is over."""
    over = threading.Event()
    yield lambda: over.wait(60)
    over.set()


def test_what_a_source_knows_decides(gathered: Callable[..., House]) -> None:
    house = gathered(Source("CRM", knows(account__employees=900.0)))
    house.handle(claimed())
    decision = house.decision()
    assert decision.decision.segment == "Enterprise"
    assert decision.facts.customer["account.employees"] == Fact(900.0, "CRM", NOON)
    assert decision.degraded == ()


def test_the_more_trusted_source_wins_and_the_other_fills_the_gaps(
    gathered: Callable[..., House],
) -> None:
    house = gathered(
        Source("CRM", knows(account__employees=900.0)),
        Source("Shop", knows(account__employees=3.0, customer__plan="Basic")),
    )
    house.handle(claimed())
    facts = house.decision().facts.customer
    assert facts["account.employees"] == Fact(900.0, "CRM", NOON)
    assert facts["customer.plan"].value == "Basic"


def test_a_source_that_hangs_is_not_waited_for_and_is_named(
    gathered: Callable[..., House], forever: Callable[[], Any]
) -> None:
    late = Source("CRM", forever)
    house = gathered(Source("Shop", knows(customer__plan="Basic")), late)
    house.handle(claimed())
    assert late.late == 1  # it is told, so that the next ticket need not wait
    decision = house.decision()
    assert decision.degraded == ("CRM",)
    assert decision.facts.customer["customer.plan"].value == "Basic"
    assert "Decided on what was known: no answer from CRM." in house.desk.notes[0][1]


@ON_SQLITE
def test_a_source_that_hangs_for_hours_never_silences_the_others(
    gathered: Callable[..., House], forever: Callable[[], Any]
) -> None:
    good = Source("Shop", knows(customer__plan="Basic"))
    house = gathered(Source("CRM", forever), good, budget=0.05)
    for number in range(30):
        house.desk.add(a_reading(str(number)))
        house.handle(claimed(str(number)))
        assert house.decision(str(number)).degraded == ("CRM",)
    assert good.asked == 30


def test_for_a_field_the_source_that_is_named_first_for_it_wins_over_one_of_higher_trust(
    gathered: Callable[..., House],
) -> None:
    house = gathered(
        Source("CRM", knows(account__employees=900.0, customer__plan="Gold")),
        Source(
            "Billing",
            knows(account__employees=3.0, customer__plan="Basic"),
            first_for=frozenset({"customer.plan", "account.arr"}),
        ),
    )
    house.handle(claimed())
    facts = house.decision().facts.customer
    assert facts["account.employees"] == Fact(900.0, "CRM", NOON)
    assert facts["customer.plan"].value == "Basic"


def test_what_a_silent_source_said_before_is_used_and_it_still_counts_as_silent(
    gathered: Callable[..., House],
) -> None:
    before = {"account.employees": Fact(900.0, "CRM", NOON - timedelta(hours=3))}
    silent = Source("CRM", raises(Unavailable("CRM is down.")), before=before)
    house = gathered(silent, Source("Shop", knows(account__employees=3.0)))
    house.handle(claimed())
    decision = house.decision()
    assert decision.decision.segment == "Enterprise"
    assert decision.facts.customer["account.employees"] == before["account.employees"]
    assert decision.degraded == ("CRM",)


@ON_SQLITE
@pytest.mark.parametrize(
    "answer",
    [
        raises(Unavailable("CRM is down.")),
        raises(Refused("CRM answers with 900 columns.")),
        raises(ZeroDivisionError()),
        raises(MemoryError()),
        lambda: ["not", "facts"],
        lambda: 17,
        lambda: {"account.employees"},
    ],
)
def test_a_source_that_fails_or_answers_nonsense_degrades_the_ticket_and_is_named(
    gathered: Callable[..., House], answer: Callable[[], Any]
) -> None:
    house = gathered(Source("CRM", answer), Source("Shop", knows(customer__plan="Basic")))
    house.handle(claimed())
    assert house.decision().degraded == ("CRM",)
    assert house.decision().facts.customer["customer.plan"].value == "Basic"
    assert len(house.desk.notes) == 1


@pytest.mark.parametrize(
    "value",
    ["many", True, frozenset({"900"}), date(2026, 1, 1), float("nan"), "9" * 10_000, "a\0b\ud800"],
)
def test_a_value_of_the_wrong_kind_is_only_unknown(
    gathered: Callable[..., House], value: Any
) -> None:
    house = gathered(Source("CRM", knows(account__employees=value, customer__plan="Basic")))
    house.handle(claimed())
    assert house.decision().decision.segment is None
    assert house.decision().decision.queue == "General"
    assert len(house.desk.notes) == 1


def test_a_customer_that_no_source_knows_is_not_an_outage(gathered: Callable[..., House]) -> None:
    house = gathered(Source("CRM", lambda: None))
    house.handle(claimed())
    assert house.decision().degraded == ()


@ON_SQLITE
def test_a_source_whose_settings_are_broken_is_named_and_stops_nobody(
    house: House,
) -> None:
    records = [
        SourceRecord("no query", "sql", {}, {"url": "sqlite://"}, 1),
        SourceRecord("no url", "sql", {"query": "SELECT 1"}, {}, 2),
        SourceRecord("no driver", "sql", {"query": "SELECT 1"}, {"url": "nosuch://x"}, 3),
        SourceRecord("no sense", "sql", {"query": "SELECT 1"}, {"url": "not a URL"}, 4),
        SourceRecord("uploaded", "uploaded", {}, {}, 5),
    ]
    sources = OpenSources(lambda: records, house.store, house.clock)
    house = replace(house, customers=GatherCustomers(sources, 1.0))
    house.handle(claimed())
    assert set(house.decision().degraded) == {"no query", "no url", "no driver", "no sense"}
    assert len(house.desk.notes) == 1


@dataclass(slots=True)
class ManyAtOnce(Source):
    """A source that looks up many customers with one question."""

    def look_up_all(
        self, whos: Sequence[Requester], fields: Fields
    ) -> Sequence[Mapping[str, Fact] | None]:
        _ = fields
        self.asked += 1
        return [self.answer() for _ in whos]


WHOS = [Requester(f"c{number}@kontor.example") for number in range(5)]


def test_a_source_that_knows_many_is_asked_once_and_the_others_once_for_each() -> None:
    many = ManyAtOnce("Upload", knows(customer__plan="Basic"))
    one = Source("CRM", knows(account__employees=3.0))
    gathered = list(GatherCustomers(lambda: [many, one], 1.0).gather(WHOS, CUSTOMER_FIELDS))
    assert (many.asked, one.asked) == (1, len(WHOS))
    assert [set(said.facts) for said in gathered] == [{"customer.plan", "account.employees"}] * 5
    assert {said.silent for said in gathered} == {()}


def test_a_source_that_knows_many_and_hangs_is_waited_for_once(
    forever: Callable[[], Any],
) -> None:
    many = ManyAtOnce("Upload", forever, before={"customer.plan": Fact("Old", "Upload", NOON)})
    good = Source("CRM", knows(account__employees=3.0))
    gathered = list(GatherCustomers(lambda: [many, good], 0.05).gather(WHOS, CUSTOMER_FIELDS))
    assert {said.silent for said in gathered} == {("Upload",)}
    assert many.late == 1
    assert [said.facts["customer.plan"].value for said in gathered] == ["Old"] * 5
    assert [said.facts["account.employees"].value for said in gathered] == [3.0] * 5


def test_whoever_has_heard_enough_asks_no_more() -> None:
    source = Source("CRM", knows(account__employees=3.0))
    gathered = GatherCustomers(lambda: [source], 1.0).gather(WHOS, CUSTOMER_FIELDS)
    next(gathered)
    next(gathered)
    assert source.asked == 2


def test_many_uploaded_customers_are_found_as_each_would_be_alone(store: Store) -> None:
    with store.work() as work:
        for key, email, plan, at in (
            ("c-1", "lena@kontor.example", "Old", NOON),
            ("c-2", "lena@kontor.example", "New", NOON + timedelta(hours=1)),
            ("c-3", None, "Other", NOON),
            ("c-4", "same@kontor.example", "First", NOON),
            ("c-5", "same@kontor.example", "Second", NOON),
        ):
            facts = {"customer.plan": Fact(plan, "Upload")}
            work.customers.put("Upload", [CustomerRecord(key, email, facts)], at)
        work.commit()
    source = Uploaded("Upload", store)
    whos = [
        Requester("lena@kontor.example"),
        Requester("LENA@kontor.example", "c-1"),
        Requester("nobody@kontor.example", "c-3"),
        Requester("same@kontor.example", "c-9"),
        Requester(None, None),
        Requester("nobody@kontor.example"),
    ]
    found = source.look_up_all(whos, CUSTOMER_FIELDS)
    plans = [None if one is None else one["customer.plan"].value for one in found]
    assert plans == ["New", "Old", "Other", "First", None, None]
    assert [source.look_up(who, CUSTOMER_FIELDS) for who in whos] == list(found)


# An SQL query over somebody else's database.

Crm = Callable[[str, str], SqlSource]


@pytest.fixture
def crm(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    """Opens a source over a database, and closes its connections after the test."""
    opened: list[Engine] = []

    def and_note(*args: Any, **more: Any) -> Engine:
        opened.append(create_engine(*args, **more))
        return opened[-1]

    monkeypatch.setattr(sql_module, "create_engine", and_note)
    yield lambda url, query: SqlSource("CRM", url, query, clock)
    for engine in opened:
        engine.dispose()


def said(source: SqlSource, who: Requester) -> Mapping[str, Fact] | None:
    answer = source.ask(who, CUSTOMER_FIELDS)
    return None if answer is None else answer.facts


QUERY = (
    'SELECT plan AS "customer.plan", employees AS "account.employees",'
    ' since AS "customer.signed_up", note AS "something.else" FROM users WHERE email = :email'
)


def test_a_query_over_a_real_database_file_answers_with_facts(
    customers_file: str, crm: Crm
) -> None:
    source = crm(customers_file, QUERY)
    assert said(source, LENA) == {
        "customer.plan": Fact("Enterprise", "CRM", NOON),
        "account.employees": Fact(900.0, "CRM", NOON),
        "customer.signed_up": Fact(date(2024, 1, 31), "CRM", NOON),
    }
    assert said(source, Requester("nobody@kontor.example")) is None
    assert said(source, Requester(None)) is None
    assert said(source, Requester("' OR 1=1 --")) is None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT nothing FROM nowhere",
        "SELECT",
        "",
        "SELECT plan FROM users WHERE email = :unknown",
    ],
)
def test_a_query_that_cannot_be_run_makes_its_source_silent(
    customers_file: str, crm: Crm, query: str
) -> None:
    source = crm(customers_file, query)
    with pytest.raises(Unavailable) as raised:
        said(source, LENA)
    assert "CRM does not answer" in raised.value.reason
    assert "lena" not in raised.value.reason


def test_a_database_that_is_not_there_makes_its_source_silent(crm: Crm) -> None:
    source = crm("sqlite:////no/such/folder/crm.sqlite", QUERY)
    with pytest.raises(Unavailable, match="CRM does not answer"):
        said(source, LENA)


def test_what_a_query_lies_about_is_unknown_and_the_rest_is_believed(
    customers_file: str, crm: Crm
) -> None:
    engine = create_engine(customers_file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET employees = 'plenty', plan = x'00ff'"))
    engine.dispose()
    source = crm(customers_file, QUERY)
    assert said(source, LENA) == {"customer.signed_up": Fact(date(2024, 1, 31), "CRM", NOON)}


def test_text_with_a_nul_from_somebody_elses_database_does_not_stop_a_ticket(
    house: House, customers_file: str, crm: Crm
) -> None:
    engine = create_engine(customers_file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET plan = 'Enter' || char(0) || 'prise'"))
    engine.dispose()
    source = crm(customers_file, QUERY)
    cached = Cached(source, Terms(), house.store, house.clock, 2.0)
    house = replace(house, customers=GatherCustomers(lambda: [cached], 2.0))
    house.handle(claimed())
    assert house.decision().decision.segment == "Enterprise"
    assert len(house.desk.notes) == 1


def test_the_numbers_and_lists_of_postgresql_are_understood(emptied: str, crm: Crm) -> None:
    query = """
        SELECT 1250.50::numeric AS "account.arr", 12::bigint AS "customer.orders",
               'b6d2b5a4-0000-4000-8000-000000000001'::uuid AS "customer.owner",
               ARRAY['laptop', 'phone'] AS "customer.devices",
               '2024-01-31'::date AS "customer.signed_up",
               timestamptz '2026-03-01 09:00+01' AS as_of
        WHERE CAST(:email AS text) IS NOT NULL
    """
    source = crm(emptied, query)
    facts = said(source, LENA)
    assert facts is not None
    assert {name: fact.value for name, fact in facts.items()} == {
        "account.arr": float(Decimal("1250.50")),
        "customer.orders": 12.0,
        "customer.owner": "b6d2b5a4-0000-4000-8000-000000000001",
        "customer.devices": frozenset({"laptop", "phone"}),
        "customer.signed_up": date(2024, 1, 31),
    }
    assert facts["account.arr"].as_of == NOON - timedelta(hours=28)


# An uploaded file's customers.


def put_customer(store: Store, key: str, email: str | None, plan: str) -> None:
    facts = {"customer.plan": Fact(plan, "Upload", None)}
    with store.work() as work:
        work.customers.put("Upload", [CustomerRecord(key, email, facts)], NOON)
        work.commit()


def test_an_uploaded_customer_is_found_by_mail_in_any_case_and_by_id(store: Store) -> None:
    put_customer(store, "c-1", "Lena@Kontor.example ", "Basic")
    source = Uploaded("Upload", store)
    wanted = {"customer.plan": Fact("Basic", "Upload", NOON)}
    assert source.look_up(Requester("LENA@kontor.EXAMPLE"), CUSTOMER_FIELDS) == wanted
    assert source.look_up(Requester(None, "c-1"), CUSTOMER_FIELDS) == wanted
    assert source.look_up(Requester(None, "c-2"), CUSTOMER_FIELDS) is None
    assert source.look_up(Requester(None, None), CUSTOMER_FIELDS) is None
    assert Uploaded("Another", store).look_up(LENA, CUSTOMER_FIELDS) is None


def test_of_id_and_mail_the_id_decides(store: Store) -> None:
    put_customer(store, "c-1", "lena@kontor.example", "Basic")
    put_customer(store, "c-2", "mia@kontor.example", "Enterprise")
    found = Uploaded("Upload", store).look_up(
        Requester("lena@kontor.example", "c-2"), CUSTOMER_FIELDS
    )
    assert found is not None
    assert found["customer.plan"].value == "Enterprise"


def test_an_uploaded_field_that_the_playbook_does_not_know_any_more_is_left_out(
    store: Store,
) -> None:
    with store.work() as work:
        facts = {"customer.shoe_size": Fact(42.0, "Upload", None)}
        work.customers.put("Upload", [CustomerRecord("c-1", LENA.email, facts)], NOON)
        work.commit()
    assert Uploaded("Upload", store).look_up(LENA, CUSTOMER_FIELDS) == {}


def test_putting_the_same_customer_again_changes_nothing_and_a_difference_counts_once(
    store: Store,
) -> None:
    record = CustomerRecord("c-1", "a@b.example", {"customer.orders": Fact(3.0, "Upload", None)})
    with store.work() as work:
        assert work.customers.put("Upload", [record], NOON) == 1
        assert work.customers.put("Upload", [record], NOON + timedelta(days=1)) == 0
        other = replace(record, email=None)
        assert work.customers.put("Upload", [other], NOON + timedelta(days=1)) == 1
        work.commit()


def test_a_ticket_without_an_address_is_routed_all_the_same(house: House) -> None:
    house.desk.add(a_reading(email=None))
    house.handle(claimed())
    with suppress(KeyError):
        assert house.decision().facts.customer["customer.email"] is None
    assert len(house.desk.notes) == 1
