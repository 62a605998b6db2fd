"""The addresses of charts: signed, bounded, and each what it says it is."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from chart_samples import bars, every_chart, trend
from flask import Flask
from itsdangerous import URLSafeSerializer
from page_samples import AGENT, Fakes, build, client_of

from plugin.charts.values import Bar, Part
from plugin.charts.written import write
from plugin.ports import Unavailable
from plugin.spreadsheet import BYTE_ORDER_MARK
from plugin.web.charts import MOST_LETTERS, shown


def token_of(app: Flask) -> str:
    with app.test_request_context():
        made = shown(trend()).token
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("form", "kind", "asked"),
    [
        ("svg", "image/svg+xml", ("drawn alone", "trend", 960)),
        ("png", "image/png", ("drawn png", "trend", 960)),
        ("json", "application/json", ("spec", "trend", 1120)),
    ],
)
def test_a_picture_is_drawn_of_the_chart_in_its_address(
    form: str, kind: str, asked: tuple[object, ...]
) -> None:
    fakes = Fakes()
    app = build(fakes)
    answer = client_of(app, AGENT).get(f"/charts/csat-by-week.{form}?of={token_of(app)}")
    assert answer.status_code == 200
    assert answer.content_type == kind
    assert asked in fakes.asked
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["Cache-Control"].startswith("private")


def test_a_page_asks_for_a_width_that_is_one_of_ours() -> None:
    fakes = Fakes()
    app = build(fakes)
    client, address = client_of(app, AGENT), f"/charts/x.svg?of={token_of(app)}"
    assert client.get(f"{address}&width=328").status_code == 200
    assert ("drawn", "trend", 328) in fakes.asked
    assert client.get(f"{address}&width=99999").status_code == 404


def test_the_table_can_be_taken_away_as_csv() -> None:
    app = build(Fakes())
    answer = client_of(app, AGENT).get(f"/charts/csat-by-week.csv?of={token_of(app)}")
    head, first, *_ = answer.text.removeprefix(BYTE_ORDER_MARK).splitlines()
    assert head.startswith('Week to,"Enterprise EMEA, value"')
    assert first.startswith("30 Aug 2026,0.925,0.9,0.95,330")
    assert "csat-by-week.csv" in answer.headers["Content-Disposition"]


def test_a_csv_is_nothing_that_a_spreadsheet_runs() -> None:
    app = build(Fakes())
    chart = replace(bars(), bars=(Bar("=cmd()", (Part("", 1, 3),)),))
    with app.test_request_context():
        token = shown(chart).token
    answer = client_of(app, AGENT).get(f"/charts/x.csv?of={token}")
    assert "'=cmd()" in answer.text


@pytest.mark.parametrize("of", ["", "x", "x" * 20_000, "e30.abc", "%00", "é"])
def test_what_we_have_not_signed_is_not_drawn(of: str) -> None:
    fakes = Fakes()
    answer = client_of(build(fakes), AGENT).get("/charts/x.svg", query_string={"of": of})
    assert answer.status_code == 404
    assert not [one for one in fakes.asked if one[0] == "drawn alone"]


def test_a_chart_signed_for_something_else_is_not_drawn() -> None:
    app = build(Fakes())
    forged = URLSafeSerializer(app.config["SECRET_KEY"], salt="survey").dumps(write(trend()))
    assert client_of(app, AGENT).get(f"/charts/x.svg?of={forged}").status_code == 404


def test_who_has_not_signed_in_sees_no_chart() -> None:
    app = build(Fakes())
    assert client_of(app).get(f"/charts/x.svg?of={token_of(app)}").status_code == 303


def test_where_nothing_can_be_drawn_the_answer_says_so() -> None:
    fakes = Fakes()
    app = build(fakes)
    token = token_of(app)
    client = client_of(app, AGENT)
    fakes.fails = Unavailable("A chart could not be drawn.")
    assert client.get(f"/charts/x.svg?of={token}").status_code == 503


def test_the_script_is_kept_for_a_year_and_packed_for_whoever_takes_it_so() -> None:
    client = client_of(build(Fakes()), AGENT)
    packed = client.get("/charts/runtime/edition.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/charts/runtime/edition.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.data == b"window.vegaEmbed = null;"
    assert "immutable" in plain.headers["Cache-Control"]
    assert client.get("/charts/runtime/other.js").status_code == 404


def test_every_sample_fits_into_an_address() -> None:
    app = build(Fakes())
    with app.test_request_context():
        for name, chart in every_chart().items():
            assert shown(chart).token is not None, name


def test_a_chart_with_too_much_to_draw_keeps_its_table() -> None:
    app = build(Fakes())
    many = tuple(
        Bar(f"{place * 7919 % 10_007} {place * 104_729}", (Part("", 1, place * 1.37),))
        for place in range(900)
    )
    with app.test_request_context():
        one = shown(replace(bars(), bars=many))
    assert one.token is None
    assert len(one.table.rows) == 900


def test_the_figure_on_the_segment_page_has_its_picture_its_table_and_its_files() -> None:
    html = client_of(build(Fakes()), AGENT).get("/segments/Enterprise%20EMEA").text
    addresses = re.findall(r'(?:src|srcset|href|data-spec)="(/charts/[^"]+)"', html)
    assert len(addresses) == 6
    client = client_of(build(Fakes()), AGENT)
    assert {client.get(unescape(one)).status_code for one in addresses} == {200}
    assert '<th scope="row">' in html[html.index("chart-figure") :]
    assert all(len(one) < MOST_LETTERS + 200 for one in addresses)
