"""Conditions: three-valued truth, both ways of working it out, and how they are read and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOON, a_ticket, a_view, condition, known, some_facts
from hypothesis import assume, example, given
from hypothesis import strategies as st

from routing.conditions.evaluate import Layout, Seen, View, compile_condition, judge, truth
from routing.conditions.fields import CUSTOMER_FIELDS, RULE_FIELDS, Field, clock_fields
from routing.conditions.operators import OPERATORS, Change, Operand, Operator, Takes
from routing.conditions.tree import (
    MAX_DEPTH,
    All,
    Always,
    AnyOf,
    Condition,
    Not,
    Test,
    read_condition,
)
from routing.conditions.tree import tests_of as every_test_of
from routing.conditions.values import Kind, as_kind, normal, read_value, say
from routing.conditions.wording import sentence
from routing.errors import Invalid, Problem
from routing.hours import Hours, Schedule
from routing.tickets import Fact, Facts, Value

# ---------------------------------------------------------------------------------------------
# A second, deliberately naive evaluator that shares nothing with the real one: it works on raw
# documents and on a plain mapping of values.

SAMPLE = {
    "t": Field("t", Kind.TEXT, "t"),
    "u": Field("u", Kind.TEXT, "u"),
    "n": Field("n", Kind.NUMBER, "n"),
    "b": Field("b", Kind.YES_NO, "b"),
    "d": Field("d", Kind.DATE, "d"),
    "m": Field("m", Kind.MOMENT, "m"),
    "w": Field("w", Kind.WORDS, "w"),
}

OFFICE = Schedule("Office", (Hours(ZoneInfo("UTC"), (((540, 1020),),) * 5 + ((), ())),))
FIELDS = (CUSTOMER_FIELDS | SAMPLE.values()).using([OFFICE])

Known = Mapping[str, Value]
Before = Mapping[str, Value | None]


def lowered(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, frozenset | list | tuple):
        return [lowered(one) for one in value]
    return value


def ago(value: date) -> timedelta:
    if isinstance(value, datetime):
        return NOON - value
    return timedelta(days=NOON.toordinal() - value.toordinal())


def span(words: str) -> timedelta:
    count, unit = words.split()
    return int(count) * (timedelta(days=1) if unit == "d" else timedelta(hours=1))


def changed(asked: Any, old: Any, new: Any) -> bool:
    sides = asked if isinstance(asked, dict) else {}
    if isinstance(new, list) or isinstance(old, list):
        gone, came = set(old or []) - set(new or []), set(new or []) - set(old or [])
        fits = {"from": lambda one: one in gone, "to": lambda one: one in came}
        moved = old is None or new is None or bool(gone | came)
    else:
        fits = {"from": lambda one: one == old, "to": lambda one: one == new}
        moved = old != new
    return moved and all(fits[side](lowered(one)) for side, one in sides.items())


REFERENCE: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda seen, asked: seen == asked,
    "is not": lambda seen, asked: seen != asked,
    "is any of": lambda seen, asked: seen in asked,
    "is none of": lambda seen, asked: seen not in asked,
    "contains": lambda seen, asked: asked in seen,
    "contains any of": lambda seen, asked: any(one in seen for one in asked),
    "contains all of": lambda seen, asked: not [one for one in asked if one not in seen],
    "contains none of": lambda seen, asked: all(one not in seen for one in asked),
    "starts with": lambda seen, asked: seen[: len(asked)] == asked,
    "ends with": lambda seen, asked: not asked or seen[-len(asked) :] == asked,
    "at least": lambda seen, asked: not seen < asked,
    "at most": lambda seen, asked: not seen > asked,
    "more than": lambda seen, asked: seen > asked,
    "less than": lambda seen, asked: seen < asked,
    "between": lambda seen, asked: not (seen < asked[0] or seen > asked[1]),
    "before": lambda seen, asked: seen < asked,
    "after": lambda seen, asked: seen > asked,
    "matches": lambda seen, asked: re.search(asked, seen) is not None,
    "within the last": lambda seen, asked: timedelta(0) <= ago(seen) <= span(asked),
    "older than": lambda seen, asked: ago(seen) > span(asked),
    "within the next": lambda seen, asked: timedelta(0) <= -ago(seen) <= span(asked),
    "is in working time": lambda seen, _: seen.weekday() < 5 and 9 <= seen.hour < 17,
}


def reference(
    raw: Any, values: Known, stale: AbstractSet[str] = frozenset(), before: Before | None = None
) -> bool | None:
    if raw == "always":
        return True
    if "not" in raw:
        inner = reference(raw["not"], values, stale, before)
        return None if inner is None else not inner
    for key in ("all", "any"):
        if key in raw:
            results = [reference(part, values, stale, before) for part in raw[key]]
            settles = key == "any"
            if settles in results:
                return settles
            return None if None in results else not settles
    return one_test(raw, values, stale, before)


def one_test(
    raw: Any, values: Known, stale: AbstractSet[str], before: Before | None
) -> bool | None:
    ((name, asked),) = ((key, value) for key, value in raw.items() if key != "field")
    value = values.get(raw["field"])
    if name == "is present":
        return value is not None
    if name == "is missing":
        return value is None
    if name == "has changed":
        field = raw["field"]
        if before is None or field not in before:
            return False
        return changed(asked, lowered(before[field]), lowered(value))
    if name in {"is fresh", "is stale"}:
        return None if value is None else (raw["field"] in stale) is (name == "is stale")
    return None if value is None else REFERENCE[name](lowered(value), lowered(asked))


# ---------------------------------------------------------------------------------------------
# Random documents and values. Few distinct values, so that tests hit as often as they miss.

WORDS = st.sampled_from(["a", "A", "ab", "Abc", "b ", "ß", "SS", "iced tea"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "t": WORDS,
    "u": WORDS,
    "n": st.sampled_from([-1.5, 0.0, 1.0, 2.0, 1e9]),
    "b": st.booleans(),
    "d": st.sampled_from([date(2024, 2, 29), *(date(2026, 3, day) for day in (1, 2, 3))]),
    "m": st.sampled_from([NOON + timedelta(hours=hours) for hours in (-72, -12, -1, 0, 5, 900)]),
    "w": st.frozensets(WORDS, max_size=3),
}


def operand(field: str) -> st.SearchStrategy[Any]:
    return WORDS if field == "w" else VALUES[field]


@st.composite
def raw_tests(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(sorted(SAMPLE)))
    usable = [one for one in OPERATORS.values() if SAMPLE[field].kind in one.kinds]
    operator = draw(st.sampled_from(usable))
    one = operand(field)
    asked: Any = True
    if operator.takes is Takes.ONE:
        asked = draw(one)
    elif operator.takes is Takes.MANY:
        asked = draw(st.lists(one, min_size=1, max_size=3))
    elif operator.takes is Takes.RANGE:
        asked = sorted([draw(one), draw(one)])
    elif operator.takes is Takes.SPAN:
        asked = draw(st.sampled_from(["1 d", "3 d", "2000 d"] + ["12 h"] * (field == "m")))
    elif operator.takes is Takes.PATTERN:
        asked = draw(st.sampled_from(["a", "^ab?", "s+$", "[a-c]{2}", "ice. tea", "^$"]))
    elif operator.takes is Takes.SCHEDULE:
        asked = "Office"
    elif operator.takes is Takes.CHANGE:
        asked = draw(st.fixed_dictionaries({}, optional={"from": one, "to": one})) or True
    return {"field": field, operator.name: asked}


RAW: st.SearchStrategy[Any] = st.recursive(
    st.just("always") | raw_tests(),
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=5))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=5))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=12,
)
KNOWN: st.SearchStrategy[Known] = st.fixed_dictionaries({}, optional=VALUES)
STALE = st.frozensets(st.sampled_from(sorted(SAMPLE)))
BEFORE: st.SearchStrategy[Before] = st.fixed_dictionaries(
    {}, optional={name: st.none() | values for name, values in VALUES.items()}
)


def parsed(raw: Any) -> Condition:
    return read_condition(raw, FIELDS)


def aged_facts(values: Known, stale: AbstractSet[str], before: Before) -> Facts:
    """Facts of which some went stale a second ago and the others last another second."""
    facts = some_facts(values)
    second = timedelta(seconds=1)
    aged = {
        name: replace(fact, fresh_until=NOON - second if name in stale else NOON + second)
        for name, fact in facts.customer.items()
    }
    return replace(facts, customer=aged, before=before)


def view_of(when: Condition, values: Known) -> View:
    return a_view(when, some_facts(values))


def result_of(raw: object, customer: Known | None = None) -> bool | None:
    when = condition(raw)
    return truth(when, a_view(when, some_facts(customer or {})))


COUNTRY = {"field": "customer.country", "is": "DE"}


SOME_OPERAND: dict[Takes, Operand] = {
    Takes.ONE: "a",
    Takes.MANY: ("a",),
    Takes.RANGE: (1.0, 2.0),
    Takes.SPAN: timedelta(days=1),
    Takes.PATTERN: "a",
    Takes.SCHEDULE: OFFICE,
    Takes.CHANGE: Change(),
    Takes.FLAG: True,
}


class TestThreeValuedTruth:
    def test_a_test_on_a_missing_value_is_unknown(self) -> None:
        assert result_of(COUNTRY) is None

    def test_not_unknown_is_unknown(self) -> None:
        assert result_of({"not": COUNTRY}) is None
        assert result_of({"not": {"not": COUNTRY}}) is None

    @pytest.mark.parametrize("name", [n for n, o in OPERATORS.items() if o.when_missing is None])
    def test_every_operator_that_needs_a_value_is_unknown_without_one(self, name: str) -> None:
        operator = OPERATORS[name]
        kind = next(kind for kind in Kind if kind in operator.kinds)
        field = Field("x", kind, "x")
        test = Test(field, operator, SOME_OPERAND[operator.takes])
        view = a_view(test, some_facts())
        compiled = compile_condition(test, Layout.of([test]))
        assert truth(test, view) is None
        assert not compiled.holds(view.row)
        assert not compiled.fails(view.row)

    def test_missing_and_present_know_even_about_a_missing_value(self) -> None:
        assert result_of({"field": "customer.country", "is missing": True}) is True
        assert result_of({"field": "customer.country", "is present": True}) is False
        there = {"customer.country": "DE"}
        assert result_of({"field": "customer.country", "is missing": True}, there) is False
        assert result_of({"field": "customer.country", "is present": True}, there) is True

    def test_one_failing_part_settles_all_even_beside_an_unknown_one(self) -> None:
        plan = {"field": "customer.plan", "is": "Free"}
        assert result_of({"all": [COUNTRY, plan]}, {"customer.plan": "Team"}) is False
        assert result_of({"all": [COUNTRY, plan]}, {"customer.plan": "Free"}) is None

    def test_one_holding_part_settles_any_even_beside_an_unknown_one(self) -> None:
        plan = {"field": "customer.plan", "is": "Free"}
        assert result_of({"any": [COUNTRY, plan]}, {"customer.plan": "Free"}) is True
        assert result_of({"any": [COUNTRY, plan]}, {"customer.plan": "Team"}) is None

    def test_does_not_contain_a_or_does_not_contain_b_is_not_always_true(self) -> None:
        raw = {"any": [{"field": "ticket.tags", "contains none of": [one]} for one in ("a", "b")]}
        when = condition(raw)
        both = some_facts(ticket=a_ticket(tags=["a", "b"]))
        assert truth(when, a_view(when, both)) is False

    @given(RAW, KNOWN, STALE, BEFORE)
    def test_truth_agrees_with_a_naive_evaluator(
        self, raw: Any, values: Known, stale: frozenset[str], before: Before
    ) -> None:
        when = parsed(raw)
        view = a_view(when, aged_facts(values, stale, before))
        assert truth(when, view) is reference(raw, values, stale, before)

    @given(RAW, KNOWN, STALE, BEFORE)
    def test_the_compiled_closures_agree_with_truth(
        self, raw: Any, values: Known, stale: frozenset[str], before: Before
    ) -> None:
        when = parsed(raw)
        view = a_view(when, aged_facts(values, stale, before))
        compiled = compile_condition(when, Layout.of([when]))
        expected = truth(when, view)
        assert bool(compiled.holds(view.row)) is (expected is True)
        assert bool(compiled.fails(view.row)) is (expected is False)

    @given(RAW, KNOWN, st.sampled_from(sorted(SAMPLE)))
    def test_learning_a_value_never_turns_a_certain_result_around(
        self, raw: Any, values: Known, name: str
    ) -> None:
        # Holds for conditions that do not ask about knowing itself.
        assume(name in values and "missing" not in repr(raw) and "present" not in repr(raw))
        fewer = {other: value for other, value in values.items() if other != name}
        when = parsed(raw)
        before, now = (truth(when, view_of(when, v)) for v in (fewer, values))
        assert before is None or before is now


class TestJudge:
    @given(RAW, KNOWN)
    def test_it_comes_to_the_same_result_as_truth(self, raw: Any, values: Known) -> None:
        when = parsed(raw)
        view = view_of(when, values)
        assert judge(when, view)[0] is truth(when, view)

    @given(RAW, KNOWN, KNOWN)
    def test_the_named_tests_alone_are_enough_for_the_result(
        self, raw: Any, values: Known, others: Known
    ) -> None:
        when, names = one_field_each(parsed(raw))
        kept = {one: values[kind] for one, kind in names.items() if kind in values}
        result, tests = judge(when, view_with(when, names, kept))
        assume(result is not None)
        named = {field_of(seen) for seen in tests}
        swapped = {one: others[kind] for one, kind in names.items() if kind in others}
        mixed = {
            one: source[one]
            for one in names
            for source in [kept if one in named else swapped]
            if one in source
        }
        assert truth(when, view_with(when, names, mixed)) is result

    @given(RAW, KNOWN)
    def test_without_any_one_of_the_named_tests_the_result_is_no_longer_certain(
        self, raw: Any, values: Known
    ) -> None:
        when, names = one_field_each(parsed(raw), certain=False)
        kept = {one: values[kind] for one, kind in names.items() if kind in values}
        result, tests = judge(when, view_with(when, names, kept))
        assume(result is not None)
        named = [field_of(seen) for seen in tests]
        for gone in named:
            left = {one: kept[one] for one in named if one != gone}
            assert truth(when, view_with(when, names, left)) is None

    @given(RAW, KNOWN, st.data())
    def test_an_unknown_result_names_just_what_would_have_to_be_known(
        self, raw: Any, values: Known, data: st.DataObject
    ) -> None:
        when, names = one_field_each(parsed(raw), certain=False)
        kept = {one: values[kind] for one, kind in names.items() if kind in values}
        result, tests = judge(when, view_with(when, names, kept))
        assume(result is None)
        assert tests
        assert all(seen.result is None and seen.value is None for seen in tests)
        learned = {field_of(seen): data.draw(VALUES[names[field_of(seen)]]) for seen in tests}
        assert truth(when, view_with(when, names, kept | learned)) is not None

    def test_a_failing_group_names_only_its_first_failing_part(self) -> None:
        raw = {
            "all": [
                {"field": "customer.city", "is": "Halden"},
                {"field": "customer.plan", "is": "Team"},
                {"field": "customer.country", "is": "DE"},
            ]
        }
        values = {"customer.city": "Halden", "customer.plan": "Free", "customer.country": "FR"}
        when = condition(raw)
        result, tests = judge(when, a_view(when, some_facts(values)))
        assert result is False
        assert [seen.sentence for seen in tests] == ["plan is Team"]

    def test_a_test_shows_the_value_seen_its_source_and_its_age(self) -> None:
        when = condition({"field": "account.arr", "at least": 10_000})
        facts = some_facts({"account.arr": 9_400.0})
        _, (seen,) = judge(when, a_view(when, facts))
        fact = facts.customer["account.arr"]
        assert seen.sentence == "ARR is at least 10,000"
        assert (seen.result, seen.value) == (False, 9_400.0)
        assert (seen.source, seen.as_of) == ("CRM", fact.as_of)

    def test_a_negated_test_says_so_and_turns_its_result(self) -> None:
        when = condition({"not": COUNTRY})
        result, (seen,) = judge(when, a_view(when, some_facts({"customer.country": "FR"})))
        assert result is True
        assert (seen.sentence, seen.result, seen.value) == ("not: country is DE", True, "FR")

    def test_always_needs_no_test(self) -> None:
        assert judge(Always(), a_view(Always(), some_facts())) == (True, ())


def one_field_each(when: Condition, *, certain: bool = True) -> tuple[Condition, dict[str, str]]:
    """The same tree with a field of its own for every test, and the kind of value each holds.

    The first word of a test's sentence, after any "not", is then its field. ``certain`` False
    puts a plain test in the place of all that is never unknown: ``always``, and questions about
    knowing itself.
    """
    names: dict[str, str] = {}

    def own(field: Field, operator: Operator, asked: Operand) -> Test:
        name = f"f{len(names)}"
        names[name] = field.name
        return Test(Field(name, field.kind, name), operator, asked)

    def rename(part: Condition) -> Condition:
        match part:
            case Test(field, operator, asked):
                if operator.takes in {Takes.FLAG, Takes.CHANGE} and not certain:
                    return own(SAMPLE["t"], OPERATORS["is"], "a")
                return own(field, operator, asked)
            case All(parts):
                return All(tuple(rename(one) for one in parts))
            case AnyOf(parts):
                return AnyOf(tuple(rename(one) for one in parts))
            case Not(inner):
                return Not(rename(inner))
            case _:
                return part if certain else own(SAMPLE["t"], OPERATORS["is"], "a")

    return rename(when), names


def field_of(seen: Seen) -> str:
    return next(word for word in seen.sentence.split() if word != "not:")


def view_with(when: Condition, names: Mapping[str, str], values: Known) -> View:
    assert set(values) <= set(names)
    return a_view(when, some_facts(values))


class TestComparing:
    @pytest.mark.parametrize("value", ["de", " DE ", "De"])
    def test_text_is_compared_without_case_and_outer_blanks(self, value: str) -> None:
        assert result_of(COUNTRY, {"customer.country": value}) is True

    def test_contains_finds_a_phrase_anywhere_in_text(self) -> None:
        raw = {"field": "ticket.text", "contains": "SIGN-IN page"}
        assert result_of(raw) is True

    def test_contains_on_words_wants_a_whole_word(self) -> None:
        raw = {"field": "customer.lists", "contains": "vip"}
        assert result_of(raw, {"customer.lists": frozenset({"VIP by hand"})}) is False
        assert result_of(raw, {"customer.lists": frozenset({"VIP"})}) is True

    def test_the_text_of_a_ticket_includes_its_subject(self) -> None:
        assert result_of({"field": "ticket.text", "contains": "cannot sign in"}) is True

    def test_limits_include_their_own_value_only_where_they_say_so(self) -> None:
        ten = {"customer.orders": 10.0}
        field = "customer.orders"
        assert result_of({"field": field, "at least": 10}, ten) is True
        assert result_of({"field": field, "at most": 10}, ten) is True
        assert result_of({"field": field, "more than": 10}, ten) is False
        assert result_of({"field": field, "less than": 10}, ten) is False

    def test_dates_are_compared_as_dates(self) -> None:
        raw = {"field": "customer.renewal", "less than": "2026-03-10"}
        assert result_of(raw, {"customer.renewal": date(2026, 3, 9)}) is True
        assert result_of(raw, {"customer.renewal": date(2026, 3, 10)}) is False

    @pytest.mark.parametrize(
        ("email", "domain"),
        [
            ("lena@Kontor.Example", "Kontor.Example"),
            ('"a@b"@kontor.example', "kontor.example"),
            ("no-at-sign", None),
            ("lena@", None),
            ("", None),
            (None, None),
        ],
    )
    def test_the_mail_domain_is_what_stands_after_the_last_at(
        self, email: str | None, domain: str | None
    ) -> None:
        fact = CUSTOMER_FIELDS["ticket.requester_domain"].fact(
            some_facts(ticket=a_ticket(email=email))
        )
        assert (fact.value if fact else None) == domain

    @pytest.mark.parametrize(
        ("held", "result"),
        [("12", True), ("3", False), ("many", None), (frozenset({"12"}), None), (True, None)],
    )
    def test_a_fact_learned_when_its_field_had_another_kind_is_read_again_or_unknown(
        self, held: Value, result: bool | None
    ) -> None:
        assert result_of(
            {"field": "customer.orders", "at least": 10}, {"customer.orders": held}
        ) is (result)

    @given(st.sampled_from(Kind), st.one_of(*VALUES.values()))
    def test_a_value_read_as_a_kind_is_of_that_kind_or_unknown(
        self, kind: Kind, value: Value
    ) -> None:
        again = as_kind(kind, value)
        assert again is None or as_kind(kind, again) is again


class TestPatterns:
    def subject(self, pattern: str, text: str) -> bool | None:
        when = condition({"field": "ticket.subject", "matches": pattern})
        return truth(when, a_view(when, some_facts(ticket=a_ticket(subject=text))))

    @pytest.mark.parametrize(
        ("pattern", "text", "result"),
        [
            (r"INV-\d{4}", "About inv-2024, again", True),
            (r"INV-\D", "About inv-2024", False),
            ("^refund", "Refund, no refund", True),
            ("^refund$", "Refund, no refund", False),
            ("straße", "STRASSE 7", True),
            ("strasse", "Straße 7", True),
            ("[äö]l", "ÖL", True),
            ("a.b", "half a pair \ud800 a\ud800b", True),
        ],
    )
    def test_a_pattern_is_found_anywhere_without_regard_to_case(
        self, pattern: str, text: str, *, result: bool
    ) -> None:
        assert self.subject(pattern, text) is result

    @pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "([a-z]+)*9"])
    def test_a_pattern_that_takes_others_for_ever_is_answered(self, pattern: str) -> None:
        # Python's own engine would need longer than the universe has had.
        assert self.subject(pattern, "a" * 15_000 + "!") is False


class TestTimeAndChange:
    @pytest.mark.parametrize(
        ("raw", "results"),
        [
            # Three days before, two, today, two days ahead, three.
            ({"within the last": "2 d"}, [False, True, True, False, False]),
            ({"older than": "2 d"}, [True, False, False, False, False]),
            ({"within the next": "2 d"}, [False, False, True, True, False]),
        ],
    )
    def test_a_date_is_counted_in_whole_days_from_today(
        self, raw: dict[str, str], results: list[bool]
    ) -> None:
        days = [NOON.date() + timedelta(days=n) for n in (-3, -2, 0, 2, 3)]
        asked = {"field": "customer.renewal", **raw}
        assert [result_of(asked, {"customer.renewal": day}) for day in days] == results

    @pytest.mark.parametrize("hour", [0, 23])
    def test_the_hour_makes_no_difference_to_a_date(self, hour: int) -> None:
        when = condition({"field": "customer.renewal", "within the last": "1 d"})
        facts = some_facts({"customer.renewal": NOON.date() - timedelta(days=1)})
        assert truth(when, a_view(when, replace(facts, now=NOON.replace(hour=hour)))) is True

    def test_a_moment_is_counted_to_the_second(self) -> None:
        when = condition({"field": "ticket.opened", "within the last": "12 h"})
        opened = NOON - timedelta(hours=12)
        assert truth(when, a_view(when, some_facts(ticket=a_ticket(opened_at=opened)))) is True
        opened -= timedelta(seconds=1)
        assert truth(when, a_view(when, some_facts(ticket=a_ticket(opened_at=opened)))) is False

    def test_a_leap_day_is_a_day(self) -> None:
        when = condition({"field": "customer.renewal", "within the last": "1 d"})
        facts = some_facts({"customer.renewal": date(2024, 2, 29)})
        first_of_march = NOON.replace(year=2024, month=3, day=1)
        assert truth(when, a_view(when, replace(facts, now=first_of_march))) is True

    @pytest.mark.parametrize(
        ("asked", "before", "now", "result"),
        [
            (True, {}, "Team", False),
            (True, {"customer.plan": "Free"}, "Team", True),
            (True, {"customer.plan": "team "}, "Team", False),
            (True, {"customer.plan": None}, "Team", True),
            (True, {"customer.plan": "Team"}, None, True),
            ({"from": "Free"}, {"customer.plan": "Free"}, "Team", True),
            ({"from": "Free"}, {"customer.plan": None}, "Team", False),
            ({"from": "Free", "to": "Team"}, {"customer.plan": "Free"}, "Business", False),
            ({"to": "Team"}, {"customer.plan": "Team"}, "Team", False),
        ],
    )
    def test_what_is_so_is_kept_apart_from_what_has_just_become_so(
        self, asked: object, before: Before, now: str | None, *, result: bool
    ) -> None:
        when = condition({"field": "customer.plan", "has changed": asked})
        facts = replace(some_facts({} if now is None else {"customer.plan": now}), before=before)
        assert truth(when, a_view(when, facts)) is result

    @pytest.mark.parametrize(
        ("asked", "result"),
        [({"to": "vip"}, True), ({"from": "new"}, True), ({"to": "open"}, False), (True, True)],
    )
    def test_of_words_the_one_that_came_or_went_is_asked_for(
        self, asked: object, *, result: bool
    ) -> None:
        when = condition({"field": "ticket.tags", "has changed": asked})
        facts = some_facts(ticket=a_ticket(tags=["open", "VIP"]))
        facts = replace(facts, before={"ticket.tags": frozenset({"open", "new"})})
        assert truth(when, a_view(when, facts)) is result

    def test_a_segment_that_was_decided_on_the_way_can_have_changed(self) -> None:
        when = condition({"field": "segment", "has changed": {"from": "Trial", "to": "Loyal"}})
        layout = Layout.of([when])
        view = layout.view(replace(some_facts(), before={"segment": "Trial"}))
        layout.put(view, RULE_FIELDS["segment"], Fact("Loyal", "Deskroute", NOON))
        assert truth(when, view) is True

    def test_a_stale_value_is_shown_with_its_source_and_age(self) -> None:
        when = condition({"field": "customer.plan", "is stale": True})
        facts = aged_facts({"customer.plan": "Team"}, {"customer.plan"}, {})
        result, (seen,) = judge(when, a_view(when, facts))
        assert result is True
        assert seen == Seen("plan is stale", result=True, value="Team", source="CRM", as_of=NOON)


class TestFields:
    def fact(self, name: str, customer: Known) -> Fact | None:
        return CUSTOMER_FIELDS[name].fact(some_facts(customer))

    @pytest.mark.parametrize(
        ("customer", "age"),
        [
            ({"customer.birth_year": 1990.0}, 36.0),
            ({"customer.birth_year": "1990"}, 36.0),
            ({"customer.birth_year": 1990.0, "customer.age": 20.0}, 36.0),
            ({"customer.birth_year": 1800.0, "customer.age": 20.0}, 20.0),
            ({"customer.birth_year": 2030.0}, None),
            ({"customer.age": 20.0}, 20.0),
            ({}, None),
        ],
    )
    def test_an_age_follows_from_the_birth_year_or_is_told(
        self, customer: Known, age: float | None
    ) -> None:
        fact = self.fact("customer.age", customer)
        assert (fact.value if fact else None) == age

    def test_a_derived_value_has_the_source_and_age_of_what_it_is_derived_from(self) -> None:
        told = Fact(1990.0, "CRM", NOON - timedelta(days=3), NOON)
        facts = replace(some_facts(), customer={"customer.birth_year": told})
        assert CUSTOMER_FIELDS["customer.age"].fact(facts) == replace(told, value=36.0)

    @pytest.mark.parametrize(("tickets", "first"), [(0.0, True), (2.0, False)])
    def test_who_has_no_ticket_yet_makes_first_contact(
        self, tickets: float, *, first: bool
    ) -> None:
        fact = self.fact("customer.first_contact", {"customer.tickets": tickets})
        assert fact is not None
        assert fact.value is first

    def test_the_clock_is_read_in_its_zone(self) -> None:
        late = replace(some_facts(), now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
        told = {
            field.name: fact.value
            for field in clock_fields(ZoneInfo("Europe/Berlin"))
            if (fact := field.fact(late)) is not None
        }
        assert told == {
            "time.now": late.now,
            "time.date": date(2027, 1, 1),
            "time.weekday": "friday",
            "time.hour": 0.0,
            "time.day": 1.0,
            "time.month": 1.0,
        }

    def test_no_two_fields_are_said_alike(self) -> None:
        said = [field.says for field in RULE_FIELDS.values()]
        assert len(said) == len({*said})


class TestReadingValues:
    @pytest.mark.parametrize(
        ("raw", "number"),
        [
            (12, 12.0),
            ("12", 12.0),
            (" 1 234.5 ", 1234.5),
            ("1\u00a0234", 1234.0),
            ("1_000", 1000.0),
            ("-0.5", -0.5),
            ("1e3", 1000.0),
            (".5", 0.5),
        ],
    )
    def test_numbers_are_read_in_the_forms_people_write(self, raw: object, number: float) -> None:
        assert read_value(Kind.NUMBER, raw) == number

    @pytest.mark.parametrize(
        "raw", ["1,5", "1.234,5", "twelve", "0x10", "inf", "1e999", True, [], {}, 10**400]
    )
    def test_what_is_no_number_is_refused_with_a_sentence(self, raw: object) -> None:
        with pytest.raises(ValueError, match="is not a number"):
            read_value(Kind.NUMBER, raw)

    @pytest.mark.parametrize("raw", [None, "", "  ", "?", "n/a", "NULL", "-"])
    @pytest.mark.parametrize("kind", Kind)
    def test_the_usual_ways_to_write_nothing_are_unknown(self, kind: Kind, raw: object) -> None:
        assert read_value(kind, raw) is None

    @given(
        st.sampled_from(Kind),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    )
    @example(Kind.TEXT, 10**5000)
    @example(Kind.NUMBER, "9" * 5000)
    def test_reading_gives_a_value_of_the_kind_or_one_sentence(
        self, kind: Kind, raw: object
    ) -> None:
        try:
            value = read_value(kind, raw)
        except ValueError as error:
            value, told = None, str(error)
        else:
            told = "read"
        assert told
        assert value is None or as_kind(kind, value) is value

    def test_words_may_come_as_a_list_or_joined(self) -> None:
        expected = frozenset({"a", "b c"})
        for raw in (["a", " b c", ""], "a|b c", "a; b c", "a, b c"):
            assert read_value(Kind.WORDS, raw) == expected


class TestReadingConditions:
    def problems(self, raw: object) -> list[str]:
        with pytest.raises(Invalid) as caught:
            condition(raw)
        return [str(problem) for problem in caught.value.problems]

    @pytest.mark.parametrize(
        ("raw", "where", "says"),
        [
            (None, "", "A condition is a test like"),
            ("sometimes", "", "A condition is a test like"),
            ([], "", "A condition is a test like"),
            ({}, "", "has no field"),
            ({"is": "DE"}, "", "has no field"),
            ({"field": "customer.contry", "is": "DE"}, "field", "Did you mean customer.country?"),
            ({"field": "customer.country"}, "", "needs exactly one operator"),
            (COUNTRY | {"is not": "FR"}, "", "It has 2: is, is not"),
            ({"field": "customer.country", "equals": "DE"}, "", "no operator “equals”"),
            ({"field": "customer.country", "at least": 3}, "", "does not work on customer.country"),
            ({"field": "customer.lists", "is": "VIP"}, "", "Use one of: contains"),
            ({"field": "customer.country", "is": None}, "is", "use is missing: true"),
            ({"field": "customer.country", "is": ["DE"]}, "is", "is not a text"),
            ({"field": "customer.country", "is any of": "DE"}, "is any of", "a list"),
            ({"field": "customer.country", "is any of": []}, "is any of", "a list"),
            (
                {"field": "customer.orders", "is any of": [1, "many"]},
                "is any of[1]",
                "“many” is not a number",
            ),
            ({"field": "customer.renewal", "at least": "soon"}, "at least", "is not a date"),
            ({"field": "customer.country", "is missing": False}, "is missing", "the value true"),
            ({"field": "", "is": "x"}, "", "has no field"),
            ({"field": "customer.orders", "between": [1]}, "between", "takes two values"),
            ({"field": "customer.orders", "between": [3, 1]}, "between", "Swap them"),
            ({"field": "customer.orders", "between": [1, "x"]}, "between[1]", "is not a number"),
            ({"field": "customer.renewal", "older than": 30}, "older than", "like 30 min, 12 h"),
            ({"field": "customer.renewal", "older than": "0 d"}, "older than", "like 30 min"),
            ({"field": "customer.renewal", "older than": "12 h"}, "older than", "by the day"),
            ({"field": "time.now", "before": "soon"}, "before", "is not a moment"),
            ({"field": "ticket.subject", "matches": ""}, "matches", "Write a pattern"),
            ({"field": "ticket.subject", "matches": 7}, "matches", "Write a pattern"),
            ({"field": "ticket.subject", "matches": "("}, "matches", "missing )"),
            ({"field": "ticket.subject", "matches": r"(a)\1"}, "matches", "cannot be read"),
            ({"field": "ticket.subject", "matches": "(?=a)"}, "matches", "cannot be read"),
            ({"field": "ticket.subject", "matches": "\ud800"}, "matches", "cannot be read"),
            ({"field": "ticket.subject", "matches": "a" * 501}, "matches", "Shorten it"),
            ({"field": "ticket.subject", "matches": "(a{900}){900}"}, "matches", "cannot be read"),
            (
                {"field": "time.now", "is in working time": "x"},
                "is in working time",
                "no schedules",
            ),
            ({"field": "customer.plan", "has changed": "Team"}, "has changed", "takes true, or"),
            ({"field": "customer.plan", "has changed": {}}, "has changed", "takes true, or"),
            ({"field": "customer.plan", "has changed": {"into": "x"}}, "has changed", "takes true"),
            (
                {"field": "customer.orders", "has changed": {"to": "x"}},
                "has changed.to",
                "a number",
            ),
            ({"all": []}, "all", "at least one condition"),
            ({"any": "always"}, "any", "at least one condition"),
            ({"not": [COUNTRY]}, "not", "A condition is a test like"),
            ({"all": [COUNTRY], "any": [COUNTRY]}, "", "stands alone in its group"),
        ],
    )
    def test_each_kind_of_mistake_is_told_with_its_place(
        self, raw: object, where: str, says: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            condition(raw)
        (problem,) = caught.value.problems
        assert problem.where == where
        assert says in problem.message

    def test_all_mistakes_are_told_at_once(self) -> None:
        raw = {"all": [{"field": "nope", "is": 1}, {"any": []}, {"not": {"field": "ticket.tags"}}]}
        told = self.problems(raw)
        assert len(told) == 3
        assert told[0].startswith("all[0].field:")
        assert told[1].startswith("all[1].any:")
        assert told[2].startswith("all[2].not:")

    def test_the_deepest_allowed_nesting_is_read_and_works(self) -> None:
        raw: object = COUNTRY
        for _ in range(MAX_DEPTH):
            raw = {"not": raw}
        assert result_of(raw, {"customer.country": "DE"}) is True
        assert "too" not in sentence(condition(raw))

    def test_one_level_more_is_refused(self) -> None:
        raw: object = COUNTRY
        for _ in range(MAX_DEPTH + 1):
            raw = {"all": [raw]}
        (told,) = self.problems(raw)
        assert f"Nested deeper than {MAX_DEPTH} levels" in told

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["all", "any", "not", "field", *OPERATORS]) | st.text(), inner
                )
                | st.fixed_dictionaries(
                    {"field": st.sampled_from(sorted(RULE_FIELDS)), "is": inner}
                )
            ),
        )
    )
    def test_any_plain_value_is_a_condition_or_a_list_of_problems(self, raw: object) -> None:
        problems: tuple[Problem, ...] = ()
        when: Condition = Always()
        try:
            when = condition(raw)
        except Invalid as error:
            problems = error.problems
        assert all(problem.message for problem in problems)
        assert truth(when, a_view(when, some_facts())) in {True, False, None}

    def test_no_field_or_segment_is_needed_for_always(self) -> None:
        assert condition("always") == Always()
        assert list(every_test_of(condition("always"))) == []


class TestWording:
    def test_a_nested_condition_reads_in_one_way_only(self) -> None:
        raw = {
            "all": [
                {"field": "customer.plan", "is any of": ["Business", "Team"]},
                {"any": [COUNTRY, {"field": "customer.orders", "at least": 1000}]},
                {"not": {"field": "ticket.tags", "contains": "spam"}},
            ]
        }
        assert sentence(condition(raw)) == (
            "plan is Business or Team, and (country is DE or orders is at least 1,000), "
            "and not tags contains spam"
        )

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            ({"field": "customer.orders", "between": [3, 10]}, "orders is between 3 and 10"),
            (
                {"field": "ticket.tags", "contains all of": ["a", "b"]},
                "tags contains a and b",
            ),
            (
                {"field": "customer.last_seen", "within the last": "30 d"},
                "last seen is within the last 30 days",
            ),
            (
                {"field": "ticket.opened", "older than": "36 h"},
                "opened is longer ago than 36 hours",
            ),
            (
                {"field": "customer.renewal", "within the next": "1 d"},
                "renewal date is within the next 1 day",
            ),
            ({"field": "customer.plan", "has changed": True}, "plan has changed"),
            (
                {"field": "customer.plan", "has changed": {"from": "Free", "to": "Team"}},
                "plan has changed from Free to Team",
            ),
            ({"field": "ticket.subject", "matches": r"INV-\d"}, r"subject matches INV-\d"),
            ({"field": "customer.birth_year", "at most": 1980}, "birth year is at most 1980"),
            (
                {"field": "ticket.opened", "after": "2026-03-31T14:30+02:00"},
                "opened is after 31 Mar 2026 12:30 UTC",
            ),
            (
                {"field": "time.now", "is in working time": "Office"},
                "now is in working time of Office",
            ),
        ],
    )
    def test_each_operator_reads_like_a_person_speaks(self, raw: object, said: str) -> None:
        assert sentence(read_condition(raw, FIELDS)) == said

    @given(RAW)
    def test_every_condition_can_be_said(self, raw: Any) -> None:
        assert sentence(parsed(raw))

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (None, "unknown"),
            (True, "yes"),
            (9400.0, "9,400"),
            (0.5, "0.5"),
            (frozenset({"b", "a"}), "a and b"),
            (frozenset(), "nothing"),
            (date(2026, 3, 9), "9 Mar 2026"),
            ("Team", "Team"),
        ],
    )
    def test_values_are_said_as_people_read_them(self, value: Value | None, words: str) -> None:
        assert say(value) == words


def test_a_layout_has_one_slot_for_each_field_however_often_it_is_used() -> None:
    layout = Layout.of([condition({"all": [COUNTRY, {"not": COUNTRY}]}), condition(COUNTRY)])
    assert [field.name for field in layout.fields] == ["customer.country"]


def test_a_view_holds_values_in_normal_form_and_the_facts_as_they_came() -> None:
    when = condition(COUNTRY)
    view = a_view(when, some_facts({"customer.country": " De "}))
    assert view.row == ["de"]
    assert view.facts == [Fact(" De ", "CRM", known({"x": "y"})["x"].as_of)]


@given(st.one_of(*VALUES.values()))
def test_normal_form_is_stable(value: Value) -> None:
    assert normal(normal(value)) == normal(value)
