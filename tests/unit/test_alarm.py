"""When a goal counts as clearly missed, and that an alarm does not flap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.outcomes.statistics import share
from routing.population.alarm import Alarm, alarm
from routing.population.goal import Goal, Metric, Standing, read_goals, write_goal

CSAT = Goal(Metric.CSAT, "at least", 0.9)
FAST = Goal(Metric.RESOLUTION, "at most", 14_400.0)


def stands(
    goal: Goal, now: float | None, low: float | None, high: float | None, n: int
) -> Standing:
    return Standing(goal, now, low, high, n)


@pytest.mark.parametrize(
    ("standing", "runs", "said"),
    [
        (stands(CSAT, 0.8, 0.7, 0.899, 30), False, Alarm.BEGIN),
        (stands(CSAT, 0.8, 0.7, 0.901, 30), False, Alarm.STAY),  # it may be met all the same
        (stands(CSAT, 0.8, 0.7, 0.85, 29), False, Alarm.STAY),
        (stands(CSAT, 0.95, 0.93, 0.97, 300), False, Alarm.STAY),
        (stands(CSAT, 0.89, 0.85, 0.92, 300), True, Alarm.STAY),  # better, but not met
        (stands(CSAT, 0.9, 0.85, 0.93, 300), True, Alarm.END),
        (stands(CSAT, 0.95, 0.9, 0.97, 29), True, Alarm.STAY),
        (stands(CSAT, None, None, None, 0), True, Alarm.STAY),
        (stands(FAST, 20_000, 15_000, None, 40), False, Alarm.BEGIN),
        (stands(FAST, 20_000, 14_000, 30_000, 40), False, Alarm.STAY),
        (stands(FAST, 14_000, 10_000, 16_000, 40), True, Alarm.END),
        (stands(FAST, None, 20_000, None, 40), False, Alarm.STAY),
    ],
)
def test_an_alarm_begins_when_it_is_clear_and_ends_when_the_goal_is_met(
    standing: Standing, runs: bool, said: Alarm
) -> None:
    assert alarm(standing, runs=runs) is said


@given(st.lists(st.integers(0, 100), max_size=60))
def test_between_a_begin_and_an_end_the_kpi_has_moved_by_the_whole_doubt(hits: list[int]) -> None:
    runs, began = False, 0.0
    for count in hits:
        found = share(count, 100)
        assert found is not None
        now = Standing(CSAT, found.value, found.low, found.high, found.n)
        match alarm(now, runs=runs):
            case Alarm.BEGIN:
                assert not runs
                assert found.high < CSAT.value
                runs, began = True, found.value
            case Alarm.END:
                assert runs
                assert found.value >= CSAT.value > began
                runs = False


@given(
    st.sampled_from(Metric),
    st.sampled_from(["at least", "at most"]),
    st.integers(1, 1_000),
    st.sampled_from(["median", "p90"]),
)
def test_a_goal_that_is_written_is_read_as_the_same(
    metric: Metric, wants: str, number: int, quantile: str
) -> None:
    value = float(number * 90) if metric.is_time else number / 1_000
    goal = Goal(metric, wants, value, quantile if metric.is_time else "median")  # type: ignore[arg-type]
    (again,) = read_goals(write_goal(goal))
    assert isinstance(again, Goal)
    assert again.value == pytest.approx(goal.value)
    assert (again.metric, again.wants, again.quantile, again.more) == (
        goal.metric,
        goal.wants,
        goal.quantile,
        "",
    )
    assert write_goal(again) == write_goal(goal)
