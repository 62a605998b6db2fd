"""A canary that does harm is stopped, and one that does none is not, however often it is seen."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from builders import NOON

from routing.outcomes.outcome import Outcome
from routing.outcomes.result import Result
from routing.rules.guard import Arm, doubt, watch
from routing.rules.rule import Guard


def a_result(*, bad: bool, guard: Guard) -> Result:
    if guard is Guard.CSAT:
        return Result(Outcome(NOON), surveyed=True, score=2 if bad else 5)
    if guard is Guard.TRANSFERS:
        return Result(Outcome(NOON, transfers=int(bad)))
    solved = NOON + timedelta(hours=1)
    return Result(Outcome(NOON, first_solved_at=solved, reopens=int(bad)))


def results(n: int, bad: int, guard: Guard) -> list[Result]:
    return [a_result(bad=place < bad, guard=guard) for place in range(n)]


@pytest.mark.parametrize("guard", Guard)
def test_clear_harm_is_seen_and_said(guard: Guard) -> None:
    (seen,) = watch([guard], results(200, 120, guard), results(1_000, 200, guard))
    assert seen.stop
    assert str(seen).endswith(": worse")
    assert "(n = 200)" in str(seen)


@pytest.mark.parametrize("guard", Guard)
def test_what_is_better_or_the_same_goes_on(guard: Guard) -> None:
    for bad in (10, 40):
        (seen,) = watch([guard], results(200, bad, guard), results(1_000, 200, guard))
        assert not seen.stop
        assert str(seen).endswith(": no harm shown")


def test_few_tickets_stop_nothing_however_bad_they_are() -> None:
    (seen,) = watch(
        [Guard.TRANSFERS], results(29, 29, Guard.TRANSFERS), results(500, 0, Guard.TRANSFERS)
    )
    assert (seen.harm, seen.sure, seen.stop) == (None, None, False)
    assert str(seen).endswith("too few to tell, 1 more needed")


def test_only_what_can_be_judged_counts() -> None:
    unrated = [Result(Outcome(NOON)) for _ in range(500)]
    (seen,) = watch([Guard.CSAT], unrated, unrated)
    assert (seen.acted, seen.watched) == (Arm(0, 0), Arm(0, 0))
    assert "unknown with it" in str(seen)


def looked_at_all_the_way(dice: Random, share: float, harm: float, tickets: int) -> int | None:
    """After how many tickets a canary for 20 % is stopped, if it is looked at after each one."""
    acted, watched = Arm(0, 0), Arm(0, 0)
    for ticket in range(1, tickets + 1):
        if dice.random() < 0.2:
            acted = Arm(acted.n + 1, acted.bad + (dice.random() < share + harm))
        else:
            watched = Arm(watched.n + 1, watched.bad + (dice.random() < share))
        if min(acted.n, watched.n) >= 30 and acted.share - watched.share > doubt(
            acted, watched, 0.05
        ):
            return ticket
    return None


def test_looking_after_every_ticket_stops_few_canaries_that_change_nothing() -> None:
    dice = Random(20261127)
    stopped = [looked_at_all_the_way(dice, 0.2, 0.0, 3_000) for _ in range(200)]
    # At 5 % a binomial of 200 lies above 19 once in 300 times.
    assert sum(one is not None for one in stopped) <= 19


def test_a_canary_that_does_harm_is_stopped_before_long() -> None:
    dice = Random(20261127)
    stopped = [looked_at_all_the_way(dice, 0.2, 0.25, 3_000) for _ in range(50)]
    assert all(one is not None for one in stopped)
