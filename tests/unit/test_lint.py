"""Lint: what it finds is so, and the ticket it shows bears it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import NOON, a_playbook, a_rule, a_segment, a_ticket, an_agent, some_facts
from hypothesis import given
from hypothesis import strategies as st

from plugin.demo.samples import generate
from routing.assignment.staff import Queue
from routing.conditions.tree import All, AnyOf, Condition
from routing.conditions.wording import sentence
from routing.decide import Decision, decide
from routing.lint.findings import Finding, Kind, Severity
from routing.lint.lint import lint
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.rules.rule import Rule, State, Then
from routing.rules.trace import RuleSeen, Verdict
from routing.tickets import Fact, Facts, Priority, Value

COUNTRIES = ["DE", "FR"]
NUMBERS = [0.0, 5.0, 10.0]
DAYS = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 30)]
PHRASES = ["invoice", "invoice copy", "voice", "printer"]
SEGMENTS = ["Big", "German", "Small"]


def asking(field: str, operators: Sequence[str], values: st.SearchStrategy[Any]) -> Any:
    return st.builds(
        lambda op, value: {"field": field, op: value}, st.sampled_from(operators), values
    )


def some(values: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


def ends(values: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=2, max_size=2).map(sorted)


LIMITS = ["is", "is not", "at least", "at most", "more than", "less than"]
CUSTOMER_TESTS = st.one_of(
    asking("customer.country", ["is", "is not", "starts with"], st.sampled_from(COUNTRIES)),
    asking("customer.country", ["is any of", "is none of"], some(COUNTRIES)),
    asking("customer.orders", LIMITS, st.sampled_from(NUMBERS)),
    asking("customer.orders", ["between"], ends(NUMBERS)),
    asking("customer.renewal", [*LIMITS, "before", "after"], st.sampled_from(DAYS)),
    asking(
        "customer.renewal",
        ["within the last", "within the next", "older than"],
        st.sampled_from(["1 d", "30 d"]),
    ),
    asking("customer.lists", ["contains"], st.sampled_from(["a", "b"])),
    asking(
        "customer.lists", ["contains any of", "contains all of", "contains none of"], some("ab")
    ),
    asking("account.b2b", ["is", "is not"], st.booleans()),
    asking("ticket.text", ["contains", "starts with", "matches"], st.sampled_from(PHRASES)),
    asking(
        "ticket.text", ["contains any of", "contains all of", "contains none of"], some(PHRASES)
    ),
    asking("ticket.priority", ["is", "is not"], st.sampled_from(["low", "high", "none such"])),
    asking("time.hour", LIMITS, st.sampled_from([0.0, 12.0, 23.0])),
    asking("time.weekday", ["is", "is not"], st.sampled_from(["monday", "sunday"])),
    asking("time.date", ["before", "at least"], st.sampled_from(DAYS)),
    asking(
        "customer.country",
        ["is missing", "is present", "is fresh", "is stale", "has changed"],
        st.just(value=True),
    ),
    asking("customer.orders", ["is missing", "is fresh", "has changed"], st.just(value=True)),
    asking("ticket.subject", ["contains", "is"], st.sampled_from(PHRASES)),
    asking("ticket.tags", ["contains"], st.sampled_from(["vip", "new"])),
)
RULE_TESTS = CUSTOMER_TESTS | st.one_of(
    asking("segment", ["is", "is not"], st.sampled_from(SEGMENTS)),
    asking("segment", ["is missing", "is present"], st.just(value=True)),
    asking("segments", ["contains"], st.sampled_from(SEGMENTS)),
    asking("segments", ["contains any of", "contains none of"], some(SEGMENTS)),
)


def conditions(tests: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.just("always") | tests,
        lambda inner: (
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
            | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
            | st.builds(lambda part: {"not": part}, inner)
        ),
        max_leaves=4,
    )


def books(tests: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Rule]]:
    rules = st.builds(
        lambda when, go_on, off, queue, priority: a_rule(
            "rule", when, go_on=go_on, off=off == 0, queue=queue, priority=priority
        ),
        conditions(tests),
        st.booleans(),
        st.integers(0, 3),
        st.sampled_from([None, "General", "Compliance"]),
        st.sampled_from([Priority.LOW, Priority.HIGH]),
    )
    return st.lists(rules, min_size=1, max_size=6)


BOOKS = books(RULE_TESTS)
SMALL_TESTS = st.one_of(
    asking("customer.country", ["is", "is not"], st.sampled_from(COUNTRIES)),
    asking("customer.country", ["is missing", "is present"], st.just(value=True)),
    asking("customer.orders", LIMITS, st.sampled_from(NUMBERS)),
    asking("account.b2b", ["is", "is not"], st.booleans()),
)
WHENS = st.lists(conditions(CUSTOMER_TESTS), max_size=3)

CUSTOMERS: dict[str, Sequence[Value]] = {
    "customer.country": ["DE", "fr", "SE"],
    "customer.orders": [-1.0, 0.0, 3.0, 5.0, 7.0, 10.0, 11.0],
    "customer.renewal": [*DAYS, date(2026, 1, 1), date(2026, 3, 20), date(2027, 1, 1)],
    "customer.lists": [frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")],
    "account.b2b": [True, False],
    "customer.plan": [*SEGMENTS, "other"],
}


def random_facts(dice: Random) -> Facts:
    """Facts of every kind that the conditions above tell apart."""
    customer = {
        name: Fact(
            dice.choice(values), "CRM", None, NOON - timedelta(1) if dice.random() < 0.3 else None
        )
        for name, values in CUSTOMERS.items()
        if dice.random() < 0.8
    }
    ticket = replace(
        a_ticket(
            dice.choice(["", *PHRASES]),
            dice.choice(["", "the printer", *PHRASES]),
            priority=dice.choice([None, *Priority]),
        ),
        tags=dice.choice([frozenset(), frozenset({"VIP"}), frozenset({"vip", "new"})]),
    )
    before = {"customer.country": "SE", "customer.orders": None}
    return Facts(
        ticket=ticket,
        now=NOON + timedelta(hours=dice.randrange(24 * 90)),
        customer=customer,
        before={name: value for name, value in before.items() if dice.random() < 0.5},
    )


def a_book(rules: Sequence[Rule], whens: Sequence[Any] = ()) -> Playbook:
    """A playbook with these rules; segments whose conditions are not given are plans."""
    conditions = [
        *whens,
        *({"field": "customer.plan", "is": one} for one in SEGMENTS[len(whens) :]),
    ]
    return a_playbook(
        rules=rules,
        segments=list(map(a_segment, SEGMENTS, conditions)),
        queues=["General", "Compliance"],
    )


def bears_out(finding: Finding, playbook: Playbook) -> bool:
    """Whether the finding's ticket, decided, shows what the finding says."""
    decision = decide(finding.witness.facts, playbook)
    if finding.segments:
        return segment_bears_out(finding, [one.segment for one in decision.segments])
    places = [place - 1 for place in finding.rules]
    seen = [decision.trace[place] for place in places]
    fired = [one.verdict is Verdict.FIRED for one in seen]
    matched = [one.matched is True for one in seen]
    match finding.kind:
        case Kind.NEVER:
            return not matched[0]
        case Kind.SHADOWED:
            return matched[0] and seen[0].verdict is Verdict.AFTER_STOP and any(fired)
        case Kind.DUPLICATE | Kind.ALWAYS:
            return all(matched)
        case Kind.OVERLAP:
            return all(fired[:2]) and first_wins(playbook, decision, places)
        case Kind.GAP:
            return not any(playbook.rule(name).then.queue for name in decision.fired)
        case Kind.REFERENCE:
            return fired[0] and decision.queue in finding.says
        case Kind.DEAD_PART:
            rule = playbook.rules[places[0]]
            parts = alternatives(rule.when)
            return any(not holds(part, finding.witness.facts, playbook) for part in parts)


def alternatives(when: Condition) -> list[Condition]:
    """Every part of every "any" outside a "not"."""
    if isinstance(when, AnyOf):
        return [*when.parts, *(one for part in when.parts for one in alternatives(part))]
    if isinstance(when, All):
        return [one for part in when.parts for one in alternatives(part)]
    return []


def holds(when: Condition, facts: Facts, playbook: Playbook) -> bool:
    rule = Rule("alone", when, Then(queue="General"))
    return decide(facts, replace(playbook, rules=(rule,))).fired == ("alone",)


def dead(finding: Finding, playbook: Playbook) -> list[Condition]:
    """The alternatives that the finding says are never true."""
    parts = alternatives(playbook.rules[finding.rules[0] - 1].when)
    return [
        part
        for part in parts
        if f"“{sentence(part)}” is never" in finding.says
        or (isinstance(part, All) and sum(map(quoted(finding), part.parts)) > 1)
    ]


def quoted(finding: Finding) -> Callable[[Condition], bool]:
    return lambda part: f"“{sentence(part)}”" in finding.says


def segment_bears_out(finding: Finding, members: Sequence[str]) -> bool:
    own, *others = finding.segments
    if finding.kind is Kind.NEVER:
        return own not in members
    return members[0] in others and own in members[1:]


def first_wins(playbook: Playbook, decision: Decision, places: Sequence[int]) -> bool:
    one, other = (playbook.rules[place].then for place in places[:2])
    got = (decision.queue, decision.priority)
    pairs = zip(got, (one.queue, one.priority), (other.queue, other.priority), strict=True)
    return any(result == mine and None is not theirs != mine for result, mine, theirs in pairs)


def contradicted(finding: Finding, decision: Decision) -> bool:
    """Whether a decision shows that a finding is wrong about what never or always is."""
    segments = [one.segment for one in decision.segments]
    own: RuleSeen | None = decision.trace[finding.rules[0] - 1] if finding.rules else None
    match finding.kind:
        case Kind.NEVER if own is None:
            return finding.segments[0] in segments
        case Kind.SHADOWED if own is None:
            return segments[:1] == [finding.segments[0]]
        case Kind.NEVER | Kind.SHADOWED:
            return own is not None and own.verdict is Verdict.FIRED
        case Kind.ALWAYS:
            return own is not None and own.matched is not True
        case Kind.DUPLICATE:
            pair = [decision.trace[place - 1].matched is True for place in finding.rules]
            return len({*pair}) > 1
        case _:
            return False


def numbered(rules: Sequence[Rule]) -> list[Rule]:
    return [replace(rule, name=f"rule {place}") for place, rule in enumerate(rules, 1)]


@given(BOOKS, WHENS)
def test_every_witness_bears_its_finding_out(rules: list[Rule], whens: list[Any]) -> None:
    playbook = a_book(numbered(rules), whens)
    for finding in lint(playbook, NOON):
        assert bears_out(finding, playbook), finding


@given(BOOKS, WHENS, st.integers(0, 2**32))
def test_what_is_said_to_be_never_or_always_so_is_not_contradicted_by_any_ticket(
    rules: list[Rule], whens: list[Any], seed: int
) -> None:
    playbook = a_book(numbered(rules), whens)
    findings = [one for one in lint(playbook, NOON) if one.kind is not Kind.OVERLAP]
    dice = Random(seed)
    for _ in range(300 if findings else 0):
        facts = random_facts(dice)
        decision = decide(facts, playbook)
        for finding in findings:
            assert not contradicted(finding, decision), finding
            if finding.kind is Kind.DEAD_PART:
                never = dead(finding, playbook)
                assert never
                assert not any(holds(part, facts, playbook) for part in never), finding


@given(books(SMALL_TESTS))
def test_of_few_values_it_finds_just_the_rules_that_no_ticket_can_fire(rules: list[Rule]) -> None:
    playbook = a_book(numbered(rules))
    fired: set[int] = set()
    for values in product(
        ["DE", "FR", "SE", None], [-1.0, 0.0, 3.0, 5.0, 7.0, 10.0, 11.0, None], [True, False, None]
    ):
        names = ("customer.country", "customer.orders", "account.b2b")
        known = {
            name: value for name, value in zip(names, values, strict=True) if value is not None
        }
        decision = decide(some_facts(known), playbook)
        fired |= {
            place for place, one in enumerate(decision.trace, 1) if one.verdict is Verdict.FIRED
        }
    silent = {place for place, rule in enumerate(rules, 1) if rule.state is State.ON} - fired
    findings = [one for one in lint(playbook, NOON) if one.rules]
    said = {one.rules[0] for one in findings if one.kind in {Kind.NEVER, Kind.SHADOWED}}
    doubled = {one.rules[0] for one in findings if one.kind is Kind.DUPLICATE}
    assert said <= silent <= said | doubled


COUNTRY = {"field": "customer.country", "is": "DE"}
FRANCE = {"field": "customer.country", "is": "FR"}
MANY = {"field": "customer.orders", "at least": 10}
FEW = {"field": "customer.orders", "less than": 10}


def found(*rules: Rule, whens: Sequence[Any] = ()) -> list[Finding]:
    """What is wrong with these rules, apart from the gap they leave; each witness bears out."""
    playbook = a_book(numbered(rules), whens)
    findings = lint(playbook, NOON)
    assert all(bears_out(finding, playbook) for finding in findings)
    return [one for one in findings if one.kind is not Kind.GAP]


def only(*rules: Rule, whens: Sequence[Any] = ()) -> Finding:
    (finding,) = found(*rules, whens=whens)
    return finding


def a_stop(when: Any, queue: str = "Compliance") -> Rule:
    return a_rule(when=when, queue=queue)


def dates(field: str, **asked: object) -> list[Any]:
    return [{"field": field, name.replace("_", " "): value} for name, value in asked.items()]


class TestNeverTrue:
    def test_two_values_at_once_exclude_each_other(self) -> None:
        finding = only(a_stop({"all": [COUNTRY, MANY, FRANCE]}))
        assert finding.kind is Kind.NEVER
        assert finding.severity is Severity.BAD
        assert finding.says == (
            "Never fires: “country is DE” and “country is FR” cannot both be true."
        )
        assert finding.witness.told == (("country", "DE"),)

    @pytest.mark.parametrize(
        "parts",
        [
            [MANY, FEW],
            [MANY, {"field": "customer.orders", "is missing": True}],
            [COUNTRY, {"not": {"field": "customer.country", "starts with": "d"}}],
            dates("customer.renewal", between=["2026-01-01", "2026-01-31"], after="2026-01-31"),
            dates("customer.renewal", more_than="2026-01-01", less_than="2026-01-02"),
            dates("customer.renewal", older_than="30 d", within_the_last="7 d"),
            dates("ticket.text", contains="invoice copy", contains_none_of=["invoice", "bill"]),
            dates("customer.lists", contains_all_of=["a", "b"], contains_none_of=["b"]),
            [{"field": "segment", "is": "Big"}, {"field": "segments", "contains none of": ["Big"]}],
        ],
    )
    def test_a_range_or_set_that_is_empty_is_found(self, parts: list[Any]) -> None:
        assert only(a_stop({"all": parts})).kind is Kind.NEVER

    @pytest.mark.parametrize(
        "test",
        [
            {"field": "time.hour", "at least": 24},
            {"field": "ticket.priority", "is": "none such"},
            {"field": "ticket.text", "is missing": True},
            {"field": "time.date", "is stale": True},
        ],
    )
    def test_a_value_that_a_field_never_has_is_found(self, test: Any) -> None:
        assert "is never true" in only(a_stop(test)).says

    def test_the_conditions_of_segments_count(self) -> None:
        asked = {"all": [{"field": "segments", "contains": "Big"}, FRANCE]}
        assert only(a_stop(asked), whens=[COUNTRY]).kind is Kind.NEVER
        assert found(a_stop(asked), whens=[FRANCE]) == []

    def test_nobody_is_in_a_segment_that_never_holds(self) -> None:
        finding = only(a_stop(FRANCE), whens=[{"all": [COUNTRY, FRANCE]}])
        assert finding.segments == ("Big",)
        assert finding.says.startswith("Nobody is ever in Big: “country is DE”")

    def test_an_alternative_that_never_holds_is_found_while_the_rule_fires(self) -> None:
        finding = only(a_stop({"any": [MANY, {"all": [COUNTRY, FRANCE]}]}))
        assert (finding.kind, finding.severity) == (Kind.DEAD_PART, Severity.WARN)

    def test_what_may_hold_is_left_alone(self) -> None:
        parts = [{"field": "ticket.text", "matches": one} for one in ("^a", "b$")]
        assert found(a_stop({"all": [*parts, {"not": MANY}]})) == []


class TestShadowed:
    def test_a_wider_rule_that_stops_hides_a_narrower_one(self) -> None:
        finding = only(a_stop(COUNTRY), a_stop({"all": [COUNTRY, MANY]}))
        assert (finding.kind, finding.rules) == (Kind.SHADOWED, (2, 1))
        assert finding.says == "Never fires: rule 1, rule 1, takes every ticket that reaches it."
        assert finding.witness.says == (
            "Witness: a ticket with country DE and orders 10. "
            "Rule 2 matches it, but rule 1 comes first and stops."
        )

    def test_several_rules_together_hide_one(self) -> None:
        unknown = {"field": "customer.orders", "is missing": True}
        finding = only(*map(a_stop, [MANY, FEW, unknown, COUNTRY]))
        assert finding.rules == (4, 1, 2, 3)
        assert "rules 1, 2 and 3 together" in finding.says

    def test_an_unknown_value_that_gets_through_is_enough_to_fire(self) -> None:
        assert found(*map(a_stop, [MANY, FEW, COUNTRY])) == []

    def test_a_rule_that_goes_on_or_is_off_hides_nothing(self) -> None:
        narrow = a_stop({"all": [COUNTRY, MANY]})
        assert found(a_rule(when=COUNTRY, tags=["de"], go_on=True), narrow) == []
        assert found(a_rule(when=COUNTRY, queue="General", off=True), narrow) == []

    def test_a_rule_by_segment_is_hidden_by_one_that_asks_what_the_segment_asks(self) -> None:
        by_segment = a_stop({"field": "segments", "contains": "Big"})
        in_general = a_stop(COUNTRY, "General")
        assert only(in_general, by_segment, whens=[COUNTRY]).rules == (2, 1)
        assert only(by_segment, in_general, whens=[COUNTRY]).rules == (2, 1)

    def test_a_segment_whose_customers_are_all_in_an_earlier_one_is_never_primary(self) -> None:
        finding = only(a_stop(MANY), whens=[COUNTRY, {"all": [COUNTRY, MANY]}])
        assert (finding.severity, finding.segments) == (Severity.WARN, ("German", "Big"))


class TestOtherFindings:
    def test_two_rules_that_say_the_same_are_duplicates_in_whatever_order_they_say_it(self) -> None:
        finding = only(a_stop({"all": [COUNTRY, MANY]}), a_stop({"all": [MANY, COUNTRY]}))
        assert (finding.kind, finding.rules) == (Kind.DUPLICATE, (2, 1))

    def test_a_condition_that_leaves_no_ticket_out_is_always_true(self) -> None:
        present = {"field": "customer.orders", "is present": True}
        missing = {"field": "customer.orders", "is missing": True}
        assert only(a_stop({"any": [present, missing]})).kind is Kind.ALWAYS
        assert found(a_stop("always")) == []

    def test_what_an_unknown_value_leaves_open_is_not_always_true(self) -> None:
        assert found(a_stop({"any": [COUNTRY, {"not": COUNTRY}]})) == []

    def test_two_rules_that_both_fire_and_disagree_overlap(self) -> None:
        first = a_rule(when=COUNTRY, priority=Priority.HIGH, go_on=True)
        finding = only(first, a_rule(when=MANY, priority=Priority.LOW))
        assert (finding.kind, finding.severity) == (Kind.OVERLAP, Severity.NOTE)
        assert finding.says == "Where rule 2 fires too, its priority comes first."

    def test_rules_that_agree_or_exclude_each_other_do_not_overlap(self) -> None:
        first = a_rule(when=COUNTRY, priority=Priority.HIGH, go_on=True)
        assert found(first, a_rule(when=MANY, priority=Priority.HIGH)) == []
        assert found(first, a_rule(when=FRANCE, priority=Priority.LOW)) == []

    def test_tickets_that_no_rule_sends_anywhere_are_a_gap(self) -> None:
        (gap,) = lint(a_book([a_stop(COUNTRY)]), NOON)
        assert (gap.kind, gap.severity, gap.rules) == (Kind.GAP, Severity.NOTE, ())
        assert lint(a_book([a_stop(COUNTRY), a_stop("always", "General")]), NOON) == ()
        assert lint(a_book([]), NOON) == ()

    def test_a_queue_without_agents_leads_nowhere(self) -> None:
        book = replace(a_book([a_stop("always")]), agents=(an_agent(queues=["General"]),))
        (finding,) = lint(book, NOON)
        assert finding.kind is Kind.REFERENCE
        assert finding.says == "Sends tickets to Compliance, which no agent serves."
        assert bears_out(finding, book)

    def test_a_queue_without_an_id_in_a_desk_leads_nowhere(self) -> None:
        book = a_book([a_stop("always")])
        queues = (book.queues[0], Queue("Compliance"))
        (finding,) = lint(replace(book, queues=queues), NOON)
        assert finding.says == "Sends tickets to Compliance, which has no id in demo."

    def test_a_condition_with_too_many_alternatives_is_passed_over(self) -> None:
        hours = [{"all": [COUNTRY, {"field": "time.hour", "is": n}]} for n in range(9)]
        days = [{"all": [FRANCE, {"field": "time.day", "is": n}]} for n in range(1, 10)]
        months = [{"all": [MANY, {"field": "time.month", "is": n}]} for n in range(1, 10)]
        some_of = [{"any": hours}, {"any": months}, {"not": {"any": days}}]
        assert found(a_stop({"all": some_of}), a_stop({"all": [*some_of, MANY]})) == []


def test_the_sample_playbook_has_notes_only() -> None:
    text = (Path(generate.__file__).parent / "playbook.yaml").read_text("utf-8")
    findings = lint(read_playbook(text), NOON)
    assert {one.severity for one in findings} == {Severity.NOTE}
