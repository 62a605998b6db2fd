"""Goals over time: since when they are missed, and which move away."""

from __future__ import annotations

from datetime import timedelta

from builders import NOON
from counted_samples import tally_of

from routing.outcomes.outcome import Outcome
from routing.outcomes.result import Result
from routing.outcomes.tallies import Tally
from routing.population.goal import Goal, Metric, Progress
from routing.population.progress import Watched, of_segments, progress

WEEK = timedelta(days=7)
CSAT = Goal(Metric.CSAT, "at least", 0.85)
REPLY = Goal(Metric.FIRST_REPLY, "at most", 3_600.0)


def rated(happy: int, n: int = 200, minutes: float = 30) -> Tally:
    opened = NOON - 80 * WEEK / 7
    made = []
    for place in range(n):
        at = opened + timedelta(minutes=minutes * (0.5 + place / n))
        made.append(
            Result(Outcome(opened, at, at, at), surveyed=True, score=5 if place < happy else 1)
        )
    return tally_of(made, NOON)


def watched(goal: Goal, *windows: Tally | None) -> Watched:
    ends = [NOON - WEEK * back for back in reversed(range(len(windows)))]
    return Watched(goal, windows[-1], dict(zip(ends, windows, strict=True)))


def one(goal: Goal, *windows: Tally | None) -> Progress:
    (found,) = progress([watched(goal, *windows)])
    return found


def test_a_goal_that_is_met_is_missed_since_never() -> None:
    found = one(CSAT, *[rated(180)] * 6)
    assert (found.missed_since, found.weeks_missed, found.away) == (None, 0, None)


def test_missed_counts_back_to_the_last_week_that_was_not() -> None:
    found = one(CSAT, rated(160), rated(180), rated(160), rated(160), rated(160))
    assert found.weeks_missed == 3
    assert found.missed_since == NOON - 2 * WEEK


def test_a_week_that_cannot_be_told_ends_the_count() -> None:
    assert one(CSAT, rated(160), None, rated(160), rated(160)).weeks_missed == 2
    assert one(CSAT, rated(160), rated(10, 14), rated(160)).weeks_missed == 1
    assert one(CSAT, rated(160), rated(160), None).missed_since is None


def test_what_is_missed_and_falls_moves_away() -> None:
    found = one(CSAT, rated(180), *[rated(170)] * 3, rated(120))
    assert found.away is not None
    assert found.away.difference.high < 0
    assert one(CSAT, rated(120), *[rated(120)] * 3, rated(160)).away is None  # it comes nearer
    assert one(CSAT, rated(200), *[rated(200)] * 3, rated(175)).away is None  # it is met
    assert one(CSAT, rated(164), *[rated(164)] * 3, rated(160)).away is None  # it may be chance
    assert one(CSAT, rated(180), rated(120)).away is None  # there was no time before


def test_a_time_that_gets_longer_moves_away() -> None:
    found = one(REPLY, *[rated(180, minutes=70)] * 4, rated(180, minutes=140))
    assert found.away is not None
    assert found.away.medians is not None
    assert found.away.medians.value > 3_600
    assert one(REPLY, *[rated(180, minutes=140)] * 4, rated(180, minutes=70)).away is None


def test_every_goal_of_every_segment_keeps_its_place() -> None:
    period = {"A": rated(160), None: rated(10)}
    found = of_segments({"A": (CSAT, "be kind", REPLY), "B": (CSAT,), "C": ()}, period, {})
    first, words, second = found["A"]
    assert isinstance(first, Progress)
    assert isinstance(second, Progress)
    assert (first.now.goal, words, second.now.goal) == (CSAT, "be kind", REPLY)
    assert (first.now.n, first.now.met, second.now.met) == (200, False, True)
    (none,) = found["B"]
    assert isinstance(none, Progress)
    assert (none.now.n, none.now.now) == (0, None)
    assert found["C"] == ()


def test_a_goal_is_surely_missed_where_its_whole_interval_is_on_the_bad_side() -> None:
    assert one(CSAT, rated(120)).now.surely_missed
    near = one(CSAT, rated(168)).now
    assert (near.met, near.surely_missed) == (False, False)
    assert one(REPLY, rated(0, minutes=140)).now.surely_missed
    assert not one(REPLY, rated(0, minutes=30)).now.surely_missed
    assert not one(CSAT, rated(3, 4)).now.surely_missed
