"""The page of value, the table that goes out, and what programs are told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass, replace
from enum import StrEnum
from html import unescape
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from value_samples import (
    FakeValue,
    bare_value_view,
    customers,
    empty_value_view,
    report_on,
    value_view,
    view_of,
)

from plugin.charts.values import Pareto, Survival
from plugin.pages.refusals import BadToken
from plugin.views.panel import Frame
from plugin.views.people import Person, Role
from plugin.views.programs import Program, Scope
from plugin.views.value import ValueView
from plugin.web.results.value_charts import chosen, retention_of, revenue_of, segments_of
from plugin.web.site import Needs, build_site
from routing.worth.report import Worth

HOSTILE = """<script>alert(1)</script>"'`{{7*7}}${7*7}<img src=x onerror=alert(1)>"""
AGENT = Person(1, "mara@halden.example", "Mara Lindqvist", Role.AGENT)
LEAD = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)
NOTHING_TO_TELL = view_of(None, (0,))


class Fakes:
    """The few flows that this page needs; the others are never asked."""

    people: ClassVar[Mapping[str, Person]] = {one.email: one for one in (AGENT, LEAD)}
    edition = "edition"

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def note(self, *what: object) -> None:
        self.asked.append(what)

    def frame(self, person: Person) -> Frame:
        return Frame(person, "Halden Books", 41, parked=0, sample=False)

    def person(self, session_token: str) -> Person | None:
        return self.people.get(session_token)

    def admit(self, token: str) -> Program:
        if token != "good":
            raise BadToken
        return Program(1, "BI", frozenset({Scope.KPIS}))


def build(view: ValueView | None, fakes: Fakes | None = None) -> Flask:
    fakes = fakes or Fakes()
    app = Flask("plugin.web", static_folder=None)
    app.config.update(SECRET_KEY="not a secret", TESTING=True)
    unused: dict[str, Any] = {one.name: None for one in fields_of(Needs)}
    ours = {"frames": fakes, "sign_in": fakes, "programs": fakes, "drawings": fakes}
    build_site(app, Needs(**{**unused, **ours, "value": FakeValue(fakes, view)}))
    return app


def client_of(app: Flask, person: Person = LEAD) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as session:
        session["token"] = person.email
    return client


def page(view: ValueView | None, path: str = "/value") -> str:
    answer = client_of(build(view)).get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def poisoned(value: Any) -> Any:
    """The same view with every text in it replaced by a hostile one."""
    if isinstance(value, str):
        return value if isinstance(value, StrEnum) else HOSTILE
    if isinstance(value, tuple):
        return tuple(poisoned(one) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{f.name: poisoned(getattr(value, f.name)) for f in fields_of(value)})


def test_the_page_says_at_a_glance_which_segments_bring_the_revenue() -> None:
    view = value_view()
    assert {one.name for one in view.best} == {"VIP by hand", "Enterprise EMEA"}
    customers = sum(one.of_customers for one in view.best)
    revenue = sum(one.of_revenue for one in view.best)
    assert (
        f"These 2 segments are {customers * 100:.1f}\u202f% of customers and bring "
        f"{revenue * 100:.1f}\u202f% of revenue:"
    ) in page(view)
    alone = page(replace(view, best=view.best[:1]))
    assert re.search(r"This segment is [\d.]+\u202f% of customers and brings", alone)


def test_where_no_segment_stands_out_the_page_does_not_make_one_up() -> None:
    html = page(replace(value_view(), best=()))
    assert "No segments bring far more than their share of customers." in html
    assert "bring 80\u202f% of revenue" in html


def test_each_number_has_its_n_its_interval_and_what_is_unknown() -> None:
    view = value_view()
    assert view.total is not None
    worth = view.total.worth
    html = page(view)
    assert worth.order is not None
    assert f"n = {worth.order.n:,} customers; unknown for {worth.order_unknown:,}" in html
    assert f"unknown for {worth.expected_unknown:,}" in html
    assert "customer.revenue_12m" in html
    for sign in "€$£":
        assert sign not in re.sub(r"<script.*?</script>", "", html)


def test_segments_stand_in_order_of_priority_and_lead_to_their_page() -> None:
    html = page(value_view())
    table = html[html.index('aria-label="Value by segment"') :]
    names = re.findall(r'<th scope="row" class="keep">(?:<a href="([^"]+)">)?([^<]+)', table)[:6]
    assert [name for _, name in names] == [
        "VIP by hand", "Enterprise EMEA", "Plain talk", "Nobody yet", "Everyone else", "All",
    ]  # fmt: skip
    assert names[1][0] == "/segments/Enterprise%20EMEA"


def test_too_few_are_no_measurement() -> None:
    html = page(value_view())
    vips = html[html.index("VIP by hand</a></th><td") :]
    assert "of 30" in vips[: vips.index("</tr>")]


def test_effort_stands_beside_value() -> None:
    html = page(value_view())
    effort = html[html.index('aria-label="Tickets against revenue by segment"') :]
    row = effort[effort.index("Enterprise EMEA") :]
    assert ">160<" in row[: row.index("</tr>")]
    assert "3 tickets came with a segment that is no more." in html


def test_without_purchases_the_page_says_how_to_import_them() -> None:
    html = page(bare_value_view())
    assert "deskroute import purchases" in html
    assert "What customers bring is not known of anybody." in html
    assert "customer.signed_up" in html
    assert "None" not in html


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (None, "No playbook is live"),
        (NOTHING_TO_TELL, "Not counted yet"),
        (empty_value_view(), "No customers are known"),
    ],
)
def test_where_nothing_is_counted_the_page_says_what_comes_next(
    view: ValueView | None, says: str
) -> None:
    html = page(view)
    assert says in html
    assert "None" not in html


def test_few_customers_get_no_curve_and_hear_why() -> None:
    html = page(view_of(report_on(customers(20)), (0, 0, 0, 0, 0)))
    assert "Curves are drawn from 30 customers with revenue" in html
    assert "No tickets in the last 90 days." in html


def test_no_text_of_a_stranger_becomes_markup() -> None:
    view = value_view()
    hostile = replace(poisoned(view), best=poisoned(view.best))
    answer = client_of(build(hostile)).get("/value")
    assert answer.status_code == 200
    assert HOSTILE not in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_only_leads_and_admins_see_it() -> None:
    app = build(value_view())
    for path in ("/value", "/value/segments.csv", "/value/segments.xlsx"):
        assert client_of(app, AGENT).get(path).status_code == 403
    assert "Value</a>" in client_of(app).get("/value").text


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("365", 365), ("8", 90), ("x", 90)])
def test_the_period_of_tickets_stands_in_the_address(asked: str, days: int) -> None:
    fakes = Fakes()
    client_of(build(value_view(), fakes)).get(f"/value?days={asked}")
    assert ("value", days) in fakes.asked


def test_counting_again_is_asked_for_by_a_button() -> None:
    fakes = Fakes()
    client = client_of(build(NOTHING_TO_TELL, fakes))
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/value").text)
    assert found is not None
    assert client.post("/value/count").status_code == 400
    assert ("count value",) not in fakes.asked
    answer = client.post("/value/count?days=30", data={"csrf_token": found[1]})
    assert answer.location == "/value?days=30"
    assert ("count value",) in fakes.asked


def test_the_table_goes_out_with_every_interval_and_without_formulas() -> None:
    view = value_view()
    assert view.report is not None
    first = replace(view.groups[0], worth=replace(view.groups[0].worth, segment="=1+1"))
    told = client_of(build(replace(view, groups=(first, *view.groups[1:])))).get(
        "/value/segments.csv"
    )
    assert told.headers["Content-Disposition"].startswith("attachment; filename=value-by-segment-")
    rows = list(csv.DictReader(io.StringIO(told.text.removeprefix("\ufeff"))))
    assert rows[0]["segment"] == "'=1+1"
    everyone = view.report.total
    assert everyone.order is not None
    assert rows[-1]["AOV low"] == str(everyone.order.low)
    assert int(rows[-1]["AOV, customers"]) == everyone.order.n
    assert int(rows[-1]["retention unknown"]) == everyone.stay.unknown
    assert sum(float(row["share of customers"]) for row in rows[:-1]) == pytest.approx(1)
    excel = client_of(build(view)).get("/value/segments.xlsx")
    assert excel.data.startswith(b"PK")


def test_before_a_count_there_is_no_table() -> None:
    client = client_of(build(NOTHING_TO_TELL))
    assert client.get("/value/segments.csv").status_code == 404


class TestCharts:
    def test_the_curve_over_customers_rises_from_nothing_to_everything(self) -> None:
        chart = revenue_of(value_view())
        assert isinstance(chart, Pareto)
        assert (chart.curve[0].customers, chart.curve[0].revenue) == (0, 0)
        assert (chart.curve[-1].customers, chart.curve[-1].revenue) == (1, 1)
        rises = [one.revenue for one in chart.curve]
        assert rises == sorted(rises)
        # Never below the line of equal customers.
        assert all(one.revenue >= one.customers - 1e-9 for one in chart.curve)

    def test_the_curve_over_segments_names_them_and_bends_one_way(self) -> None:
        view = value_view()
        chart = segments_of(view, lambda name: f"/segments/{name}")
        assert isinstance(chart, Pareto)
        steps = list(_slopes(chart))
        assert steps == sorted(steps, reverse=True)
        assert {one.label for one in chart.curve} == {
            "", "VIP by hand", "Enterprise EMEA", "Plain talk", "Everyone else",
        }  # fmt: skip
        assert {one.href for one in chart.curve if one.label == "Everyone else"} == {""}

    def test_at_most_four_curves_of_retention_are_drawn_and_those_that_were_chosen(self) -> None:
        view = value_view()
        first = retention_of(view, chosen(view, []))
        assert isinstance(first, Survival)
        assert first.still == "customers"
        assert len(first.curves) <= 4
        one = retention_of(view, chosen(view, ["none", "no such segment"]))
        assert one is not None
        assert [curve.label for curve in one.curves] == ["Everyone else"]
        steps = [step.open for step in one.curves[0].steps]
        assert steps == sorted(steps, reverse=True)
        assert retention_of(bare_value_view(), chosen(bare_value_view(), [])) is None

    def test_a_chart_fits_into_an_address(self) -> None:
        html = page(value_view())
        assert html.count("data-spec=") == 3
        assert "too much to draw" not in html


def _slopes(chart: Pareto) -> Iterator[float]:
    for one, following in zip(chart.curve, chart.curve[1:], strict=False):
        yield (following.revenue - one.revenue) / (following.customers - one.customers)


class TestApi:
    def ask(self, view: ValueView | None, query: str = "", token: str = "good") -> Any:
        client = build(view).test_client()
        return client.get(f"/api/v1/value{query}", headers={"Authorization": f"Bearer {token}"})

    def test_a_program_is_told_the_same_numbers(self) -> None:
        view = value_view()
        told = self.ask(view).get_json()
        assert view.report is not None
        assert told["total"]["worth"]["revenue"] == view.report.total.revenue
        assert [one["worth"]["segment"] for one in told["segments"]][-1] is None
        assert {one.name for one in fields_of(Worth)} == set(told["total"]["worth"])
        assert "HORIZON" not in told["definitions"]["stay"]["says"]
        assert "180 d" in told["definitions"]["stay"]["says"]

    def test_before_a_count_there_is_nothing_to_tell(self) -> None:
        assert self.ask(NOTHING_TO_TELL).status_code == 404

    @pytest.mark.parametrize("query", ["?days=0", "?days=x", "?days=99999", "?by=queue"])
    def test_a_wrong_question_is_refused(self, query: str) -> None:
        assert self.ask(value_view(), query).status_code == 400

    def test_nobody_gets_in_without_a_token(self) -> None:
        assert self.ask(value_view(), token="bad").status_code == 401

    def test_the_document_describes_it_and_its_example_fits(self) -> None:
        document = build(None).test_client().get("/api/v1/openapi.json").get_json()
        told = document["paths"]["/api/v1/value"]["get"]
        assert told["security"] == [{"token": ["read-kpis"]}]
        answer = told["responses"]["200"]["content"]["application/json"]
        assert answer["example"]["segments"][0]["worth"]["segment"] == "Enterprise EMEA"
        OpenAPIV31SpecValidator(document).validate()
        whole = {**answer["schema"], "components": document["components"]}
        Draft202012Validator(whole).validate(answer["example"])
        Draft202012Validator(whole).validate(self.ask(value_view()).get_json())
