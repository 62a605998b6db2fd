"""Goals are read from words; what is not understood stays words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_samples import kpis, nothing_measured

from plugin.demo.stage import SAMPLES
from routing.outcomes.figures import Times
from routing.outcomes.statistics import share
from routing.playbook_file import read_playbook
from routing.population.goal import Goal, Metric, read_goals, standing

HOUR = 3_600.0


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("CSAT at least 90 %", Goal(Metric.CSAT, "at least", 0.9)),
        ("CSAT ≥ 90 %", Goal(Metric.CSAT, "at least", 0.9)),
        ("csat >= 92.5%", Goal(Metric.CSAT, "at least", 0.925)),
        ("CSAT at least 90 % by March", Goal(Metric.CSAT, "at least", 0.9, more="by March")),
        ("median resolution ≤ 4 h", Goal(Metric.RESOLUTION, "at most", 4 * HOUR)),
        ("Resolution ≤ 1 d", Goal(Metric.RESOLUTION, "at most", 24 * HOUR)),
        ("resolution time under 4 h 30", Goal(Metric.RESOLUTION, "at most", 4.5 * HOUR)),
        ("first reply within 30 min", Goal(Metric.FIRST_REPLY, "at most", HOUR / 2)),
        ("p90 first reply at most 2 h", Goal(Metric.FIRST_REPLY, "at most", 2 * HOUR, "p90")),
        ("First response p90 under 45 minutes", Goal(Metric.FIRST_REPLY, "at most", 2700, "p90")),
        ("Reopened at most 8 %", Goal(Metric.REOPENED, "at most", 0.08)),
        ("transfers under 5 percent", Goal(Metric.TRANSFERRED, "at most", 0.05)),
        ("one-touch over 60 %", Goal(Metric.ONE_TOUCH, "at least", 0.6)),
        (
            "First reply at most 1 h in shop hours",
            Goal(Metric.FIRST_REPLY, "at most", HOUR, more="in shop hours"),
        ),
    ],
)
def test_a_goal_is_read_as_it_is_meant(text: str, goal: Goal) -> None:
    assert read_goals(text) == (goal,)


def test_several_goals_stand_in_one_text() -> None:
    goals = read_goals("CSAT at least 90 % by March, median resolution at most 8 h; be kind")
    assert goals == (
        Goal(Metric.CSAT, "at least", 0.9, more="by March"),
        Goal(Metric.RESOLUTION, "at most", 8 * HOUR),
        "be kind",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Make them smile",
        "CSAT at least 4 h",
        "CSAT at least 900 %",
        "First reply at most 30 %",
        "First reply at most 30",
        "CSAT 90 %",
        "resolution under 30 min 5",
    ],
)
def test_what_cannot_be_measured_stays_as_it_was_written(text: str) -> None:
    assert read_goals(text) == (text,)


def test_every_goal_of_the_sample_playbook_is_understood() -> None:
    playbook = read_playbook((SAMPLES / "playbook.yaml").read_text("utf-8"))
    for segment in playbook.segments:
        words = [one for one in read_goals(segment.goal) if isinstance(one, str)]
        assert words == [], segment.name


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    for one in read_goals(text):
        assert isinstance(one, str) or one.value >= 0


def test_a_goal_is_met_on_its_own_side_of_the_value() -> None:
    happy = replace(kpis(), csat=share(93, 100))
    slow = replace(kpis(), resolution=Times(5 * HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR, 100, 3))
    (csat,) = read_goals("CSAT at least 90 %")
    (resolution,) = read_goals("median resolution at most 4 h")
    assert isinstance(csat, Goal)
    assert isinstance(resolution, Goal)
    assert standing(csat, happy).met is True
    assert standing(csat, happy).gap == pytest.approx(0.03)
    assert standing(resolution, slow).met is False
    assert standing(resolution, slow).gap == pytest.approx(-HOUR)
    assert (standing(resolution, slow).low, standing(resolution, slow).high) == (
        4 * HOUR,
        6 * HOUR,
    )


def test_p90_is_measured_where_the_goal_names_it() -> None:
    slow = replace(kpis(), resolution=Times(5 * HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR, 100, 3))
    (goal,) = read_goals("p90 resolution at most 8 h")
    assert isinstance(goal, Goal)
    assert standing(goal, slow).now == 9 * HOUR


def test_with_too_few_the_number_still_needed_is_said_and_nothing_else() -> None:
    (goal,) = read_goals("CSAT at least 90 %")
    assert isinstance(goal, Goal)
    few = standing(goal, replace(kpis(), csat=share(14, 14)))
    assert (few.now, few.met, few.n, few.lacks) == (None, None, 14, 16)
    none = standing(goal, nothing_measured())
    assert (none.now, none.met, none.n, none.lacks) == (None, None, 0, 30)


def test_a_median_that_is_still_open_tells_nothing_yet() -> None:
    (goal,) = read_goals("first reply at most 1 h")
    assert isinstance(goal, Goal)
    waits = replace(kpis(), first_reply=Times(None, 900.0, None, None, 40, 30))
    assert (standing(goal, waits).met, standing(goal, waits).lacks) == (None, 0)
