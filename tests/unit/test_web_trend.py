"""A KPI over weeks: where the small line goes, and what the chart is given."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segment_samples import CSAT, REPLY, segment_view

from plugin.charts.values import EVERYONE_ELSE, Unit
from plugin.web.segments.goal_words import distance_says, goal_says, measured_says
from plugin.web.trend import spark, trend_of
from routing.outcomes.figures import Share, Times
from routing.population.goal import Goal, Metric, Progress, Standing


def point(value: float | None, goal: Goal = CSAT, n: int = 100) -> Standing:
    if value is None:
        return Standing(goal, None, None, None, n)
    return Standing(goal, value, value * 0.9, value * 1.1, n)


def share_of(one: Standing) -> Share | None:
    if one.now is None or one.low is None or one.high is None:
        return None
    return Share(one.now, one.low, one.high, one.n)


def numbers(path: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_a_gap_in_what_is_known_is_a_gap_in_the_line() -> None:
    line = spark([point(0.8), point(0.82), point(None), point(0.85), point(0.86)])
    assert line is not None
    assert line.path.count("M") == 2


@pytest.mark.parametrize("points", [[], [point(0.9)], [point(None)] * 7, [point(None), point(0.9)]])
def test_less_than_two_weeks_are_not_drawn(points: list[Standing]) -> None:
    assert spark(points) is None
    view = replace(segment_view(), trend=tuple(share_of(one) for one in points))
    assert trend_of(view) is None


def test_the_last_point_says_whether_the_goal_is_missed() -> None:
    missed, met = spark([point(0.95), point(0.8)]), spark([point(0.8), point(0.95)])
    assert missed is not None
    assert met is not None
    assert (missed.missed, met.missed) == (True, False)


def test_higher_is_drawn_higher_and_the_goal_between() -> None:
    line = spark([point(0.8), point(1.0)])
    assert line is not None
    (_, first, _, last) = numbers(line.path)
    assert last < line.goal < first


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=13), st.sampled_from([CSAT, REPLY]))
def test_whatever_is_measured_stays_inside_the_small_line(
    values: list[float | None], goal: Goal
) -> None:
    scale = 90_000 if goal is REPLY else 1
    line = spark([point(None if one is None else one * scale, goal) for one in values])
    if line is not None:
        xs, ys = numbers(line.path)[::2], numbers(line.path)[1::2]
        assert all(0 <= x <= 96 for x in xs)
        assert all(0 <= y <= 24 for y in ys)
        assert 0 <= line.goal <= 24


def test_the_chart_of_a_segment_has_each_week_its_goal_and_what_happened() -> None:
    view = segment_view()
    chart = trend_of(view)
    assert chart is not None
    assert (chart.title, chart.unit, chart.goal) == ("CSAT by week", Unit.SHARE, CSAT.value)
    assert chart.defines == (
        "Share of ratings of 4 and 5. The four weeks before each point, n = 120 to 132. "
        "The band is the 95 % interval. Dashed is the goal."
    )
    (line,) = chart.lines
    assert (line.label, line.colour) == ("Enterprise EMEA", 2)
    assert [one.known for one in line.points] == [week != 4 for week in range(13)]
    assert len(line.points) == len(chart.ends)
    assert [one.says for one in chart.moments] == ["playbook 42", "playbook 12"]


def waits(*medians: float) -> tuple[Times, ...]:
    return tuple(Times(one, 0.9 * one, 1.1 * one, 9 * one, 100, 3) for one in medians)


def test_the_chart_of_a_time_says_how_it_is_counted() -> None:
    view = replace(segment_view(), kpi="first_reply", trend=waits(5000.0, 5400.0))
    chart = trend_of(view)
    assert chart is not None
    assert (chart.title, chart.unit) == ("First reply by week", Unit.TIME)
    assert chart.goal == REPLY.value
    assert "count as waiting (Kaplan–Meier). In working hours." in chart.defines


def test_a_kpi_without_a_goal_is_drawn_without_one() -> None:
    chart = trend_of(replace(segment_view(), kpi="resolution", trend=waits(60.0, 90.0)))
    assert chart is not None
    assert chart.goal is None
    assert "Dashed" not in chart.defines
    assert [point.value for point in chart.lines[0].points] == [60.0, 90.0]


def test_a_goal_for_nine_of_ten_is_drawn_as_what_nine_of_ten_take() -> None:
    goal = Goal(Metric.FIRST_REPLY, "at most", 600.0, "p90")
    one = Progress(Standing(goal, 540.0, None, None, 100), (), (), None, None)
    view = replace(segment_view(), kpi="first_reply", trend=waits(60.0, 90.0), goals=(one,))
    chart = trend_of(view)
    assert chart is not None
    assert [(point.value, point.low) for point in chart.lines[0].points] == [
        (540.0, None),
        (810.0, None),
    ]
    assert "90 of 100 take at most this long" in chart.defines


def test_a_segment_far_down_the_order_is_drawn_in_grey() -> None:
    chart = trend_of(replace(segment_view(), place=9))
    assert chart is not None
    assert chart.lines[0].colour == EVERYONE_ELSE


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (CSAT, "CSAT ≥ 90\u202f%"),
        (REPLY, "First reply ≤ 1 h"),
        (Goal(Metric.RESOLUTION, "at most", 14_400, "p90"), "P90 of resolution ≤ 4 h"),
        (Goal(Metric.REOPENED, "at most", 0.075), "Reopened ≤ 7.5\u202f%"),
    ],
)
def test_goals_are_said_in_short(goal: Goal, said: str) -> None:
    assert goal_says(goal) == said


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(CSAT, 0.931, 0.9, 0.95, 400), "met, +3.1"),
        (Standing(CSAT, 0.779, 0.7, 0.8, 400), "−12.1"),
        (Standing(CSAT, 0.9, 0.8, 0.95, 400), "met, +0.0"),
        (Standing(REPLY, 5400.0, 1.0, 2.0, 400), "missed by 30 min"),
        (Standing(REPLY, 1800.0, 1.0, 2.0, 400), "met, 30 min to spare"),
        (Standing(CSAT, None, None, None, 29), "too few to tell: 1 more answer needed"),
        (Standing(REPLY, None, None, None, 0), "too few to tell: 30 more tickets needed"),
        (Standing(REPLY, None, None, None, 40), "cannot be told yet: too many still wait"),
    ],
)
def test_the_distance_is_said_with_its_direction(standing: Standing, said: str) -> None:
    assert distance_says(standing) == said


def test_a_measured_value_has_its_interval_and_its_n() -> None:
    assert measured_says(Standing(CSAT, 0.779, 0.734, 0.818, 371)) == (
        "77.9\u202f%, 73.4 to 81.8, n = 371"
    )
    assert measured_says(Standing(REPLY, 5400.0, None, None, 50)) == "1 h 30, n = 50"
    assert not measured_says(Standing(CSAT, None, None, None, 3))
