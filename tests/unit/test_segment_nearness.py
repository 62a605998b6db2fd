"""Who is just inside a segment, who just outside, and which test alone decides it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions import tree as tree_module
from routing.conditions.evaluate import Layout, truth
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.nearness import FAR, edge
from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test, read_condition
from routing.segments.nearness import Known, look, view_of
from routing.tickets import Fact, Value

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

EMPLOYEES = {"field": "account.employees", "at least": 500}
BUSINESS = {"field": "customer.plan", "is": "Business"}
GERMAN = {"field": "customer.country", "is": "DE"}


def condition(raw: object) -> Condition:
    return read_condition(raw, CUSTOMER_FIELDS)


def known(name: str, **facts: Value) -> Known:
    dotted = {key.replace("__", "."): value for key, value in facts.items()}
    return Known(name, {key: Fact(value, "CRM", NOW) for key, value in dotted.items()})


def test_the_one_test_that_keeps_a_customer_out_is_named_with_what_was_seen() -> None:
    found = look(
        condition({"all": [EMPLOYEES, BUSINESS]}),
        [known("Kontor", account__employees=480.0, customer__plan="Business")],
        NOW,
    )
    (near,) = found.outside
    assert (near.name, near.sentence) == ("Kontor", "employees is at least 500")
    assert near.fact == Fact(480.0, "CRM", NOW)
    assert near.distance == pytest.approx(0.04)
    assert (found.members, found.unknown, found.inside) == (0, 0, ())


def test_who_fails_two_tests_is_not_just_outside() -> None:
    found = look(
        condition({"all": [EMPLOYEES, BUSINESS]}),
        [known("Far", account__employees=480.0, customer__plan="Team")],
        NOW,
    )
    assert (found.outside, found.members) == ((), 0)


def test_what_is_unknown_is_counted_and_never_an_example() -> None:
    found = look(condition({"all": [EMPLOYEES, BUSINESS]}), [known("Nobody")], NOW)
    assert (found.sample, found.unknown, found.inside, found.outside) == (1, 1, (), ())


def test_a_member_is_near_the_edge_by_the_test_that_could_end_it() -> None:
    found = look(
        condition({"all": [EMPLOYEES, BUSINESS]}),
        [
            known("Wide", account__employees=9_000.0, customer__plan="Business"),
            known("Close", account__employees=510.0, customer__plan="Business"),
        ],
        NOW,
    )
    assert [one.name for one in found.inside] == ["Close", "Wide"]
    assert found.inside[0].sentence == "employees is at least 500"
    assert found.members == 2


def test_a_member_by_two_ways_has_no_edge_near() -> None:
    found = look(
        condition({"any": [EMPLOYEES, BUSINESS]}),
        [known("Both", account__employees=501.0, customer__plan="Business")],
        NOW,
    )
    assert (found.members, found.inside) == (1, ())


def test_inside_a_not_the_sentence_says_so() -> None:
    found = look(
        condition({"all": [EMPLOYEES, {"not": GERMAN}]}),
        [known("Bonn", account__employees=900.0, customer__country="DE")],
        NOW,
    )
    (near,) = found.outside
    assert near.sentence == "not: country is DE"
    assert near.distance == FAR


def test_dates_are_near_by_their_days() -> None:
    found = look(
        condition({"field": "customer.signed_up", "at most": "2026-01-01"}),
        [known(str(day), customer__signed_up=date(2026, 1, day)) for day in (20, 3)],
        NOW,
    )
    assert [one.name for one in found.outside] == ["3", "20"]


def test_at_most_as_many_examples_come_back_as_were_asked_for() -> None:
    many = [known(f"{size}", account__employees=float(size)) for size in range(480, 520)]
    found = look(condition(EMPLOYEES), many, NOW, most=10)
    assert [one.name for one in found.outside] == [str(size) for size in range(499, 489, -1)]
    assert [one.name for one in found.inside] == [str(size) for size in range(500, 510)]
    assert found.members == 20


def test_a_field_of_tickets_is_unknown_while_there_is_no_ticket() -> None:
    found = look(condition({"field": "ticket.subject", "is": "invoice"}), [known("x")], NOW)
    assert found.unknown == 1


FIELDS = ("account.employees", "account.arr", "customer.orders")
LEAVES = st.builds(
    lambda field, value: condition({"field": field, "at least": value}),
    st.sampled_from(FIELDS),
    st.integers(0, 3),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)
FACTS = st.dictionaries(
    st.sampled_from(FIELDS),
    st.integers(0, 3).map(lambda number: Fact(float(number), "CRM", NOW)),
)


def _with(tree: Condition, turned: Test, other: Condition) -> Condition:
    """The same tree with something else in the place of one leaf, known by itself."""
    match tree:
        case Test():
            return other if tree is turned else tree
        case All(parts):
            return All(tuple(_with(part, turned, other) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_with(part, turned, other) for part in parts))
        case Not(part):
            return Not(_with(part, turned, other))
        case _:
            return tree


def _apart(tree: Condition) -> Condition:
    """The same tree with no leaf object in two places."""
    match tree:
        case Test():
            return Test(tree.field, tree.operator, tree.operand)
        case All(parts):
            return All(tuple(_apart(part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_apart(part) for part in parts))
        case Not(part):
            return Not(_apart(part))
        case _:
            return tree


@given(TREES, FACTS)
def test_exactly_the_tests_are_named_that_would_turn_the_result(
    tree: Condition, facts: dict[str, Fact]
) -> None:
    tree = _apart(tree)
    view = view_of(facts, Layout.of([tree]), NOW)
    found = edge(tree, view)
    to_true, to_false = set(), set()
    for leaf in tree_module.tests_of(tree):
        is_known = truth(leaf, view) is not None
        # What is unknown could come out either way.
        others = [Not(leaf)] if is_known else [Always(), Not(Always())]
        turned = {edge(_with(tree, leaf, other), view).result for other in others}
        if True in turned and found.result is not True:
            to_true.add(id(leaf))
        if False in turned and found.result is not False:
            to_false.add(id(leaf))
    assert {id(turn.test) for turn in found.to_true} == to_true
    assert {id(turn.test) for turn in found.to_false} == to_false
