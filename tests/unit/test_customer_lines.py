"""The panel's lines about a customer: short, in words, each with its source and age."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_samples import DAY, HOUR, NOW, panel_view, stranger_panel_view

from plugin.views.panel import CustomerHistory, PanelView, Rating
from plugin.web.display import is_fresh, seen_value
from plugin.web.tickets.customer_lines import (
    Part,
    customer_lines,
    ratings_said,
    reasons,
    tickets_said,
    together,
)
from routing.conditions.evaluate import Seen
from routing.tickets import Fact, Value

TODAY = NOW.date()


def crm(value: Value, hours: int = 2) -> Fact:
    return Fact(value, "CRM", NOW - hours * HOUR)


def knowing(**facts: Fact) -> PanelView:
    """The panel of a customer of whom just this is known; a dot is written as two underscores."""
    view = panel_view()
    named = {name.replace("__", "."): fact for name, fact in facts.items()}
    return replace(view, facts=replace(view.facts, customer=named))


def words(view: PanelView) -> dict[str, list[str]]:
    return {line.label: [part.words for part in line.parts] for line in customer_lines(view)}


def test_each_line_says_what_an_agent_asks_first() -> None:
    assert words(panel_view()) == {
        "Value": ["48,200 ARR"],
        "Journey": ["At risk, customer 4 y, renews in 40 d"],
        "Contact": ["Mail, German"],
        "Ratings": ["2 of 5 on 12 Nov, 5 of 5 before"],
        "Tickets": ["2 more open, 14 before"],
        "Owner": ["Ruben Haas"],
    }


def test_of_three_ways_to_say_the_value_the_first_that_is_known_is_taken() -> None:
    twelve = crm(2400.0)
    assert words(knowing(customer__revenue_12m=twelve))["Value"] == ["2,400 in 12 months"]
    both = knowing(customer__revenue_12m=twelve, customer__lifetime_value=crm(9100.5))
    assert words(both)["Value"] == ["9,100 lifetime value"]


def test_the_rfm_class_stands_beside_the_money() -> None:
    view = knowing(account__arr=crm(100.0), customer__rfm=crm("champions"))
    assert words(view)["Value"] == ["100 ARR, RFM champions"]


def test_what_comes_from_another_source_or_has_another_age_is_a_part_of_its_own() -> None:
    journey = knowing(
        customer__stage=crm("trial"),
        customer__signed_up=Fact(TODAY - 12 * DAY, "shop", NOW),
        customer__renewal=Fact(TODAY + 18 * DAY, "shop", NOW),
    )
    assert words(journey)["Journey"] == ["Trial", "customer 12 d, renews in 18 d"]
    until = replace(crm("trial"), fresh_until=NOW)
    assert len(together([Part("a", crm("trial")), Part("b", until)])) == 2


def test_a_known_customers_missing_value_is_said_to_be_unknown() -> None:
    assert words(knowing(customer__plan=crm("Start")))["Value"] == []


def test_a_strangers_lines_say_only_what_the_ticket_says() -> None:
    assert words(stranger_panel_view()) == {
        "Contact": ["Mail, Spanish (from the ticket)"],
        "Tickets": ["First ticket from this address"],
    }


def test_the_customers_own_channel_goes_before_the_one_they_wrote_by() -> None:
    view = knowing(customer__channel=crm("phone"))
    assert words(view)["Contact"] == ["Phone", "English (from the ticket)"]


@pytest.mark.parametrize(
    ("days", "says"),
    [(38, "renews in 38 d"), (0, "renews today"), (-3, "renewal 3 d ago")],
)
def test_a_renewal_is_counted_in_days(days: int, says: str) -> None:
    assert words(knowing(customer__renewal=crm(TODAY + days * DAY)))["Journey"] == [says]


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (0, ["customer 0 d"]),
        (59, ["customer 59 d"]),
        (100, ["customer 3 months"]),
        (740, ["customer 2 y"]),
        (-5, []),
    ],
)
def test_how_long_somebody_has_been_a_customer(days: int, says: list[str]) -> None:
    assert words(knowing(customer__signed_up=crm(TODAY - days * DAY)))["Journey"] == says


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ([2], "2 of 5 on 12 Nov"),
        ([2, 5], "2 of 5 on 12 Nov, 5 of 5 before"),
        ([2, 5, 5], "2 of 5 on 12 Nov, 5 of 5 before"),
        ([4, 3, 5], "4 of 5 on 12 Nov, 3 and 5 of 5 before"),
    ],
)
def test_ratings_are_said_newest_first(scores: list[int], says: str) -> None:
    ratings = tuple(Rating(score, NOW - (8 + n) * DAY) for n, score in enumerate(scores))
    assert ratings_said(ratings, TODAY) == says


def test_a_rating_of_another_year_bears_its_year() -> None:
    assert ratings_said((Rating(3, NOW - 400 * DAY),), TODAY) == "3 of 5 on 16 Oct 2025"


@pytest.mark.parametrize(
    ("count", "still_open", "says"),
    [
        (0, 0, "First ticket from this address"),
        (1, 1, "1 more open"),
        (16, 2, "2 more open, 14 before"),
        (1400, 0, "1,400 before, none open"),
    ],
)
def test_other_tickets_are_counted_in_words(count: int, still_open: int, says: str) -> None:
    assert tickets_said(CustomerHistory(count=count, open=still_open)) == says


def test_reasons_of_one_source_share_its_mark() -> None:
    at = NOW - 2 * HOUR
    seen = [
        Seen("employees is at least 500", result=True, value=1240.0, source="CRM", as_of=at),
        Seen("plan is Business", result=True, value="Business", source="CRM", as_of=at),
        Seen("country is Germany", result=True, value="Germany", source="desk", as_of=NOW),
    ]
    assert [part.words for part in reasons(seen, seen_value)] == [
        "employees is at least 500 (1,240), plan is Business",
        "country is Germany",
    ]


def test_a_long_test_is_cut_and_never_its_value() -> None:
    sentence = "country is any of DE, AT, CH, FR, BE, NL, ES, PT, IT, GB, IE, SE, DK or PL"
    (part,) = reasons(
        [Seen(sentence, result=True, value="Narnia", source="CRM", as_of=NOW)], seen_value
    )
    assert part.words.endswith("… (Narnia)")
    assert len(part.words) < 60


def test_what_a_source_says_of_how_long_it_holds_goes_before_its_age() -> None:
    old, new = crm("x", hours=24 * 9), crm("x")
    assert not is_fresh(old, NOW)
    assert is_fresh(replace(old, fresh_until=NOW + DAY), NOW)
    assert not is_fresh(replace(new, fresh_until=NOW - timedelta(seconds=1)), NOW)


VALUES = st.one_of(
    st.text(max_size=40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.frozensets(st.text(max_size=10), max_size=3),
)
NAMES = (
    "account.arr",
    "customer.lifetime_value",
    "customer.revenue_12m",
    "customer.rfm",
    "customer.stage",
    "customer.signed_up",
    "customer.renewal",
    "customer.channel",
    "customer.language",
    "customer.owner",
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_value_of_any_kind_breaks_a_line(facts: dict[str, str | float | bool | date]) -> None:
    view = panel_view()
    known = {name: crm(value) for name, value in facts.items()}
    for line in customer_lines(replace(view, facts=replace(view.facts, customer=known))):
        assert all(part.words for part in line.parts)
