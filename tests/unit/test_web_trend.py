"""A KPI over weeks, drawn: where the line goes, and where it has gaps."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segment_samples import CSAT, REPLY, trend

from plugin.web.goal_words import distance_says, goal_says, measured_says
from plugin.web.trend import chart, spark
from routing.population.goal import Goal, Metric, Standing


def point(value: float | None, goal: Goal = CSAT, n: int = 100) -> Standing:
    if value is None:
        return Standing(goal, None, None, None, n)
    return Standing(goal, value, value * 0.9, value * 1.1, n)


def numbers(path: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_a_gap_in_what_is_known_is_a_gap_in_the_line() -> None:
    line = spark([point(0.8), point(0.82), point(None), point(0.85), point(0.86)])
    assert line is not None
    assert line.path.count("M") == 2
    drawn = chart([point(0.8), point(0.82), point(None), point(0.85), point(0.86)], narrow=False)
    assert drawn is not None
    assert (len(drawn.lines), len(drawn.bands), drawn.dots) == (2, 2, ())


def test_a_week_alone_between_gaps_is_a_dot() -> None:
    drawn = chart([point(0.8), point(None), point(0.85), point(0.86)], narrow=True)
    assert drawn is not None
    assert len(drawn.dots) == 1


@pytest.mark.parametrize("points", [[], [point(0.9)], [point(None)] * 7, [point(None), point(0.9)]])
def test_less_than_two_weeks_are_not_drawn(points: list[Standing]) -> None:
    assert spark(points) is None
    assert chart(points, narrow=True) is None


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


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=13),
    st.sampled_from([CSAT, REPLY]),
    st.booleans(),
)
def test_whatever_is_measured_stays_inside_the_drawing(
    values: list[float | None], goal: Goal, narrow: bool
) -> None:
    scale = 90_000 if goal is REPLY else 1
    points = [point(None if one is None else one * scale, goal) for one in values]
    drawn = chart(points, narrow=narrow)
    if drawn is not None:
        for path in (*drawn.lines, *drawn.bands):
            xs, ys = numbers(path)[::2], numbers(path)[1::2]
            assert all(0 <= x <= drawn.width for x in xs)
            assert all(0 <= y <= drawn.bottom for y in ys)
        assert 0 <= drawn.goal <= drawn.bottom


@pytest.mark.parametrize(
    ("values", "goal", "marks"),
    [
        ([0.7, 0.86], CSAT, [0.6, 0.7, 0.8, 0.9, 1.0]),
        ([0.9, 0.91], CSAT, [0.8, 0.85, 0.9, 0.95, 1.0]),
        ([1800.0, 5400.0], REPLY, [0.0, 1800.0, 3600.0, 5400.0, 7200.0]),
    ],
)
def test_the_marks_of_the_axis_are_round(
    values: list[float], goal: Goal, marks: list[float]
) -> None:
    drawn = chart([point(value, goal) for value in values], narrow=False)
    assert drawn is not None
    assert [tick.value for tick in drawn.heights] == pytest.approx(marks)


def test_the_sample_trend_has_a_point_for_each_week_that_is_known() -> None:
    drawn = chart(trend(), narrow=False)
    assert drawn is not None
    assert sum(line.count(" ") // 2 + 1 for line in drawn.lines) >= 12


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
