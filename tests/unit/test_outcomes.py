"""What became of a ticket: the same whatever order the news came in, and as each KPI is defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from builders import NOON, REF, after, assigned, moved, opened, reopened, replied, solved
from hypothesis import given
from hypothesis import strategies as st

from routing.events import Actor, Event, Gone, TicketFound, TicketGone
from routing.outcomes.figures import Kpis
from routing.outcomes.kpis import kpis
from routing.outcomes.outcome import Outcome, fold
from routing.outcomes.result import Result

A_LIFE: list[Event] = [
    opened(),
    replied(after(minutes=1), by=Actor.DESK),
    moved(after(minutes=2), None, "1", by=Actor.US),
    assigned(after(minutes=2), by=Actor.US),
    replied(after(minutes=10), public=False),
    moved(after(minutes=20), "1", "2"),
    replied(after(minutes=30)),
    replied(after(minutes=30), by=Actor.CUSTOMER),
    solved(after(minutes=40), key="first"),
    solved(after(minutes=41), key="closed"),
    reopened(after(minutes=50)),
    replied(after(minutes=60)),
    solved(after(minutes=60), agent="7", key="second"),
]


def folded(*events: Event, opened_at: datetime = NOON) -> Outcome:
    return fold(opened_at, events)


class TestAnyOrder:
    def test_a_thousand_orders_and_repetitions_come_to_the_same(self) -> None:
        dice = Random(20260302)
        expected = fold(NOON, A_LIFE)
        for _ in range(1_000):
            heard = A_LIFE + dice.choices(A_LIFE, k=dice.randrange(12))
            dice.shuffle(heard)
            assert fold(NOON, heard) == expected

    def test_the_life_came_to_what_it_should(self) -> None:
        assert fold(NOON, A_LIFE) == Outcome(
            opened_at=NOON,
            first_reply_at=after(minutes=30),
            first_solved_at=after(minutes=40),
            solved_at=after(minutes=60),
            solved_by="7",
            public_replies=2,
            reopens=1,
            transfers=1,
            solvings=("first", "second"),
        )

    @given(
        st.lists(
            st.builds(
                lambda kind, minute, number: kind(after(minutes=minute), key=f"event {number}"),
                st.sampled_from([opened, replied, moved, solved, reopened]),
                st.integers(-3, 5),
                st.integers(0, 6),
            ),
            max_size=8,
        ),
        st.randoms(use_true_random=False),
    )
    def test_any_events_come_to_the_same_in_any_order(
        self, events: list[Event], dice: Random
    ) -> None:
        # One key may be told with two times here, as a desk does that corrects its clock; told
        # twice for one instant it is the same event.
        told = {(event.key, event.at): event for event in events}
        shuffled = list(told.values())
        dice.shuffle(shuffled)
        assert fold(NOON, shuffled) == fold(NOON, told.values())


class TestFirstReply:
    def test_it_is_the_first_public_message_of_a_human_agent(self) -> None:
        outcome = folded(
            replied(after(minutes=1), by=Actor.DESK),
            replied(after(minutes=2), by=Actor.US),
            replied(after(minutes=3), by=Actor.CUSTOMER),
            replied(after(minutes=4), public=False),
            replied(after(minutes=5)),
            replied(after(minutes=6)),
        )
        assert outcome.first_reply_time == timedelta(minutes=5)
        assert outcome.public_replies == 2

    def test_without_one_it_is_unknown(self) -> None:
        assert folded(opened()).first_reply_time is None

    def test_it_counts_from_the_opening_even_when_that_is_heard_of_late(self) -> None:
        outcome = folded(
            replied(after(minutes=5)), opened(after(minutes=-10)), opened_at=after(minutes=-3)
        )
        assert outcome.first_reply_time == timedelta(minutes=15)


class TestSolving:
    def test_solved_and_then_closed_is_one_solving(self) -> None:
        outcome = folded(solved(after(hours=1), key="s"), solved(after(hours=9), key="c"))
        assert outcome.resolution_time == timedelta(hours=1)
        assert outcome.solvings == ("s",)

    def test_a_ticket_that_is_open_again_is_not_solved(self) -> None:
        outcome = folded(solved(after(hours=1)), reopened(after(hours=2)))
        assert outcome.solved_at is None
        assert outcome.resolution_time is None
        assert outcome.solved_by is None
        assert outcome.first_solved_at == after(hours=1)
        assert not outcome.one_touch

    def test_solved_again_counts_to_the_last_solving_and_for_who_did_that(self) -> None:
        outcome = folded(
            solved(after(hours=1), agent="5"),
            reopened(after(hours=2)),
            solved(after(hours=3), agent="7"),
        )
        assert outcome.resolution_time == timedelta(hours=3)
        assert (outcome.solved_by, outcome.reopens) == ("7", 1)

    def test_reopening_what_was_never_solved_is_no_reopening(self) -> None:
        assert folded(reopened(after(hours=1))).reopens == 0

    def test_reopened_twice_without_a_solving_between_is_one_reopening(self) -> None:
        events = (solved(after(hours=1)), reopened(after(hours=2)), reopened(after(hours=3)))
        assert folded(*events).reopens == 1

    def test_events_of_one_instant_are_taken_in_one_order_always(self) -> None:
        events: list[Event] = [
            solved(NOON, key="b"),
            reopened(NOON, key="a"),
            replied(NOON, key="c"),
        ]
        assert folded(*events) == folded(*reversed(events))


class TestTransfers:
    @pytest.mark.parametrize("by", [Actor.US, Actor.DESK, Actor.CUSTOMER])
    def test_only_a_human_agents_move_is_one(self, by: Actor) -> None:
        assert folded(moved(after(minutes=1), by=by)).transfers == 0
        assert folded(moved(after(minutes=1))).transfers == 1

    def test_a_move_out_of_no_known_queue_is_none(self) -> None:
        assert folded(moved(after(minutes=1), None, "2")).transfers == 0

    def test_a_move_to_the_same_queue_is_none(self) -> None:
        assert folded(moved(after(minutes=1), "2", "2")).transfers == 0

    def test_giving_it_to_another_agent_is_none(self) -> None:
        assert folded(assigned(after(minutes=1))).transfers == 0


class TestOneTouch:
    def test_only_a_move_away_from_the_queue_we_chose_is_a_transfer(self) -> None:
        away, on = (
            moved(after(minutes=1), "2", "3", key="a"),
            moved(after(minutes=2), "3", "4", key="b"),
        )
        assert fold(NOON, [away, on], chosen="2").transfers == 1
        assert fold(NOON, [away, on], chosen=None).transfers == 2

    def test_solved_without_any_reply_is_not_one_touch(self) -> None:
        assert not folded(solved(after(minutes=2))).one_touch

    def test_one_touch_is_unknown_where_nobody_counted_replies(self) -> None:
        done = folded(solved(after(minutes=2)))
        assert replace(done, public_replies=None).one_touch is None

    def test_one_public_reply_and_solved_is_one_touch(self) -> None:
        assert folded(replied(after(minutes=1)), solved(after(minutes=2))).one_touch

    @pytest.mark.parametrize(
        "more",
        [
            [replied(after(minutes=3))],
            [moved(after(minutes=3))],
            [solved(after(minutes=3)), reopened(after(minutes=4)), solved(after(minutes=5))],
        ],
        ids=["a second reply", "a transfer", "a reopening"],
    )
    def test_it_is_not_after(self, more: Sequence[Event]) -> None:
        assert not folded(replied(after(minutes=1)), solved(after(minutes=9)), *more).one_touch

    def test_it_is_not_before_it_is_solved(self) -> None:
        assert not folded(replied(after(minutes=1))).one_touch


def measured(*outcomes: Outcome, now: datetime) -> Kpis:
    return kpis([Result(outcome) for outcome in outcomes], now)


class TestKpis:
    def test_nothing_to_measure_is_none_and_not_nought(self) -> None:
        empty = kpis([], NOON)
        assert empty.tickets == 0
        assert (empty.first_reply, empty.resolution, empty.csat, empty.one_touch) == (None,) * 4

    def test_satisfied_is_four_or_five_of_those_who_answered(self) -> None:
        scores = [5, 4, 3, 1, None]
        result = kpis([Result(folded(), surveyed=True, score=score) for score in scores], NOON)
        assert result.csat is not None
        assert result.answered is not None
        assert (result.csat.value, result.csat.n) == (0.5, 4)
        assert (result.answered.value, result.answered.n) == (0.8, 5)

    def test_a_rating_nobody_asked_for_counts_for_csat_and_not_for_the_answers(self) -> None:
        unasked = Result(folded(), surveyed=False, score=5)
        silent = Result(folded(), surveyed=True)
        result = kpis([unasked, silent], NOON)
        assert result.csat is not None
        assert result.answered is not None
        assert (result.csat.value, result.csat.n) == (1, 1)
        assert (result.answered.value, result.answered.n) == (0, 1)
        assert kpis([unasked], NOON).answered is None

    def test_an_open_ticket_is_still_waiting_and_not_left_out(self) -> None:
        quick = folded(replied(after(hours=1)), solved(after(hours=1)))
        slow = folded()
        result = measured(quick, slow, slow, now=after(hours=10))
        assert result.resolution is not None
        assert (result.resolution.n, result.resolution.waiting) == (3, 2)
        assert result.resolution.median is None

    def test_who_was_solved_without_a_reply_does_not_wait_for_one_for_ever(self) -> None:
        # Nine are called back and solved after a minute, one is written to after two hours.
        called = folded(solved(after(minutes=1)))
        written = folded(replied(after(hours=2)))
        result = measured(*[called] * 9, written, now=after(days=60))
        assert result.first_reply is not None
        assert result.first_reply.median == timedelta(hours=2).total_seconds()

    def test_a_clock_that_runs_behind_makes_no_time_less_than_none(self) -> None:
        early = folded(replied(after(minutes=-5)), solved(after(minutes=-4)))
        result = measured(early, now=NOON)
        assert result.first_reply is not None
        assert result.first_reply.median == 0

    def test_reopens_and_one_touch_are_shares_of_what_was_solved_transfers_of_all(self) -> None:
        plain = folded(replied(after(hours=1)), solved(after(hours=1)))
        again = folded(solved(after(hours=1)), reopened(after(hours=2)))
        away = folded(moved(after(hours=1)))
        result = measured(plain, again, away, now=after(hours=3))
        assert result.reopened is not None
        assert result.one_touch is not None
        assert result.transferred is not None
        assert (result.reopened.value, result.reopened.n) == (0.5, 2)
        assert (result.one_touch.value, result.one_touch.n) == (0.5, 2)
        assert result.transferred.n == 3


class TestGone:
    def test_a_ticket_that_is_merged_or_deleted_keeps_what_had_happened_and_nobody_waits(
        self,
    ) -> None:
        outcome = folded(replied(after(minutes=1)), gone(after(minutes=2), Gone.MERGED))
        assert (outcome.gone, outcome.public_replies) == (Gone.MERGED, 1)
        assert folded(gone(after(minutes=2))).waiting_since is None
        assert folded(opened()).waiting_since == NOON

    def test_one_that_is_found_again_is_waited_for_as_before(self) -> None:
        back = TicketFound(ticket=REF, at=after(minutes=3), key="found", by=Actor.DESK)
        outcome = folded(back, gone(after(minutes=2)))
        assert (outcome.gone, outcome.waiting_since) == (None, NOON)

    def test_a_thousand_orders_come_to_the_same(self) -> None:
        dice = Random(20260302)
        life = [*A_LIFE, gone(after(minutes=55), Gone.MERGED), gone(after(minutes=70))]
        expected = fold(NOON, life)
        assert expected.gone is Gone.DELETED
        for _ in range(1_000):
            dice.shuffle(life)
            assert fold(NOON, life) == expected


def gone(at: datetime, how: Gone = Gone.DELETED) -> TicketGone:
    return TicketGone(ticket=REF, at=at, key=f"gone {how}", by=Actor.DESK, how=how)
