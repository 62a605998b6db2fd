"""Facts and decisions come back from JSON exactly as they went in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import a_playbook, a_rule, some_facts
from hypothesis import given
from hypothesis import strategies as st

from routing.assignment.choose import Assignment
from routing.conditions.evaluate import Seen
from routing.decide import Decision, decide
from routing.record import (
    decision_in,
    decision_out,
    fact_in,
    fact_out,
    facts_in,
    facts_out,
    value_in,
    value_out,
)
from routing.replies.rank import Suggestion
from routing.rules.trace import RuleSeen, Verdict
from routing.segments.membership import Membership
from routing.tickets import (
    Fact,
    Facts,
    Load,
    Priority,
    Standing,
    Status,
    Ticket,
    TicketRef,
    Trigger,
)

TEXT = st.text(st.characters(), max_size=20)  # with lone surrogates: strangers send them
MAYBE_TEXT = st.none() | TEXT
VALUES = (
    TEXT
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.frozensets(TEXT, max_size=4)
)
ZONES = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(1) / 3)]
)
TIMES = st.datetimes(timezones=ZONES)
MAYBE_TIME = st.none() | TIMES
SPANS = st.none() | st.integers(1, 10**9).map(lambda s: timedelta(seconds=s))
FACTS = st.builds(
    Facts,
    ticket=st.builds(
        Ticket,
        ref=st.builds(TicketRef, TEXT, TEXT),
        subject=TEXT,
        text=TEXT,
        requester_email=MAYBE_TEXT,
        opened_at=TIMES,
        requester_name=MAYBE_TEXT,
        channel=MAYBE_TEXT,
        status=st.sampled_from(Status),
        priority=st.none() | st.sampled_from(Priority),
        queue=MAYBE_TEXT,
        agent=MAYBE_TEXT,
        tags=st.frozensets(TEXT, max_size=3),
    ),
    now=TIMES,
    language=MAYBE_TEXT,
    customer=st.dictionaries(TEXT, st.builds(Fact, VALUES, TEXT, MAYBE_TIME), max_size=4),
    loads=st.dictionaries(TEXT, st.builds(Load, st.integers(0, 99), st.booleans()), max_size=3),
    last_agent=MAYBE_TEXT,
    silent=st.lists(TEXT, max_size=2).map(tuple),
    before=st.dictionaries(TEXT, st.none() | VALUES, max_size=3),
    standing=st.none() | st.builds(Standing, TEXT, MAYBE_TEXT, TEXT),
    trigger=st.sampled_from(Trigger),
    waited=SPANS,
    rating=st.none() | st.integers(1, 5),
    spent=st.lists(TEXT, max_size=2).map(tuple),
)
TESTS = st.lists(
    st.builds(
        Seen,
        TEXT,
        st.none() | st.booleans(),
        st.none() | VALUES,
        MAYBE_TEXT,
        MAYBE_TIME,
    ),
    max_size=3,
).map(tuple)
DECISIONS = st.builds(
    Decision,
    playbook=st.integers(0),
    segments=st.lists(st.builds(Membership, TEXT, TESTS), max_size=2).map(tuple),
    fired=st.lists(TEXT, max_size=3).map(tuple),
    queue=TEXT,
    because=TEXT,
    agent=st.builds(Assignment, MAYBE_TEXT, TEXT),
    priority=st.none() | st.sampled_from(Priority),
    tags=st.lists(TEXT, max_size=3).map(tuple),
    first_reply=SPANS,
    resolution=SPANS,
    fields=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    answer=st.none() | st.text("ab", min_size=1),
    notify=st.lists(TEXT, max_size=2).map(tuple),
    hand_back=SPANS,
    replies=st.lists(st.builds(Suggestion, TEXT, TEXT), max_size=3).map(tuple),
    trace=st.lists(
        st.builds(
            RuleSeen,
            st.integers(1, 99),
            TEXT,
            st.sampled_from(Verdict),
            st.none() | st.booleans(),
            TESTS,
        ),
        max_size=3,
    ).map(tuple),
)


def through_json(value: object) -> object:
    return json.loads(json.dumps(value))


@given(FACTS)
def test_facts_come_back_as_they_were(facts: Facts) -> None:
    again = facts_in(through_json(facts_out(facts)))  # type: ignore[arg-type]
    assert again == facts
    for name, fact in facts.customer.items():
        assert type(again.customer[name].value) is type(fact.value)


@given(DECISIONS)
def test_decisions_come_back_as_they_were(decision: Decision) -> None:
    again = decision_in(through_json(decision_out(decision)))  # type: ignore[arg-type]
    assert again == decision
    assert all(type(rule.verdict) is Verdict for rule in again.trace)
    assert again.priority is decision.priority


def test_a_decision_kept_before_rules_said_their_places_has_them_in_order() -> None:
    told = {
        "playbook": 1,
        "segments": [],
        "fired": ["b"],
        "queue": "General",
        "because": "",
        "agent": [None, ""],
        "priority": None,
        "tags": [],
        "first_reply": None,
        "replies": [],
        "trace": [["a", "off", None, []], ["b", "fired", True, []]],
    }
    decision = decision_in(told)
    assert [(one.place, one.name) for one in decision.trace] == [(1, "a"), (2, "b")]
    assert decision.hand_back is None
    assert decision.notes == ()


@given(VALUES)
def test_values_come_back_with_their_kind(value: object) -> None:
    again = value_in(through_json(value_out(value)))  # type: ignore[arg-type]
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(("raw", "kind"), [(3, float), (True, bool), (0, float), (False, bool)])
def test_a_whole_number_from_elsewhere_is_a_number_of_ours_and_yes_stays_yes(
    raw: object, kind: type
) -> None:
    assert value_in(raw) == raw
    assert type(value_in(raw)) is kind


def test_a_fact_without_a_value_is_unknown() -> None:
    assert fact_in({"value": None, "source": "CRM", "as_of": None}) is None


def test_a_fact_keeps_its_source_and_its_age() -> None:
    fact = Fact("DE", "CRM", datetime(2026, 3, 1, tzinfo=UTC))
    assert fact_in(through_json(fact_out(fact))) == fact  # type: ignore[arg-type]


def test_the_same_moment_in_two_time_zones_is_told_in_both() -> None:
    here = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(hours=2)))
    told = {name: Fact("x", "CRM", at) for name, at in {"a": here, "b": there, "c": here}.items()}
    out = facts_out(replace(some_facts(), customer=told))["customer"]
    assert [out[name]["as_of"] for name in "abc"] == [
        "2026-03-02T12:00:00+00:00",
        "2026-03-02T14:00:00+02:00",
        "2026-03-02T12:00:00+00:00",
    ]


def test_equal_facts_are_stored_as_equal_text() -> None:
    one = some_facts({"customer.plan": "Team", "customer.country": "DE"})
    other = some_facts({"customer.country": "DE", "customer.plan": "Team"})
    assert json.dumps(facts_out(one)) == json.dumps(facts_out(other))


def test_a_real_decision_comes_back_and_can_be_made_again() -> None:
    playbook = a_playbook(
        rules=[a_rule(when={"field": "customer.country", "is": "DE"}, queue="Billing")]
    )
    facts = some_facts({"customer.country": "DE"})
    decision = decide(facts, playbook)
    assert decision_in(through_json(decision_out(decision))) == decision  # type: ignore[arg-type]
    assert decide(facts_in(through_json(facts_out(facts))), playbook) == decision  # type: ignore[arg-type]
