"""Every template makes a condition the playbook takes, with the border where it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from plugin.demo.samples.generate import sample_playbook
from routing.conditions import tree
from routing.conditions.evaluate import Layout
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.nearness import edge
from routing.conditions.tree import read_condition
from routing.conditions.values import read_value
from routing.errors import Invalid
from routing.population.goal import Goal, read_goals
from routing.segments.nearness import view_of
from routing.segments.segment import Model
from routing.segments.templates import TEMPLATES, Choice, Template, fill, template
from routing.tickets import Fact
from routing.worth.rfm import RFM_CLASSES

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


BORDERS: Mapping[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
    "hand-picked": ({"customer.lists": "News|VIP"}, {"customer.lists": "News|VIP 2019"}),
    "age-group": ({"customer.birth_year": 1966}, {"customer.birth_year": 1967}),
    "income-band": (
        {"customer.income": 40_000, "customer.household": 3},
        {"customer.income": 40_001, "customer.household": 3},
    ),
    "country": ({"customer.country": "at"}, {"customer.country": "IT"}),
    "region-and-language": (
        {"customer.region": "EMEA", "customer.language": "fr"},
        {"customer.region": "EMEA", "customer.language": "de"},
    ),
    "large-companies": (
        {"account.employees": 500, "customer.plan": "Business"},
        {"account.employees": 499, "customer.plan": "Business"},
    ),
    "industry": (
        {"account.industry": "Logistics", "account.b2b": "yes"},
        {"account.industry": "Logistics", "account.b2b": "no"},
    ),
    "devices": ({"customer.devices": "Windows|iOS"}, {"customer.devices": "Windows|macOS"}),
    "integrations": ({"customer.integrations": "Till|API"}, {"customer.integrations": "Till"}),
    "frequent-buyers": (
        {"customer.orders": 10, "customer.last_order": ago(90)},
        {"customer.orders": 10, "customer.last_order": ago(91)},
    ),
    "cart-abandoned": ({"customer.cart_abandoned": ago(14)}, {"customer.cart_abandoned": ago(15)}),
    "top-of-revenue": ({"customer.revenue_rank": 20}, {"customer.revenue_rank": 20.1}),
    "rfm-class": ({"customer.rfm": "cannot lose"}, {"customer.rfm": "at risk"}),
    "service-need": (
        {"customer.needs": "quiet", "customer.entitlements": "Onsite"},
        {"customer.needs": "quiet", "customer.entitlements": "Priority line"},
    ),
    "product-need": (
        {"customer.features": "till", "customer.topics": "reports"},
        {"customer.features": "till", "customer.topics": "reporting"},
    ),
    "tone": (
        {"customer.tone": "short", "customer.attitude": "likes detail"},
        {"customer.tone": "formal", "customer.attitude": "likes detail"},
    ),
    "values": ({"customer.values": "price|privacy"}, {"customer.values": "price"}),
    "stage": ({"customer.stage": "trial"}, {"customer.stage": "active"}),
    "renewal-ahead": (
        {
            "customer.renewal": ago(-60),
            "customer.last_seen": ago(31),
            "customer.stage": "active",
        },
        {
            "customer.renewal": ago(-60),
            "customer.last_seen": ago(30),
            "customer.stage": "active",
        },
    ),
    "found-in-the-data": (
        {"customer.days_to_pay": 35, "customer.orders": 6},
        {"customer.days_to_pay": 34, "customer.orders": 6},
    ),
}
"""For each template a customer who is just inside, and one who is just outside."""

each_template = pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: one.name)


def known(facts: Mapping[str, object]) -> dict[str, Fact]:
    values = {name: read_value(CUSTOMER_FIELDS[name].kind, raw) for name, raw in facts.items()}
    return {name: Fact(value, "csv") for name, value in values.items() if value is not None}


def test_every_model_has_a_template_and_all_have_names_of_their_own() -> None:
    assert {one.model for one in TEMPLATES} == set(Model)
    assert 16 <= len(TEMPLATES) <= 20
    assert max(Counter(one.name for one in TEMPLATES).values()) == 1
    assert max(Counter(one.title for one in TEMPLATES).values()) == 1
    assert set(BORDERS) == {one.name for one in TEMPLATES}
    assert template("country").model is Model.GEOGRAPHIC


@each_template
def test_a_template_as_it_comes_takes_one_customer_in_and_leaves_the_next_one_out(
    one: Template,
) -> None:
    condition = read_condition(fill(one, {}), CUSTOMER_FIELDS)
    layout = Layout.of([condition])
    results = [edge(condition, view_of(known(facts), layout, NOW)) for facts in BORDERS[one.name]]
    assert [found.result for found in results] == [True, False]


@each_template
def test_a_customer_of_whom_nothing_is_known_is_neither_in_nor_out(one: Template) -> None:
    condition = read_condition(fill(one, {}), CUSTOMER_FIELDS)
    assert edge(condition, view_of({}, Layout.of([condition]), NOW)).result is None


@each_template
def test_a_template_says_which_fields_it_wants_and_suggests_all_of_a_persona(
    one: Template,
) -> None:
    condition = read_condition(fill(one, {}), CUSTOMER_FIELDS)
    assert set(one.wants) == {test.field.name for test in tree.tests_of(condition)}
    persona = one.persona
    assert all(isinstance(goal, Goal) for goal in read_goals(one.goal)), one.goal
    for words in (
        one.explains,
        one.goal,
        persona.tone,
        persona.channel,
        persona.goals,
        persona.challenges,
        persona.offer,
        persona.avoid,
    ):
        assert words
        assert "!" not in words


@each_template
def test_what_a_form_sends_gives_the_same_condition_as_the_defaults(one: Template) -> None:
    sent = {
        parameter.name: ", ".join(map(str, parameter.default))
        if isinstance(parameter.default, tuple)
        else str(parameter.default)
        for parameter in one.parameters
    }
    assert fill(one, sent) == fill(one, {})


def test_chosen_values_take_the_place_of_the_defaults() -> None:
    document = fill(
        template("large-companies"), {"employees": "1200", "plans": "Gold;Gold; Silver"}
    )
    assert document == {
        "all": [
            {"field": "account.employees", "at least": 1200},
            {"field": "customer.plan", "is any of": ["Gold", "Silver"]},
        ]
    }


def test_ages_the_wrong_way_round_are_put_right() -> None:
    document = fill(template("age-group"), {"from": 40, "to": 30})
    assert document == {"field": "customer.age", "between": [30, 40]}


def test_every_problem_of_the_chosen_values_is_named() -> None:
    wrong = {"employees": "many", "plans": " , ", "colour": "blue"}
    with pytest.raises(Invalid) as caught:
        fill(template("large-companies"), wrong)
    assert {one.where: one.message for one in caught.value.problems} == {
        "colour": "The template “Large companies” does not ask for colour.",
        "employees": "“many” is not a number. Write it like 1234.5.",
        "plans": "Write at least one word.",
    }


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("top-of-revenue", {"share": 0}, "0 is not between 0.1 and 100"),
        ("top-of-revenue", {"share": "nan"}, "nan is not between"),
        ("top-of-revenue", {"share": True}, "“True” is not a number"),
        ("top-of-revenue", {"share": None}, "“None” is not a number"),
        ("top-of-revenue", {"share": "9" * 400}, "inf is not between"),
        ("cart-abandoned", {"within": "two weeks"}, "Write a time like 30 min, 12 h or 90 d"),
        ("cart-abandoned", {"within": 14}, "Write a time like"),
        ("country", {"countries": ["DE", 3]}, "Write a word"),
        ("country", {"countries": 3}, "Write words with commas"),
        ("country", {"countries": [str(number) for number in range(201)]}, "200 is the most"),
        ("hand-picked", {"list": " "}, "Write a word"),
        ("hand-picked", {"list": "x" * 61}, "longer than 60 characters"),
    ],
)
def test_a_value_that_makes_no_condition_is_refused_in_words(
    name: str, values: Mapping[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        fill(template(name), values)


def test_every_sort_of_choice_is_used() -> None:
    assert {one.choice for some in TEMPLATES for one in some.parameters} == set(Choice)


def test_the_documentation_tells_of_every_model_template_and_field() -> None:
    text = (Path(__file__).parents[2] / "docs" / "segments.md").read_text("utf-8")
    parts = dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^#)", text, re.DOTALL | re.MULTILINE))
    assert set(parts) == set(Model)
    for one in TEMPLATES:
        about = " ".join(parts[one.model].split())
        assert one.title in about
        assert all(f"`{name}`" in about for name in one.wants), one.name
    for segment in sample_playbook().segments:
        if segment.name in text:
            assert segment.name in " ".join(parts[segment.model].split())
    examples = {s.model for s in sample_playbook().segments if s.name in " ".join(text.split())}
    assert examples == set(Model)


def test_the_documentation_has_the_table_of_rfm_classes() -> None:
    text = (Path(__file__).parents[2] / "docs" / "segments.md").read_text("utf-8")
    for one in RFM_CLASSES:
        row = (
            f"| {one.name} | {one.least_recency}–{one.most_recency} | {one.least_worth:g} "
            f"| {one.means} |"
        )
        assert row in text
