"""Code written out for a playbook's fields has none of the playbook's text in it."""

from __future__ import annotations

from builders import known, some_facts

from routing.conditions.evaluate import Layout
from routing.conditions.fields import Field
from routing.conditions.operators import OPERATORS
from routing.conditions.tree import Test
from routing.conditions.unrolled import numbered, unrolled
from routing.conditions.values import Kind
from routing.rules.book import RuleBook
from routing.rules.rule import Rule, Then

HOSTILE = 'x\'); raise SystemExit(\'\n"""'


def test_constants_are_used_by_name_and_number() -> None:
    lines = [
        "total = start",
        "total += value * factor0",
        "total += value * factor1",
        "return total",
    ]
    made = unrolled("value", lines, numbered(factor=[10, 100]) | {"start": 1})
    assert made(2) == 221


def test_a_field_and_a_value_that_look_like_code_are_a_name_and_a_value() -> None:
    field = Field(HOSTILE, Kind.TEXT, "hostile")
    rule = Rule("hostile", Test(field, OPERATORS["is"], HOSTILE), Then(queue="General"))
    layout = Layout.of([rule.when])
    view = layout.view(some_facts({HOSTILE: HOSTILE}))
    assert view.facts == [known({HOSTILE: HOSTILE})[HOSTILE]]
    assert RuleBook([rule], layout).fired(view.row) == (0,)
    assert RuleBook([rule], layout).fired(layout.view(some_facts({})).row) == ()


def test_a_layout_of_a_thousand_fields_is_written_out_too() -> None:
    fields = [Field(f"field {n}", Kind.NUMBER, f"field {n}") for n in range(1_000)]
    rules = [
        Rule(field.name, Test(field, OPERATORS["at least"], 5.0), Then(queue="General"))
        for field in fields
    ]
    layout = Layout.of(rule.when for rule in rules)
    view = layout.view(some_facts({"field 3": 4.0, "field 998": 6.0}))
    assert RuleBook(rules, layout).fired(view.row) == (998,)
