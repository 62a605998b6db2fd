"""Groups found in data come out as conditions that a person can read and the playbook takes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from math import nan

import cdnow
import numpy as np
import pytest

from routing.conditions.evaluate import Layout, compile_condition
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.tree import read_condition
from routing.population.clusters import Floats, find_groups
from routing.population.groups import Groups, NoGroups
from routing.tickets import Fact, Facts, Ticket, TicketRef

FIELDS = ("customer.days_to_pay", "customer.orders")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def customers(*, seed: int = 3, each: int = 150) -> Floats:
    """Three kinds: who pay late and order little, who pay soon and order little, or much."""
    rng = np.random.default_rng(seed)
    kinds = [(50, 4), (12, 5), (14, 40)]
    return np.vstack(
        [
            np.column_stack(
                (rng.normal(days, 4, each).round(), rng.normal(orders, 2, each).round())
            )
            for days, orders in kinds
        ]
    )


@pytest.fixture(scope="module")
def found() -> Groups:
    return find_groups(FIELDS, customers())


def test_three_kinds_of_customers_are_found_and_told_apart_by_their_rules(found: Groups) -> None:
    assert found.customers == 450
    assert [one.customers for one in found.groups] == [150, 150, 150]
    assert found.silhouette > 0.6
    assert found.agreement > 0.98
    assert found.without_rule == ()
    for one in found.groups:
        assert one.precision > 0.97
        assert one.recall > 0.97


def test_thresholds_are_numbers_a_person_would_write(found: Groups) -> None:
    documents = [one.document for one in found.groups]
    assert {"field": "customer.orders", "more than": 20} in documents
    late = next(one for one in found.groups if one.means["customer.days_to_pay"] > 40)
    assert list(late.far) == ["customer.days_to_pay", "customer.orders"]
    assert late.far["customer.days_to_pay"] > 1
    (test,) = [one for one in _tests(late.document) if one["field"] == "customer.days_to_pay"]
    assert test["more than"] in range(25, 45)


def _tests(document: object) -> list[dict[str, object]]:
    if isinstance(document, dict) and "field" in document:
        return [document]
    parts = document.values() if isinstance(document, dict) else document
    assert not isinstance(parts, str)
    return [test for part in parts for test in _tests(part)]  # type: ignore[attr-defined]


def test_each_rule_is_a_condition_that_catches_what_it_claims(found: Groups) -> None:
    rows = customers()
    ticket = Ticket(TicketRef("demo", "1"), "A question", "Where?", None, NOON)
    caught = 0
    for group in found.groups:
        condition = read_condition(group.document, CUSTOMER_FIELDS)
        assert len(_tests(group.document)) <= 6
        layout = Layout.of([condition])
        holds = compile_condition(condition, layout).holds
        inside = [
            row
            for row in rows.tolist()
            if holds(
                layout.view(
                    Facts(
                        ticket,
                        NOON,
                        customer={
                            name: Fact(value, "csv")
                            for name, value in zip(FIELDS, row, strict=True)
                        },
                    )
                ).row
            )
        ]
        caught += len(inside)
        assert len(inside) == pytest.approx(group.customers * group.recall / group.precision)
    assert caught == len(rows)


def test_the_same_customers_and_seed_give_the_same_groups(found: Groups) -> None:
    assert find_groups(FIELDS, customers()) == found
    other = find_groups(FIELDS, customers(), seed=9)
    assert [one.customers for one in other.groups] == [150, 150, 150]


def test_a_few_with_very_much_do_not_make_all_others_one_group() -> None:
    rows = customers()
    worth = np.concatenate(
        (
            np.random.default_rng(1).lognormal(5, 0.4, 300),
            np.random.default_rng(2).lognormal(8, 0.4, 148),
            [9e6, 2e7],
        )
    )
    groups = find_groups((*FIELDS, "customer.revenue_12m"), np.column_stack((rows, worth)))
    assert min(one.customers for one in groups.groups) > 100


def test_a_field_that_says_nothing_is_left_out_and_named() -> None:
    rows = customers()
    same = np.full(len(rows), 7.0)
    rare = np.where(np.arange(len(rows)) % 3 == 0, 1.5, nan)
    groups = find_groups((*FIELDS, "same", "rare"), np.column_stack((rows, same, rare)))
    assert groups.left_out == {
        "same": "the same for everybody",
        "rare": "known of 33% of customers",
    }
    assert all("same" not in str(one.document) for one in groups.groups)


def test_customers_of_whom_something_is_unknown_are_not_grouped() -> None:
    rows = customers()
    rows[::5, 0] = nan
    assert find_groups(FIELDS, rows).customers == 360


@pytest.mark.parametrize(
    ("fields", "rows", "words"),
    [
        (FIELDS, customers(each=33), "99 customers are known; 100 are needed"),
        (FIELDS[:1], customers()[:, :1], "1 fields can be used; it takes 2 to 30"),
        (
            FIELDS,
            np.column_stack((customers()[:, 0], np.ones(450))),
            "orders: the same for everybody",
        ),
    ],
)
def test_what_cannot_be_grouped_is_refused_in_words(
    fields: tuple[str, ...], rows: Floats, words: str
) -> None:
    with pytest.raises(NoGroups, match=words):
        find_groups(fields, rows)


def test_too_few_customers_with_all_fields_known_are_refused() -> None:
    rows = customers()
    rows[:200, 0] = nan
    rows[260:, 1] = nan
    with pytest.raises(NoGroups, match="All 2 fields are known of 60 customers"):
        find_groups(FIELDS, rows)


def test_customers_without_groups_are_not_cut_into_any() -> None:
    shapeless = np.random.default_rng(5).normal(size=(500, 8))
    with pytest.raises(NoGroups, match="no groups that stand apart"):
        find_groups([f"field {number}" for number in range(8)], shapeless)


def test_as_many_groups_are_found_as_were_asked_for() -> None:
    assert len(find_groups(FIELDS, customers(), count=2).groups) == 2
    shapeless = np.random.default_rng(5).normal(size=(500, 8))
    with pytest.raises(NoGroups, match="form no 4 groups that stand apart"):
        find_groups([f"field {number}" for number in range(8)], shapeless, count=4)


def test_more_groups_than_there_are_is_refused_where_one_would_be_tiny() -> None:
    rows = np.vstack([np.full((60, 2), place) for place in (0.0, 10.0)] + [[[90.0, 90.0]]])
    with pytest.raises(NoGroups, match="Of 3 groups one has fewer than 2% of the customers"):
        find_groups(FIELDS, rows, count=3)


def test_negative_and_tiny_values_are_thresholds_too() -> None:
    rng = np.random.default_rng(4)
    rows = np.vstack((rng.normal(-0.004, 0.0005, (120, 2)), rng.normal(0.004, 0.0005, (120, 2))))
    groups = find_groups(("a", "b"), rows)
    assert [one.precision for one in groups.groups] == [1.0, 1.0]


def test_what_the_tree_cuts_without_need_is_joined_again() -> None:
    # In the CDNOW purchases the tree first asks what an order is worth, and then on both sides
    # how many there were.
    orders = Counter(one.customer for one in cdnow.purchases())
    rows = np.array([(orders[who], spent / orders[who]) for who, spent in cdnow.revenue().items()])
    groups = find_groups(("orders", "average"), rows)
    often = max(groups.groups, key=lambda one: one.means["orders"])
    assert often.document == {"field": "orders", "more than": 3}
    assert often.precision > 0.9
    assert often.recall > 0.9
