"""A sample of customers: each once, with what all sources say, and a fair guess at the whole."""

from __future__ import annotations

from datetime import timedelta

from world import NOON

from plugin.records.customers import CustomerRecord, CustomerSample, TrustedSource
from plugin.records.work import Store
from routing.tickets import Fact, Value

FIELDS = ("customer.plan", "customer.orders")


def put(store: Store, source: str, **customers: dict[str, Value]) -> None:
    records = [
        CustomerRecord(key, f"{key}@kontor.example", {n: Fact(v, source) for n, v in said.items()})
        for key, said in customers.items()
    ]
    with store.work() as work:
        work.customers.put(source, records, NOON)
        work.commit()


def sample(store: Store, limit: int, *sources: str) -> CustomerSample:
    with store.look() as work:
        return work.segments.sample([TrustedSource(name) for name in sources], FIELDS, limit)


def test_without_customers_the_sample_is_empty(store: Store) -> None:
    assert sample(store, 10) == CustomerSample((), 0)


def test_a_customer_of_two_sources_is_one_and_the_more_trusted_source_is_believed(
    store: Store,
) -> None:
    put(store, "CRM", lena={"customer.plan": "Team", "customer.name": "Lena Vogt"})
    put(store, "billing", lena={"customer.plan": "Business", "customer.orders": 3.0})
    (lena,) = sample(store, 10, "billing", "CRM").customers
    assert lena.name == "Lena Vogt"
    assert lena.facts["customer.plan"] == Fact("Business", "billing", NOON)
    assert lena.facts["customer.orders"] == Fact(3.0, "billing", NOON)
    (again,) = sample(store, 10, "CRM", "billing").customers
    assert again.facts["customer.plan"].value == "Team"


def test_a_customer_without_address_is_known_by_the_id_of_their_source(store: Store) -> None:
    with store.work() as work:
        work.customers.put("CRM", [CustomerRecord("c-1", None, {})], NOON)
        work.customers.put("billing", [CustomerRecord("c-1", None, {})], NOON)
        work.commit()
    found = sample(store, 10)
    assert [one.name for one in found.customers] == ["c-1", "c-1"]
    assert found.total == 2


def test_of_many_customers_a_part_is_looked_at_and_the_whole_is_estimated(store: Store) -> None:
    names = [f"c{number:04}" for number in range(2_000)]
    put(store, "CRM", **{name: {"customer.orders": 1.0} for name in names})
    # Half of them are known to a second source too; they must not count twice.
    put(store, "billing", **{name: {"customer.plan": "Team"} for name in names[:1_000]})
    found = sample(store, 300, "CRM", "billing")
    assert 150 <= len(found.customers) <= 300
    assert 1_800 <= found.total <= 2_200
    both = sum("customer.plan" in one.facts for one in found.customers)
    assert 0.4 <= both / len(found.customers) <= 0.6
    assert len({one.name for one in found.customers}) == len(found.customers)
    assert sample(store, 300, "CRM", "billing") == found


def test_a_source_is_believed_first_for_its_own_fields_and_its_values_age(store: Store) -> None:
    put(store, "CRM", lena={"customer.plan": "Team", "customer.orders": 1.0})
    put(store, "billing", lena={"customer.plan": "Business", "customer.orders": 2.0})
    billing = TrustedSource("billing", frozenset({"customer.plan"}), timedelta(hours=6))
    with store.look() as work:
        (lena,) = work.segments.sample([TrustedSource("CRM"), billing], FIELDS, 10).customers
    until = NOON + timedelta(hours=6)
    assert lena.facts["customer.plan"] == Fact("Business", "billing", NOON, until)
    assert lena.facts["customer.orders"] == Fact(1.0, "CRM", NOON)


def test_only_the_fields_that_were_asked_for_are_told_and_the_name(store: Store) -> None:
    put(store, "CRM", lena={"customer.plan": "Team", "customer.name": "Lena", "account.arr": 9.0})
    with store.look() as work:
        (lena,) = work.segments.sample([], ["customer.plan"], 10).customers
    assert lena.name == "Lena"
    assert set(lena.facts) == {"customer.plan", "customer.name"}
