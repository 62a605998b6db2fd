"""Which queue people found right for a ticket, by what they did with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import NOON, after

from routing.events import Actor
from routing.quality.transfers import RIPE, SOON, Move, Route, right_queue

IDS = {("demo", "1"): "General", ("demo", "2"): "Billing", ("demo", "3"): "Returns"}
NOW = after(days=60)
DAY = timedelta(days=1)


def a_move(
    before: str | None, queue: str | None, days: float = 1.0, by: Actor = Actor.AGENT
) -> Move:
    return Move(NOON + days * DAY, by, before, queue)


def right(
    *moves: Move, solved: bool = True, chosen: str | None = "1", days_ago: float = 60
) -> str | None:
    decided = NOW - days_ago * DAY
    route = Route(7, "demo", "Rule", "General", 3, decided, solved, moves)
    return right_queue(route, IDS, chosen, NOW)


def test_a_ticket_that_nobody_moved_was_right_once_it_is_solved_or_has_lain_long() -> None:
    assert right() == "General"
    assert right(solved=False) == "General"
    assert right(solved=False, days_ago=RIPE / DAY - 0.1) is None
    assert right(solved=True, days_ago=0.1) == "General"


def test_where_a_person_moved_it_is_right() -> None:
    assert right(a_move("1", "2")) == "Billing"
    assert right(a_move("1", "2"), solved=False) == "Billing"


def test_a_ticket_that_is_moved_on_soon_was_on_its_way() -> None:
    soon, late = SOON / DAY - 0.1, SOON / DAY + 0.1
    assert right(a_move("2", "3", 1 + soon), a_move("1", "2", 1)) == "Returns"
    assert right(a_move("1", "2", 1), a_move("2", "3", 1 + late)) == "Billing"


def test_a_ticket_that_came_back_was_right_at_first() -> None:
    assert right(a_move("1", "2", 1), a_move("2", "1", 2)) == "General"


@pytest.mark.parametrize("by", [Actor.US, Actor.DESK, Actor.CUSTOMER])
def test_only_moves_by_people_count(by: Actor) -> None:
    assert right(a_move("1", "2", by=by)) == "General"


def test_a_move_from_elsewhere_or_before_the_decision_is_no_transfer() -> None:
    assert right(a_move("3", "2")) == "General"
    assert right(a_move(None, "2")) == "General"
    assert right(a_move("1", "2", days=-1)) == "General"
    assert right(a_move("1", "1")) == "General"


def test_a_queue_that_the_playbook_does_not_have_is_not_known() -> None:
    assert right(a_move("1", "99")) is None


def test_a_ticket_sent_to_a_queue_that_its_desk_does_not_have_tells_nothing() -> None:
    assert right(a_move("1", "2"), chosen=None) is None
