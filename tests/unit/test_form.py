"""A condition in an HTML form: nothing is lost on the way there and back, whatever comes in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_conditions import FIELDS, RAW, parsed

from routing.conditions.form import from_pairs, place_of, to_pairs
from routing.conditions.form_edit import ACTIONS, act
from routing.conditions.form_view import Node, fields_by_group, form_of
from routing.conditions.operators import OPERATORS, usable
from routing.conditions.tree import Not, read_condition
from routing.conditions.wording import sentence
from routing.errors import Invalid

PLAN = {"field": "customer.plan", "is": "Team"}
CITY = {"field": "customer.city", "is any of": ["Bergen", "Halden"]}
TAGS = {"field": "ticket.tags", "contains": "vip"}
WHOLE = {"all": [PLAN, {"any": [CITY, {"not": TAGS}]}, {"not": {"all": [PLAN]}}]}


def there_and_back(document: Any) -> Any:
    return from_pairs(to_pairs(document), FIELDS)


class TestThereAndBack:
    @pytest.mark.parametrize(
        "document",
        [
            "always",
            PLAN,
            CITY,
            WHOLE,
            {"not": PLAN},
            {"field": "customer.orders", "between": [1, 2.5]},
            {"field": "account.b2b", "is": True},
            {"field": "customer.renewal", "within the next": "30 d"},
            {"field": "customer.renewal", "after": "2026-03-31"},
            {"field": "customer.plan", "is missing": True},
            {"field": "customer.plan", "has changed": True},
            {"field": "customer.plan", "has changed": {"from": "Free", "to": "Team"}},
            {"field": "ticket.subject", "matches": r"INV-\d+, \w"},
            {"field": "time.now", "is in working time": "Office"},
            {"field": "customer.city", "is any of": ["Halden, Norway"]},
            {"field": "customer.city", "is any of": ["Halden, Norway", "Bergen"]},
            {"field": "ticket.subject", "is": "yes"},
        ],
    )
    def test_a_document_comes_back_as_it_was(self, document: Any) -> None:
        assert there_and_back(document) == document

    @given(RAW)
    def test_a_condition_means_the_same_afterwards(self, raw: Any) -> None:
        before = parsed(raw)
        again = parsed(there_and_back(raw))
        assert without_double_negation(again) == without_double_negation(before)

    def test_a_list_may_be_written_in_lines_or_between_commas(self) -> None:
        for written in ("Bergen, Halden", "Bergen\r\nHalden\r\n", "Bergen\n\n Halden"):
            pairs = [("when.field", "customer.city"), ("when.op", "is any of")]
            assert from_pairs([*pairs, ("when.value", written)], FIELDS) == CITY

    def test_parts_stand_in_the_order_of_their_numbers_and_gaps_do_not_matter(self) -> None:
        pairs = [("when.group", "any"), *to_pairs(CITY, "when.10"), *to_pairs(PLAN, "when.2")]
        assert from_pairs(pairs, FIELDS) == {"any": [PLAN, CITY]}

    def test_a_value_that_cannot_be_read_stays_and_is_told(self) -> None:
        pairs = [("when.field", "customer.orders"), ("when.op", "at least"), ("when.value", "x")]
        with pytest.raises(Invalid, match="“x” is not a number"):
            read_condition(from_pairs(pairs, FIELDS), FIELDS)

    def test_a_test_without_a_field_is_told_as_such(self) -> None:
        with pytest.raises(Invalid, match="The test has no field"):
            read_condition(from_pairs([], FIELDS), FIELDS)

    @given(
        st.lists(
            st.tuples(
                st.lists(
                    st.sampled_from(["when", "0", "1", "group", "field", "op", "value", "not"]),
                    max_size=4,
                ).map(".".join)
                | st.text(),
                st.sampled_from(["all", "any", "yes", "customer.plan", *OPERATORS]) | st.text(),
            ),
            max_size=30,
        )
    )
    def test_any_pairs_are_a_document_that_is_read_or_refused_and_shown(
        self, pairs: list[tuple[str, str]]
    ) -> None:
        document = from_pairs(pairs, FIELDS)
        assert form_of(document, FIELDS).place == "when"
        assert there_and_back(document) == document
        told = []
        try:
            read_condition(document, FIELDS)
        except Invalid as error:
            told = [problem.message for problem in error.problems]
        assert all(told)

    def test_a_form_nested_too_deeply_loses_what_is_too_deep(self) -> None:
        names = ["when" + ".0" * depth for depth in range(5_000)]
        document = from_pairs([(f"{name}.group", "all") for name in names], FIELDS)
        with pytest.raises(Invalid):
            read_condition(document, FIELDS)


def without_double_negation(condition: Any) -> Any:
    match condition:
        case Not(Not(inner)):
            return without_double_negation(inner)
        case Not(inner):
            bare = without_double_negation(inner)
            return bare.part if isinstance(bare, Not) else Not(bare)
    if hasattr(condition, "parts"):
        return type(condition)(tuple(without_double_negation(one) for one in condition.parts))
    return condition


class TestButtons:
    @pytest.mark.parametrize(
        ("before", "action", "after"),
        [
            ("always", "add-test when", {"field": ""}),
            (PLAN, "add-test when", {"all": [PLAN, {"field": ""}]}),
            ({"any": [PLAN]}, "add-test when", {"any": [PLAN, {"field": ""}]}),
            ({"not": {"any": [PLAN]}}, "add-test when", {"not": {"any": [PLAN, {"field": ""}]}}),
            ({"not": PLAN}, "add-test when", {"all": [{"not": PLAN}, {"field": ""}]}),
            ({"all": [PLAN]}, "add-group when", {"all": [PLAN, {"any": [{"field": ""}]}]}),
            ({"all": [PLAN, CITY]}, "remove when.0", {"all": [CITY]}),
            ({"all": [CITY, {"any": [PLAN]}]}, "remove when.1.0", {"all": [CITY]}),
            ({"all": [{"any": [PLAN]}]}, "remove when.0.0", "always"),
            (PLAN, "remove when", "always"),
            ({"all": [PLAN, CITY]}, "move-up when.1", {"all": [CITY, PLAN]}),
            ({"all": [PLAN, CITY]}, "move-down when.0", {"all": [CITY, PLAN]}),
            ({"not": {"all": [PLAN, CITY]}}, "move-up when.1", {"not": {"all": [CITY, PLAN]}}),
            ({"all": [PLAN, CITY]}, "move-up when.0", {"all": [PLAN, CITY]}),
            ({"all": [PLAN, CITY]}, "move-down when.1", {"all": [PLAN, CITY]}),
            (PLAN, "move-up when", PLAN),
            ({"all": [PLAN, CITY, TAGS]}, "put when.0 when.2", {"all": [CITY, TAGS, PLAN]}),
            ({"all": [PLAN, CITY, TAGS]}, "put when.2 when.0", {"all": [TAGS, PLAN, CITY]}),
            (
                {"all": [PLAN, {"not": {"any": [CITY, TAGS]}}]},
                "put when.0 when.1.1",
                {"all": [{"not": {"any": [CITY, PLAN, TAGS]}}]},
            ),
            (
                {"all": [PLAN, {"any": [CITY, TAGS]}]},
                "put when.1.1 when.0",
                {"all": [TAGS, PLAN, {"any": [CITY]}]},
            ),
            ({"all": [PLAN, {"any": [CITY]}]}, "put when.1.0 when.0", {"all": [CITY, PLAN]}),
            ({"all": [PLAN, {"any": [CITY]}]}, "put when.1.0 when.1", {"all": [PLAN, CITY]}),
            (PLAN, "negate when", {"not": PLAN}),
            ({"all": [{"not": PLAN}]}, "negate when.0", {"all": [PLAN]}),
            ({"not": {"not": PLAN}}, "negate when", {"not": PLAN}),
        ],
    )
    def test_each_does_one_thing(self, before: Any, action: str, after: Any) -> None:
        assert act(before, action) == after

    @pytest.mark.parametrize(
        "action",
        [
            "",
            "remove",
            "remove when.9",
            "remove when.0.0",
            "explode when",
            "remove where.0",
            "remove when.",
            "remove when.-1",
            "remove when.x",
            "remove  when.0",
            "save",
            "put",
            "put when.0",
            "put when.0 when",
            "put when when.0",
            "put when.0 when.0",
            "put when.0 when.0.1",
            "put when.0 when.2",
            "put when.2 when.0",
            "put when.0  when.1",
            "put where.0 when.1",
        ],
    )
    def test_a_button_of_an_older_page_does_nothing(self, action: str) -> None:
        assert act({"all": [PLAN, CITY]}, action) == {"all": [PLAN, CITY]}

    @given(RAW, st.sampled_from(sorted(ACTIONS)), st.data())
    def test_no_button_changes_the_document_it_was_given(
        self, raw: Any, verb: str, data: st.DataObject
    ) -> None:
        places = [node.place for node in every_node(form_of(raw, FIELDS))]
        kept = repr(raw)
        act(raw, f"{verb} {data.draw(st.sampled_from(places))}")
        assert repr(raw) == kept

    @given(RAW, st.data())
    def test_negating_twice_and_moving_there_and_back_change_nothing(
        self, raw: Any, data: st.DataObject
    ) -> None:
        nodes = list(every_node(form_of(raw, FIELDS)))
        node = data.draw(st.sampled_from(nodes))
        plain = there_and_back(raw)
        twice = act(act(plain, f"negate {node.place}"), f"negate {node.place}")
        assert twice == plain
        if node.place != "when" and not node.last:
            above, _, at = node.place.rpartition(".")
            moved = act(plain, f"move-down {node.place}")
            assert act(moved, f"move-up {above}.{int(at) + 1}") == plain

    @given(RAW, st.data())
    def test_a_part_put_elsewhere_is_there_and_nowhere_else_and_no_test_is_lost(
        self, raw: Any, data: st.DataObject
    ) -> None:
        plain = there_and_back(raw)
        places = [node.place for node in every_node(form_of(plain, FIELDS))]
        part, to = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))
        kept = repr(plain)
        after = act(plain, f"put {part} {to}")
        assert repr(plain) == kept
        assert sorted(every_test(after)) == sorted(every_test(plain))
        if "when" not in {part, to} and part.rpartition(".")[0] == to.rpartition(".")[0]:
            assert act(after, f"put {to} {part}") == plain


def every_test(document: Any) -> list[str]:
    """Every test of a document, in no order."""
    if not isinstance(document, dict) or "field" in document:
        return [repr(document)]
    [inside] = document.values()
    parts = inside if isinstance(inside, list) else [inside]
    return [one for part in parts for one in every_test(part)]


def every_node(node: Node) -> list[Node]:
    return [node, *(one for part in node.parts for one in every_node(part))]


class TestWhatIsShown:
    def test_a_group_says_which_parts_can_be_moved(self) -> None:
        form = form_of(WHOLE, FIELDS)
        assert [(one.place, one.first, one.last) for one in form.parts] == [
            ("when.0", True, False),
            ("when.1", False, False),
            ("when.2", False, True),
        ]
        assert (form.group, form.parts[1].group) == ("all", "any")
        assert [one.negated for one in form.parts] == [False, False, True]

    def test_a_test_offers_the_operators_of_its_field(self) -> None:
        form = form_of({"field": "customer.orders"}, FIELDS)
        number = FIELDS["customer.orders"].kind
        assert form.operators == tuple(one.name for one in usable(number))
        assert (form.field, form.operator, form.inputs) == ("customer.orders", "", ())

    @pytest.mark.parametrize(
        ("document", "inputs"),
        [
            (PLAN, [("when.value", "text", "Team")]),
            (CITY, [("when.value", "lines", "Bergen\nHalden")]),
            (
                {"field": "customer.orders", "between": [1, 2.0]},
                [("when.low", "number", "1"), ("when.high", "number", "2")],
            ),
            (
                {"field": "customer.renewal", "after": "2026-03-31"},
                [("when.value", "date", "2026-03-31")],
            ),
            (
                {"field": "ticket.opened", "after": "2026-03-31 14:30"},
                [("when.value", "datetime-local", "2026-03-31T14:30")],
            ),
            ({"field": "account.b2b", "is": True}, [("when.value", "select", "yes")]),
            ({"field": "customer.renewal", "older than": "3 d"}, [("when.value", "text", "3 d")]),
            (
                {"field": "time.now", "is in working time": "Office"},
                [("when.value", "select", "Office")],
            ),
            (
                {"field": "customer.plan", "has changed": {"to": "Team"}},
                [("when.from", "text", ""), ("when.to", "text", "Team")],
            ),
            ({"field": "customer.plan", "is missing": True}, []),
            ({"field": "customer.orders", "at least": "many"}, [("when.value", "number", "many")]),
        ],
    )
    def test_each_operand_has_its_inputs(self, document: Any, inputs: list[Any]) -> None:
        shown = form_of(document, FIELDS).inputs
        assert [(one.name, one.type, one.value) for one in shown] == inputs

    def test_inputs_bear_the_names_that_the_pairs_have(self) -> None:
        for operator in OPERATORS.values():
            field = next(one for one in FIELDS.values() if one.kind in operator.kinds)
            document = {"field": field.name, operator.name: None}
            names = {name for name, _ in to_pairs(document)} - {"when.field", "when.op"}
            assert {one.name for one in form_of(document, FIELDS).inputs} == names

    def test_usual_values_are_offered_and_a_page_may_know_better(self) -> None:
        stage = {"field": "customer.stage", "is": "trial"}
        (one,) = form_of(stage, FIELDS).inputs
        assert "at risk" in one.choices
        (one,) = form_of(stage, FIELDS, {"customer.stage": ["a", "b"]}).inputs
        assert one.choices == ("a", "b")

    def test_a_field_that_is_gone_is_shown_as_it_is_written(self) -> None:
        form = form_of({"field": "customer.gone", "is": "x"}, FIELDS)
        assert (form.field, form.operator, form.operators) == ("customer.gone", "is", ())

    def test_every_field_stands_under_one_heading(self) -> None:
        grouped = fields_by_group(FIELDS)
        assert [one.name for group in grouped.values() for one in group].sort() == [*FIELDS].sort()
        assert {"Ticket", "Time", "Person", "Place", "Company", "Journey"} <= {*grouped}

    def test_a_problem_leads_to_the_node_it_is_about(self) -> None:
        document = {"all": [PLAN, {"not": {"any": [CITY, {"field": "customer.nope", "is": 1}]}}]}
        with pytest.raises(Invalid) as caught:
            read_condition(document, FIELDS)
        (problem,) = caught.value.problems
        assert place_of(problem.path) == "when.1.1"
        assert place_of(()) == place_of(("is any of", 1)) == "when"

    @given(RAW)
    def test_the_form_says_what_the_condition_says(self, raw: Any) -> None:
        pairs = to_pairs(raw)
        names = [name for name, _ in pairs]
        assert len(names) == len({*names})
        shown = {one.name for node in every_node(form_of(raw, FIELDS)) for one in node.inputs}
        assert shown <= {*names}
        assert sentence(parsed(from_pairs(pairs, FIELDS)))
