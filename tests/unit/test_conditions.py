"""Conditions: three-valued truth, both ways of working it out, and how they are read and said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from builders import a_ticket, a_view, condition, known, some_facts
from hypothesis import assume, example, given
from hypothesis import strategies as st

from routing.conditions.evaluate import Layout, Seen, View, compile_condition, judge, truth
from routing.conditions.fields import CUSTOMER_FIELDS, RULE_FIELDS, Field
from routing.conditions.operators import OPERATORS, Operand, Operator, Takes
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
from routing.tickets import Fact, Value

# ---------------------------------------------------------------------------------------------
# A second, deliberately naive evaluator that shares nothing with the real one: it works on raw
# documents and on a plain mapping of values.

SAMPLE = {
    "t": Field("t", Kind.TEXT, "t"),
    "u": Field("u", Kind.TEXT, "u"),
    "n": Field("n", Kind.NUMBER, "n"),
    "b": Field("b", Kind.YES_NO, "b"),
    "d": Field("d", Kind.DATE, "d"),
    "w": Field("w", Kind.WORDS, "w"),
}

Known = Mapping[str, Value]


def lowered(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, frozenset | list):
        return [lowered(one) for one in value]
    return value


REFERENCE: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda seen, asked: seen == asked,
    "is not": lambda seen, asked: seen != asked,
    "is any of": lambda seen, asked: seen in asked,
    "is none of": lambda seen, asked: seen not in asked,
    "contains": lambda seen, asked: asked in seen,
    "contains any of": lambda seen, asked: any(one in seen for one in asked),
    "contains none of": lambda seen, asked: all(one not in seen for one in asked),
    "starts with": lambda seen, asked: seen[: len(asked)] == asked,
    "ends with": lambda seen, asked: not asked or seen[-len(asked) :] == asked,
    "at least": lambda seen, asked: not seen < asked,
    "at most": lambda seen, asked: not seen > asked,
    "more than": lambda seen, asked: seen > asked,
    "less than": lambda seen, asked: seen < asked,
}


def reference(raw: Any, values: Known) -> bool | None:
    if raw == "always":
        return True
    if "not" in raw:
        inner = reference(raw["not"], values)
        return None if inner is None else not inner
    for key in ("all", "any"):
        if key in raw:
            results = [reference(part, values) for part in raw[key]]
            settles = key == "any"
            if settles in results:
                return settles
            return None if None in results else not settles
    ((name, asked),) = ((key, value) for key, value in raw.items() if key != "field")
    value = values.get(raw["field"])
    if name == "is present":
        return value is not None
    if name == "is missing":
        return value is None
    return None if value is None else REFERENCE[name](lowered(value), lowered(asked))


# ---------------------------------------------------------------------------------------------
# Random documents and values. Few distinct values, so that tests hit as often as they miss.

WORDS = st.sampled_from(["a", "A", "ab", "Abc", "b ", "ß", "SS", "iced tea"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "t": WORDS,
    "u": WORDS,
    "n": st.sampled_from([-1.5, 0.0, 1.0, 2.0, 1e9]),
    "b": st.booleans(),
    "d": st.sampled_from([date(2024, 2, 29), date(2026, 1, 1), date(2026, 1, 2)]),
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


def parsed(raw: Any) -> Condition:
    return read_condition(raw, CUSTOMER_FIELDS | SAMPLE.values())


def view_of(when: Condition, values: Known) -> View:
    return a_view(when, some_facts(values))


def result_of(raw: object, customer: Known | None = None) -> bool | None:
    when = condition(raw)
    return truth(when, a_view(when, some_facts(customer or {})))


COUNTRY = {"field": "customer.country", "is": "DE"}


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
        one: Value = 1.0 if kind is Kind.NUMBER else "a"
        test = Test(field, operator, (one,) if operator.takes is Takes.MANY else one)
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

    @given(RAW, KNOWN)
    def test_truth_agrees_with_a_naive_evaluator(self, raw: Any, values: Known) -> None:
        when = parsed(raw)
        assert truth(when, view_of(when, values)) is reference(raw, values)

    @given(RAW, KNOWN)
    def test_the_compiled_closures_agree_with_truth(self, raw: Any, values: Known) -> None:
        when = parsed(raw)
        view = view_of(when, values)
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
                if operator.takes is Takes.FLAG and not certain:
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
