"""Charts: their specs, their scales, what they say, and that they can be written and read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair as alt
import pytest
import vl_convert
from chart_samples import NAMES, WEEKS, every_chart, hostile, intervals, pareto, share, trend
from hypothesis import given
from hypothesis import strategies as st

from plugin.charts import words
from plugin.charts.pictures import png, svg
from plugin.charts.room import room
from plugin.charts.scales import apart, every, scale
from plugin.charts.specs import TOKENS, spec
from plugin.charts.spread import reached_at
from plugin.charts.tables import table
from plugin.charts.values import Estimate, Line, Reached, Unit, colours
from plugin.charts.written import read, write

CHARTS = every_chart()
TOKENS_CSS = Path(__file__).parents[2] / "plugin" / "web" / "static" / "tokens.css"

each_chart = pytest.mark.parametrize("name", CHARTS)


def data_of(document: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    """What a layer draws."""
    found: list[dict[str, Any]] = document["datasets"][layer["data"]["name"]]
    return found


def texts(document: Any) -> list[str]:
    """Every text in a spec."""
    if isinstance(document, str):
        return [document]
    if isinstance(document, dict):
        return [text for one in document.values() for text in texts(one)]
    return [text for one in document for text in texts(one)] if isinstance(document, list) else []


@each_chart
@pytest.mark.parametrize("width", [328, 1120])
@pytest.mark.parametrize("alone", [True, False])
def test_every_spec_is_valid_and_compiles(name: str, width: int, alone: bool) -> None:
    document = spec(CHARTS[name], width, alone=alone)
    alt.Chart.from_dict(document, validate=True)
    assert vl_convert.vegalite_to_vega(document)["marks"]


@each_chart
@pytest.mark.parametrize("width", [328, 1120])
def test_a_picture_is_as_large_as_the_room_that_a_page_keeps_for_it(name: str, width: int) -> None:
    chart = CHARTS[name]
    drawn = svg(chart, width, "both", alone=False)
    wanted = room(chart, narrow=width < 480).whole
    assert f'width="{width}" height="{wanted}"' in drawn[:400]


@each_chart
def test_a_picture_for_a_page_has_both_schemes_and_one_that_leaves_it_has_its_own(
    name: str,
) -> None:
    both, light = (svg(CHARTS[name], 640, theme, alone=False) for theme in ("both", "light"))
    assert set(re.findall(r"var\(--([\w-]+)\)", both)) == set(
        re.findall(r"--([\w-]+):", both.partition("@media")[0])
    )
    assert "var(" not in light
    assert svg(CHARTS[name], 640, "dark", alone=False) != light


def test_every_colour_of_the_theme_is_a_token_of_the_pages() -> None:
    css = TOKENS_CSS.read_text(encoding="utf-8")
    document = json.dumps([spec(chart, 640, alone=True) for chart in CHARTS.values()])
    used = set(re.findall(r"var\(--([\w-]+)\)", document))
    assert {"ink", "ink-3", "chart-1", "chart-7", "chart-grid", "ground"} <= used
    for name in used:
        light, dark = TOKENS.colours[name]
        assert re.search(rf"--{name}:\s*light-dark\({light}, {dark}\)", css)
    # No colour is written anywhere but there.
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", document)
    assert TOKENS.font in css


@each_chart
def test_a_picture_that_leaves_the_page_says_what_it_shows(name: str) -> None:
    chart = CHARTS[name]
    drawn = svg(chart, 960, "light", alone=True)
    assert f">{chart.title}<" in drawn
    assert chart.defines.split()[0] in drawn
    assert TOKENS.colours["ground"][0] in drawn
    assert "/hit/" not in drawn


@each_chart
def test_a_png_for_a_mail_is_small_and_not_blank(name: str) -> None:
    made = png(CHARTS[name], 560, "light")
    assert len(made) <= 60_000
    assert made.startswith(b"\x89PNG")
    width, height = (int.from_bytes(made[at : at + 4], "big") for at in (16, 20))
    assert width == 2 * 560
    assert height > 100
    # Chromium is asked in the browser tests whether it can be read; here: more than one colour.
    assert len(made) > 2_000


@each_chart
def test_a_chart_is_read_as_it_was_written(name: str) -> None:
    written = write(CHARTS[name])
    found = read(json.loads(json.dumps(written)))
    assert found is not None
    assert write(found) == written
    assert len(table(found).rows) == len(table(CHARTS[name]).rows)


@pytest.mark.parametrize("wrong", [None, 3, {}, {"kind": "pie"}, {"kind": "trend"}, [1], "trend"])
def test_what_is_no_chart_is_not_read(wrong: object) -> None:
    assert read(wrong) is None


@pytest.mark.parametrize("name", hostile())
def test_texts_that_mean_harm_stay_texts(name: str) -> None:
    chart = read(write(hostile()[name]))
    assert chart is not None
    drawn = svg(chart, 960, "light", alone=True)
    for bad in ("<script", "<img", "onerror=alert(1)>", "\0", "\x1b", "\u202e"):
        assert bad not in drawn
    document = spec(chart, 960, alone=True)
    # What a name says is never part of an expression.
    for layer in document["layer"]:
        for text in texts(layer.get("encoding", {})):
            assert "alert" not in text


def test_a_name_is_cut_cleaned_and_kept_in_its_own_direction() -> None:
    assert len(words.plain(NAMES[3])) == words.MOST_CHARACTERS
    assert words.plain(NAMES[4]) == "\u2068العملاء الكبار (2026)\u2069"
    assert words.plain("a\0b\n c\ud800") == "ab c"


def test_an_estimate_is_said_with_its_doubt_or_not_at_all() -> None:
    answers = ("answer", "answers")
    known = Estimate(0.931, 0.914, 0.945, 1021)
    assert words.estimate(Unit.SHARE, known, answers) == "93.1\u202f%, 91.4 to 94.5, n = 1,021"
    assert words.estimate(Unit.TIME, Estimate(5400.0, None, None, 50), answers) == "1 h 30, n = 50"
    few, one = Estimate(0.8, 0.1, 0.9, 14), Estimate(None, None, None, 1)
    assert words.estimate(Unit.SHARE, few, answers) == "14 answers, shown from 30"
    assert words.estimate(Unit.SHARE, one, answers) == "1 answer, shown from 30"
    waits = Estimate(None, None, None, 40)
    assert words.estimate(Unit.TIME, waits, answers).startswith("cannot be told yet")


def test_a_group_with_too_few_has_words_and_no_dot() -> None:
    document = spec(intervals(), 1120)
    hits = next(layer for layer in document["layer"] if layer.get("name") == "hits")
    said = [one["says"] for one in data_of(document, hits)]
    assert len(said) == 4
    assert not [one for one in said if "Onsite" in one]
    assert "14 answers, shown from 30" in texts(document)


def test_a_gap_in_what_is_known_is_a_gap_in_the_line() -> None:
    document = spec(trend(), 1120)
    lines = next(layer for layer in document["layer"] if layer["mark"]["type"] == "line")
    parts = [one["part"] for one in data_of(document, lines) if one["part"].startswith("2")]
    assert sorted(set(parts)) == ["2-0", "2-6"]
    assert len(parts) == 11


def test_names_at_the_ends_of_lines_keep_apart() -> None:
    same = tuple(Line(f"Segment {n}", n, tuple([share(0.9, 100, 0.02)] * 13)) for n in range(1, 7))
    document = spec(replace(trend(), lines=same), 1120)
    named = next(
        layer for layer in document["layer"] if layer["mark"].get("style") == "series-label"
    )
    scale_of = named["encoding"]["y"]["scale"]["domain"]
    pixel = (scale_of[1] - scale_of[0]) / document["height"]
    places = sorted(one["at"] for one in data_of(document, named))
    assert all(b - a >= 13.9 * pixel for a, b in pairwise(places))


@given(
    st.lists(st.floats(0, 100), max_size=12),
    st.floats(0.1, 30),
)
def test_places_are_kept_apart_inside_their_bounds_and_in_order(
    wanted: list[float], gap: float
) -> None:
    found = apart(wanted, gap, 0, 100)
    assert len(found) == len(wanted)
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in found)
    fits = min(gap, 100 / max(1, len(wanted) - 1))
    ordered = sorted(found)
    assert all(b - a >= fits - 1e-6 for a, b in pairwise(ordered))
    by_wish = [found[place] for place in sorted(range(len(wanted)), key=wanted.__getitem__)]
    assert by_wish == ordered


@pytest.mark.parametrize(
    ("unit", "values", "marks"),
    [
        (Unit.SHARE, [0.7, 0.86], [0.7, 0.75, 0.8, 0.85, 0.9]),
        (Unit.SHARE, [0.9, 0.91], [0.85, 0.9, 0.95, 1.0]),
        (Unit.TIME, [1800.0, 5400.0], [1800.0, 2700.0, 3600.0, 4500.0, 5400.0]),
        (Unit.COUNT, [0.0, 812.0], [0.0, 500.0, 1000.0]),
        (Unit.COUNT, [3.0], [2.0, 3.0, 4.0]),
    ],
)
def test_the_marks_of_an_axis_are_round(
    unit: Unit, values: list[float], marks: list[float]
) -> None:
    assert scale(unit, values).marks() == pytest.approx(marks)


@given(
    st.sampled_from(Unit),
    st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=20),
    st.floats(1, 1e7),
    st.booleans(),
)
def test_a_scale_holds_every_value_at_no_more_than_five_marks(
    unit: Unit, values: list[float | None], size: float, from_zero: bool
) -> None:
    factor = 1.0 if unit is Unit.SHARE else size
    known = [None if one is None else one * factor for one in values]
    of = scale(unit, known, from_zero=from_zero)
    assert of.low < of.high
    assert len(of.marks()) <= 5
    for one in known:
        assert one is None or of.low - 1e-6 <= one <= of.high + 1e-6
    assert of.low >= 0
    assert not from_zero or of.low == 0
    assert unit is not Unit.SHARE or of.high <= 1


def test_the_last_place_is_always_marked() -> None:
    assert every(13, 7) == [0, 2, 4, 6, 8, 10, 12]
    assert every(13, 4)[-1] == 12
    assert every(0, 4) == []


def test_a_segment_keeps_its_colour_and_the_seventh_is_grey() -> None:
    found = colours([f"Segment {place}" for place in range(1, 10)])
    assert list(found.values()) == [1, 2, 3, 4, 5, 6, 7, 7, 7]


def test_what_share_of_customers_brings_four_fifths_is_read_off_the_curve() -> None:
    curve = (Reached(0, 0), Reached(0.2, 0.6), Reached(0.6, 1.0), Reached(1, 1))
    assert reached_at(curve, 0.8) == pytest.approx(0.4)
    assert reached_at((Reached(0, 0),), 0.8) is None


def test_the_table_has_what_the_chart_says_and_plain_values_for_a_spreadsheet() -> None:
    of = table(intervals())
    assert [cell.text for cell in of.rows[0]] == ["Enterprise EMEA", "93.1\u202f%", "90.0\u202f%"]
    assert of.rows[0][1].doubt == "91.4 to 94.5, n = 1,021"
    assert of.rows[0][1].href == "/hit/emea"
    assert (of.rows[3][1].text, of.rows[3][1].doubt) == ("not yet", "14 answers, shown from 30")
    head, first, *_ = of.plain_rows()
    assert head == ["Group", "CSAT, value", "CSAT, low", "CSAT, high", "CSAT, n", "Goal"]
    assert first == ["Enterprise EMEA", 0.931, 0.914, 0.945, 1021, 0.9]


@each_chart
def test_every_table_is_a_rectangle_with_names_in_its_first_column(name: str) -> None:
    of = table(CHARTS[name])
    assert of.rows
    assert {len(row) for row in of.rows} == {len(of.columns)}
    assert all(row[0].text for row in of.rows)
    assert len({len(row) for row in of.plain_rows()}) == 1


def test_a_month_is_said_by_its_name_and_january_with_its_year() -> None:
    monthly = replace(trend(), by="month", ends=WEEKS)
    assert words.period(monthly, date(2027, 1, 31)) == "Jan 2027"
    assert words.period(monthly, date(2026, 11, 30)) == "Nov"


def test_a_name_at_the_right_edge_stays_inside_the_picture() -> None:
    *before, last = pareto().curve
    chart = replace(pareto(), curve=(*before, replace(last, label="Everyone else")))
    document = spec(chart, 1120, alone=False)
    names = []
    for layer in document["layer"]:
        mark = layer["mark"]
        if mark["type"] != "text" or "name" not in str(layer["encoding"].get("text")):
            continue
        for one in data_of(document, layer):
            assert (mark.get("align") == "right") == (one["x"] > 0.75)
            names.append(one["name"])
    assert "Everyone else" in names


def test_of_many_segments_those_that_bring_the_marked_share_are_named() -> None:
    *before, last = pareto().curve
    behind = [replace(last, customers=at, revenue=at, label=f"Small {at}") for at in (0.9, 0.95)]
    document = spec(replace(pareto(), curve=(*before, *behind, last)), 1120, alone=False)
    names = [
        one["name"]
        for layer in document["layer"]
        if layer["mark"]["type"] == "text" and "name" in str(layer["encoding"].get("text"))
        for one in data_of(document, layer)
    ]
    assert sorted(names) == [
        "Compliance-bound", "Enterprise EMEA", "Small 0.9", "Top fifth", "VIP by hand",
    ]  # fmt: skip
