"""The rule book: which rules fire, the same as by trying them one by one, and why each did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

import pytest
from builders import a_rule, condition, known, some_facts
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions.evaluate import Layout, View, truth
from routing.rules.book import RuleBook
from routing.rules.rule import After, Rule, State, Then
from routing.rules.trace import RuleSeen, Verdict, explain
from routing.tickets import Value

COUNTRIES = ["DE", "FR", "NO", "de "]
ORDERS = [0.0, 1.0, 5.0, 10.0, 99.5]
LANDS = [f"{a}{b}" for a in "ABCDE" for b in "ABCDEFGH"]
LIMITS = ["at least", "more than", "at most", "less than"]
SPANS = ["1 d", "60 d", "400 d"]
DAYS = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 12, 31)]

TESTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda op, value: {"field": "customer.country", op: value},
        st.sampled_from(["is", "is not", "starts with"]),
        st.sampled_from(COUNTRIES),
    ),
    st.builds(
        lambda op, values: {"field": "customer.country", op: values},
        st.sampled_from(["is any of", "is none of"]),
        st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=3),
    ),
    st.builds(
        lambda op, value: {"field": "customer.orders", op: value},
        st.sampled_from(["is", "is not", "at least", "at most", "more than", "less than"]),
        st.sampled_from(ORDERS),
    ),
    st.builds(
        lambda op, value: {"field": "customer.renewal", op: value},
        st.sampled_from(["is", "at least", "at most", "more than", "before", "after"]),
        st.sampled_from(DAYS),
    ),
    st.builds(
        lambda name, some, other: {"field": name, "between": sorted([some, other])},
        st.just("customer.orders"),
        st.sampled_from(ORDERS),
        st.sampled_from(ORDERS),
    ),
    st.builds(
        lambda op, span: {"field": "customer.renewal", op: span},
        st.sampled_from(["within the last", "within the next", "older than"]),
        st.sampled_from(SPANS),
    ),
    st.builds(
        lambda value: {"field": "customer.lists", "contains": value}, st.sampled_from(["vip", "b"])
    ),
    st.builds(
        lambda field, op: {"field": field, op: True},
        st.sampled_from(["customer.country", "customer.orders"]),
        st.sampled_from(["is missing", "is present", "is fresh", "is stale", "has changed"]),
    ),
)
CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    st.just("always") | TESTS,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=4))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=5,
)
RULES = st.builds(
    lambda when, state, after: Rule("rule", condition(when), Then(queue="General"), after, state),
    CONDITIONS,
    st.sampled_from([State.ON, State.ON, State.ON, State.OFF]),
    st.sampled_from([After.STOP, After.GO_ON, After.GO_ON, After.GO_ON]),
)
CUSTOMERS = st.fixed_dictionaries(
    {},
    optional={
        "customer.country": st.sampled_from([*COUNTRIES, "SE"]),
        "customer.orders": st.sampled_from([*ORDERS, -1.0, 7.0, 1e9]),
        "customer.renewal": st.sampled_from([*DAYS, date(2026, 2, 2)]),
        "customer.lists": st.frozensets(st.sampled_from(["VIP", "b", "c"])),
    },
)


def one_by_one(rules: Sequence[Rule], view: View) -> tuple[int, ...]:
    """Which rules fire, by trying every one of them in order."""
    fired = []
    for place, rule in enumerate(rules):
        if rule.state is State.ON and truth(rule.when, view) is True:
            fired.append(place)
            if rule.after is After.STOP:
                break
    return tuple(fired)


def fired(rules: Sequence[Rule], customer: dict[str, Value] | None = None) -> tuple[int, ...]:
    layout = Layout.of(rule.when for rule in rules)
    return RuleBook(rules, layout).fired(layout.view(some_facts(customer)).row)


@given(st.lists(RULES, max_size=40), st.lists(CUSTOMERS, min_size=1, max_size=5))
def test_the_book_fires_the_rules_that_fire_one_by_one(
    rules: list[Rule], customers: list[dict[str, Value]]
) -> None:
    layout = Layout.of(rule.when for rule in rules)
    book = RuleBook(rules, layout)
    for customer in customers:
        view = layout.view(some_facts(customer))
        assert book.fired(view.row) == one_by_one(rules, view)


def a_limit(field: str, below: int, dice: Random) -> dict[str, object]:
    operator = dice.choice([*LIMITS, "between"])
    ends = sorted(dice.randrange(below) for _ in range(2))
    return {"field": field, operator: ends if operator == "between" else ends[0]}


@pytest.mark.parametrize("seed", range(8))
def test_a_long_book_with_many_values_and_limits_fires_the_rules_that_fire_one_by_one(
    seed: int,
) -> None:
    dice = Random(seed)
    # More rules, values and limits than are kept ready one by one, so that every way of leaving
    # rules out is gone.
    rules = [
        a_rule(
            f"rule {place}",
            {
                "all": [
                    {"field": "customer.country", "is any of": dice.choices(LANDS, k=2)},
                    a_limit("customer.orders", 300, dice),
                    {"field": "customer.revenue_12m", dice.choice(LIMITS): dice.randrange(9)},
                ][dice.randrange(3) :]
            },
            go_on=dice.random() < 0.9,
            off=dice.random() < 0.1,
            queue="General",
        )
        for place in range(300)
    ]
    layout = Layout.of(rule.when for rule in rules)
    book = RuleBook(rules, layout)
    for _ in range(20):
        customer: dict[str, Value] = {
            "customer.country": dice.choice(LANDS),
            "customer.orders": float(dice.randrange(-1, 301)),
            "customer.revenue_12m": dice.choice([*map(float, range(-1, 10)), 2.5]),
        }
        for name in dice.sample(sorted(customer), dice.randrange(2)):
            del customer[name]
        view = layout.view(some_facts(customer))
        assert book.fired(view.row) == one_by_one(rules, view)


GERMANY = {"field": "customer.country", "is": "DE"}


class TestFiring:
    def test_an_empty_book_fires_nothing(self) -> None:
        assert fired([]) == ()

    def test_the_first_rule_that_stops_closes_the_book(self) -> None:
        rules = [a_rule(go_on=True), a_rule(), a_rule()]
        assert fired(rules) == (0, 1)

    def test_a_rule_that_is_off_neither_fires_nor_stops(self) -> None:
        rules = [a_rule(off=True), a_rule(go_on=True)]
        assert fired(rules) == (1,)

    def test_an_unknown_value_never_fires_a_rule(self) -> None:
        rules = [a_rule(when=GERMANY, go_on=True), a_rule(when={"not": GERMANY}, go_on=True)]
        assert fired(rules) == ()

    def test_two_tests_of_one_field_must_both_hold(self) -> None:
        both = {"all": [GERMANY, {"field": "customer.country", "is any of": ["FR", "NO"]}]}
        assert fired([a_rule(when=both)], {"customer.country": "DE"}) == ()
        assert fired([a_rule(when=both)], {"customer.country": "FR"}) == ()

    def test_values_are_found_without_regard_to_case(self) -> None:
        assert fired([a_rule(when=GERMANY)], {"customer.country": " de"}) == (0,)


class TestTrace:
    def trace(self, rules: Sequence[Rule], customer: dict[str, Value]) -> list[RuleSeen]:
        layout = Layout.of(rule.when for rule in rules)
        view = layout.view(some_facts(customer))
        return list(explain(rules, RuleBook(rules, layout).fired(view.row), view))

    def test_every_rule_is_there_with_its_verdict(self) -> None:
        rules = [
            a_rule("off", off=True),
            a_rule("other", {"field": "customer.country", "is": "FR"}),
            a_rule("unknown", {"field": "customer.plan", "is": "Team"}),
            a_rule("on the way", GERMANY, go_on=True),
            a_rule("the one", GERMANY),
            a_rule("too late", GERMANY),
            a_rule("too late and other", {"field": "customer.country", "is": "FR"}),
        ]
        seen = self.trace(rules, {"customer.country": "DE"})
        assert [(one.name, one.verdict, one.matched) for one in seen] == [
            ("off", Verdict.OFF, None),
            ("other", Verdict.NOT_MATCHED, False),
            ("unknown", Verdict.UNKNOWN, None),
            ("on the way", Verdict.FIRED, True),
            ("the one", Verdict.FIRED, True),
            ("too late", Verdict.AFTER_STOP, True),
            ("too late and other", Verdict.AFTER_STOP, False),
        ]

    def test_a_rule_that_did_not_match_shows_the_test_that_failed_and_the_value_seen(self) -> None:
        (seen,) = self.trace([a_rule(when=GERMANY)], {"customer.country": "FR"})
        (test,) = seen.tests
        fact = known({"customer.country": "FR"})["customer.country"]
        assert test == ("country is DE", False, "FR", fact.source, fact.as_of)

    @given(st.lists(RULES, min_size=1, max_size=10), CUSTOMERS)
    def test_the_verdicts_agree_with_the_rules_that_fired(
        self, rules: list[Rule], customer: dict[str, Value]
    ) -> None:
        layout = Layout.of(rule.when for rule in rules)
        view = layout.view(some_facts(customer))
        places = RuleBook(rules, layout).fired(view.row)
        seen = list(explain(rules, places, view))
        assert [n for n, one in enumerate(seen) if one.verdict is Verdict.FIRED] == list(places)
        for rule, one in zip(rules, seen, strict=True):
            assert one.matched is (None if rule.state is State.OFF else truth(rule.when, view))


@pytest.mark.parametrize("count", [0, 1, 65, 3000])
def test_rules_are_numbered_right_in_books_of_any_length(count: int) -> None:
    rules = [a_rule(when={"field": "customer.orders", "is": n}) for n in range(count)]
    rules.append(a_rule(when={"field": "customer.orders", "at least": 0}))
    assert fired(rules, {"customer.orders": float(max(count - 1, 0))}) == (max(count - 1, 0),)
    assert fired(rules, {"customer.orders": 1e6}) == (count,)
