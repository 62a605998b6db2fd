"""Near misses: what would have fired or held but for one test, and what cannot be told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import NOON, a_playbook, a_rule, a_segment, a_ticket, some_facts
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions.durations import ago
from routing.decide import decide, near_segments, what_was_near
from routing.rules.near import NearMiss
from routing.segments.segment import Segment
from routing.tickets import Fact, Facts, Value

VIP = {"field": "account.arr", "at least": 10_000}
GERMAN = {"field": "customer.country", "is": "DE"}
BUSINESS = {"field": "customer.plan", "is": "Business"}
RENEWS = {"field": "customer.renewal", "within the next": "60 d"}


def near(
    *when: object, knows: dict[str, Value], silent: tuple[str, ...] = ()
) -> tuple[NearMiss, ...]:
    segments: list[Segment] = [a_segment(f"segment {n}", one) for n, one in enumerate(when, 1)]
    return near_segments(some_facts(knows, silent=silent), a_playbook(segments=segments))


def test_a_near_miss_says_the_test_the_value_its_source_and_its_age() -> None:
    facts = Facts(
        a_ticket(), NOON, customer={"account.arr": Fact(9_400.0, "CRM", NOON - timedelta(hours=3))}
    )
    (miss,) = near_segments(facts, a_playbook(segments=[a_segment("VIP", VIP)]))
    assert (miss.name, miss.is_known) == ("VIP", True)
    assert miss.why(NOON) == "ARR is at least 10,000; it is 9,400, from CRM 3 h ago"
    assert miss.distance == pytest.approx(0.06)


def test_the_nearest_comes_first_and_three_are_named() -> None:
    limits = [20_000, 10_000, 11_000, 12_000, 15_000]
    misses = near(
        *({"field": "account.arr", "at least": one} for one in limits),
        knows={"account.arr": 9_900.0},
    )
    assert [one.name for one in misses] == ["segment 2", "segment 3", "segment 4"]


def test_what_holds_is_no_near_miss_and_neither_is_what_two_tests_keep_away() -> None:
    knows: dict[str, Value] = {"account.arr": 9_900.0, "customer.country": "FR"}
    assert near({"not": GERMAN}, {"all": [VIP, GERMAN]}, knows=knows) == ()


def test_a_country_alone_is_no_near_miss_but_with_something_that_holds_it_is() -> None:
    knows: dict[str, Value] = {"customer.country": "FR", "customer.plan": "Business"}
    assert near(GERMAN, knows=knows) == ()
    (miss,) = near({"all": [GERMAN, BUSINESS]}, knows=knows)
    assert miss.why(NOON) == "country is DE; it is FR, from CRM now"


def test_a_number_that_is_far_from_what_is_asked_is_no_near_miss_whatever_else_holds() -> None:
    knows: dict[str, Value] = {"account.employees": 1_240.0, "customer.plan": "Business"}
    assert (
        near({"all": [{"field": "account.employees", "less than": 10}, BUSINESS]}, knows=knows)
        == ()
    )


def test_a_test_under_a_not_is_said_with_its_not() -> None:
    knows: dict[str, Value] = {"customer.country": "DE", "customer.plan": "Business"}
    (miss,) = near({"all": [{"not": GERMAN}, BUSINESS]}, knows=knows)
    assert miss.test.sentence == "not: country is DE"
    assert (miss.test.result, miss.test.value) == (False, "DE")


def test_what_one_unknown_keeps_away_is_said_as_unknown_and_behind_what_is_known() -> None:
    knows: dict[str, Value] = {"customer.plan": "Business", "account.arr": 9_900.0}
    first, second = near({"all": [RENEWS, BUSINESS]}, {"all": [VIP, BUSINESS]}, knows=knows)
    assert (first.name, second.name) == ("segment 2", "segment 1")
    assert not second.is_known
    assert second.why(NOON) == ("renewal date is within the next 60 days; renewal date is unknown")


def test_of_a_customer_of_whom_nothing_is_known_nothing_is_guessed() -> None:
    assert near(VIP, GERMAN, RENEWS, knows={}) == ()


def test_while_a_source_was_silent_what_is_unknown_may_hang_on_it() -> None:
    assert [one.name for one in near(VIP, knows={}, silent=("CRM",))] == ["segment 1"]


def test_a_long_text_is_cut_and_the_ticket_needs_no_naming() -> None:
    when = {"all": [BUSINESS, {"field": "ticket.subject", "contains": "invoice"}]}
    facts = some_facts({"customer.plan": "Business"}, ticket=a_ticket(subject="x " * 500))
    (miss,) = near_segments(facts, a_playbook(segments=[a_segment("Bills", when)]))
    assert len(miss.why(NOON)) < 120
    assert miss.why(NOON).endswith("…")


def test_rules_behind_a_stop_rules_that_are_off_and_rules_that_fired_are_no_near_misses() -> None:
    rules = [
        a_rule("off", VIP, off=True),
        a_rule("near", VIP, queue="Priority"),
        a_rule("fired", {"field": "account.arr", "at least": 9_000}, go_on=True, tags=["a"]),
        a_rule("stops", queue="General"),
        a_rule("behind", VIP),
    ]
    facts = some_facts({"account.arr": 9_900.0})
    found = what_was_near(facts, a_playbook(rules=rules)).rules
    assert [(one.place, one.name) for one in found] == [(2, "near")]


def test_a_rule_sees_the_segment_that_was_decided_before_it() -> None:
    rule = a_rule("VIP", {"all": [{"field": "segment", "is": "VIP"}, BUSINESS]}, queue="Priority")
    playbook = a_playbook(rules=[rule], segments=[a_segment("VIP", VIP), a_segment("Everyone")])
    found = what_was_near(
        some_facts({"account.arr": 9_900.0, "customer.plan": "Business"}), playbook
    )
    assert [one.name for one in found.segments] == ["VIP"]
    (miss,) = found.rules
    assert miss.why(NOON) == "segment is VIP; it is Everyone"


LIMITS = st.lists(st.integers(1, 60), min_size=1, max_size=6)


@given(LIMITS, st.integers(1, 60), st.sampled_from(["Business", "Team"]))
def test_with_the_value_it_asks_for_every_near_segment_would_have_held(
    limits: list[int], arr: int, plan: str
) -> None:
    segments = [
        a_segment(str(limit), {"all": [BUSINESS, {"field": "account.arr", "at least": limit}]})
        for limit in limits
    ]
    playbook = a_playbook(segments=segments)
    knows: dict[str, Value] = {"customer.plan": plan, "account.arr": float(arr)}
    for miss in near_segments(some_facts(knows), playbook):
        if miss.field == "ARR":
            mended = some_facts({**knows, "account.arr": float(miss.name)})
        else:
            mended = some_facts({**knows, "customer.plan": "Business"})
        assert miss.name in [one.segment for one in decide(mended, playbook).segments]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, "now"), (60, "1 min ago"), (7_199, "1 h ago"), (86_400, "1 d ago"), (-5, "now")],
)
def test_how_long_ago_is_rounded_down(seconds: int, said: str) -> None:
    assert ago(NOON - timedelta(seconds=seconds), NOON) == said
