"""What is due for a ticket, and what counts as an answer to Deskroute itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from builders import NOON, moved, replied, solved
from hypothesis import given
from hypothesis import strategies as st

from routing.events import Actor, Event, TicketReopened
from routing.outcomes.outcome import fold
from routing.rules.turns import (
    LATEST,
    MOST_ANSWERS,
    OPENED,
    Life,
    Taken,
    Turn,
    answers_to_itself,
    next_turn,
    spent,
)
from routing.tickets import Trigger

HOUR = timedelta(hours=1)
ALL = [
    (Trigger.REPLIED, None),
    (Trigger.REOPENED, None),
    (Trigger.MOVED, None),
    (Trigger.WAITING, HOUR),
    (Trigger.WAITING, 4 * HOUR),
    (Trigger.RATED, None),
]
ROUTED = Taken(1, OPENED, NOON)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def by_customer(minutes: float) -> Event:
    return replied(at(minutes), by=Actor.CUSTOMER, agent=None)


def a_life(*events: Event, taken: tuple[Taken, ...] = (ROUTED,)) -> Life:
    outcome = fold(NOON, events)
    return Life(events, outcome.waiting_since, taken, is_open=outcome.solved_at is None)


def due(life: Life, minutes: float) -> Turn | None:
    return next_turn(life, ALL, at(minutes))


class TestWaiting:
    def test_who_opens_a_ticket_waits_until_a_person_answers(self) -> None:
        assert fold(NOON, []).waiting_since == NOON
        assert fold(NOON, [replied(at(5), by=Actor.US)]).waiting_since == NOON
        assert fold(NOON, [replied(at(5), public=False)]).waiting_since == NOON
        assert fold(NOON, [replied(at(5))]).waiting_since is None

    def test_who_asks_again_waits_from_the_first_question_that_nobody_answered(self) -> None:
        asked = [replied(at(5)), by_customer(10), by_customer(20)]
        assert fold(NOON, asked).waiting_since == at(10)
        assert fold(NOON, [*asked, replied(at(30))]).waiting_since is None
        # While nobody had answered, writing more does not make the wait shorter.
        assert fold(NOON, [by_customer(10)]).waiting_since == NOON

    def test_a_solved_ticket_waits_for_nothing_until_it_is_opened_again(self) -> None:
        ended = [solved(at(10))]
        assert fold(NOON, ended).waiting_since is None
        again = TicketReopened(ticket=ended[0].ticket, at=at(20), key="again", by=Actor.CUSTOMER)
        assert fold(NOON, [*ended, again]).waiting_since == at(20)

    @given(st.permutations([replied(at(5)), by_customer(10), replied(at(15)), by_customer(20)]))
    def test_the_order_of_hearing_does_not_matter(self, events: list[Event]) -> None:
        assert fold(NOON, events).waiting_since == at(20)


class TestNext:
    def test_nothing_is_due_before_a_ticket_is_routed(self) -> None:
        assert due(a_life(by_customer(5), taken=()), 10) is None

    def test_the_oldest_comes_first(self) -> None:
        life = a_life(replied(at(1)), by_customer(5), moved(at(3)))
        first = due(life, 10)
        assert first is not None
        assert (first.trigger, first.at) == (Trigger.MOVED, at(3))

    def test_what_is_decided_is_not_due_again(self) -> None:
        life = a_life(replied(at(1)), by_customer(5))
        turn = due(life, 10)
        assert turn is not None
        after = replace(life, taken=(ROUTED, Taken(2, turn.key, at(6))))
        assert due(after, 10) is None

    def test_each_wait_is_due_when_it_is_over(self) -> None:
        assert due(a_life(), 59) is None
        hour = due(a_life(), 60)
        assert hour is not None
        assert (hour.trigger, hour.waited) == (Trigger.WAITING, HOUR)
        later = a_life(taken=(ROUTED, Taken(2, hour.key, at(61))))
        assert due(later, 239) is None
        four = due(later, 240)
        assert four is not None
        assert four.waited == 4 * HOUR

    def test_only_what_there_are_rules_for_is_due(self) -> None:
        life = a_life(replied(at(1)), by_customer(5))
        assert next_turn(life, [(Trigger.REOPENED, None)], at(10)) is None

    def test_what_happened_more_than_a_day_ago_is_let_be(self) -> None:
        life = a_life(replied(at(1)), by_customer(5))
        replies = [(Trigger.REPLIED, None)]
        assert next_turn(life, replies, at(5) + LATEST) is not None
        assert next_turn(life, replies, at(6) + LATEST) is None

    def test_an_agent_who_was_silent_hands_back_and_one_who_answered_does_not(self) -> None:
        given_ = Taken(1, OPENED, NOON, hand_back=HOUR / 2)
        silent = due(a_life(taken=(given_,)), 30)
        assert silent is not None
        assert silent.trigger is Trigger.HANDED_BACK
        assert due(a_life(replied(at(10)), taken=(given_,)), 31) is None
        assert due(a_life(solved(at(10)), taken=(given_,)), 31) is None


class TestAnswersToItself:
    def moves(self, count: int) -> tuple[Taken, ...]:
        """A ticket that rules have moved on and on."""
        row = [Taken(1, OPENED, NOON, moved=True)]
        for number in range(2, count + 2):
            key = f"moved by:{number - 1}"
            row.append(Taken(number, key, at(number), (f"rule {number}",), moved=True))
        return tuple(row)

    def test_our_own_move_is_a_turn_whose_rules_have_fired_before(self) -> None:
        life = a_life(taken=self.moves(2))
        turn = due(life, 10)
        assert turn is not None
        assert (turn.trigger, turn.by) == (Trigger.MOVED, Actor.US)
        assert spent(life, turn) == ("rule 2", "rule 3")

    def test_after_so_many_answers_to_itself_a_person_has_to_do_something(self) -> None:
        assert due(a_life(taken=self.moves(MOST_ANSWERS - 1)), 20) is not None
        life = a_life(taken=self.moves(MOST_ANSWERS))
        assert answers_to_itself(life) == MOST_ANSWERS
        assert due(life, 20) is None

    def test_a_desk_whose_clock_is_ahead_is_answered_at_once(self) -> None:
        turn = due(a_life(by_customer(9)), 1)
        assert turn is not None
        assert turn.trigger is Trigger.REPLIED

    def test_after_many_answers_to_itself_a_person_is_answered_all_the_same(self) -> None:
        tired = self.moves(MOST_ANSWERS)
        turn = due(a_life(by_customer(50), taken=tired), 51)
        assert turn is not None
        assert turn.trigger is Trigger.REPLIED
        assert due(a_life(replied(at(40)), taken=tired), 51) is None

    def test_what_a_person_does_begins_anew(self) -> None:
        by_person = Taken(9, "m", at(30), ("rule 9",), moved=True)
        life = a_life(taken=(*self.moves(MOST_ANSWERS), by_person))
        assert answers_to_itself(life) == 0
        turn = due(life, 40)
        assert turn is not None
        assert spent(life, turn) == ("rule 9",)
