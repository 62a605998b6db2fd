"""A decision is written into the desk once, whatever ends where."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from world import (
    PLAYBOOK,
    CrashingStore,
    FakeClock,
    House,
    Killed,
    a_reading,
    at_once,
    claimed,
    publish,
)

from plugin.flows.tickets.apply_decision import HOLD
from plugin.ports import Busy, Changes, Refused, Unavailable, Written
from plugin.records.work import Store
from routing.tickets import Priority

POINTS = [
    "before read",
    "after read",
    "before write",
    "after write",
    "before note",
    "after note",
]


def assert_done_once(house: House) -> None:
    """One decision, one note, the right queue, and all of it known to stand."""
    assert house.decisions() == 1
    assert [(one[0], one[2]) for one in house.desk.notes] == [("17", "Deskroute decision 1")]
    assert house.desk.tickets["17"].queue == "1"
    assert house.desk.tickets["17"].agent in {"5", "6"}
    stored = house.ticket()
    assert stored.applied
    assert stored.outcome.transfers == 0  # our own move is nobody's transfer


def test_a_new_ticket_is_decided_written_and_noted(house: House) -> None:
    house.desk.add(a_reading(queue="9"))
    assert house.handle(claimed()) == "routed"
    assert_done_once(house)
    (_, text, _) = house.desk.notes[0]
    assert "Queue: General. No rule matched, so the default queue General." in text
    assert "http://deskroute.example/panel/demo/17" in text
    assert house.desk.points == POINTS


def test_a_decision_that_stands_is_not_written_again(house: House) -> None:
    house.handle(claimed())
    house.desk.points.clear()
    assert not house.handle(claimed())
    assert house.desk.points == ["before read", "after read"]
    assert_done_once(house)


def test_what_the_rules_say_is_what_the_desk_gets(house: House) -> None:
    house.desk.add(a_reading(queue="1"))
    house.desk.change("17", Changes(tags=frozenset({"theirs"})))
    text = PLAYBOOK.replace(
        "field: account.employees, at least: 500", "field: ticket.channel, is: mail"
    )
    publish(house.store, text, house.clock.now(), based_on=1)
    house.handle(claimed())
    now = house.desk.tickets["17"]
    assert (now.queue, now.priority) == ("2", Priority.HIGH)
    assert now.tags == {"theirs", "enterprise"}
    assert "Segment: Enterprise" in house.desk.notes[0][1]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_is_stopped_between_two_steps_leaves_nothing_half_done(
    house: House, point: str
) -> None:
    house.desk.add(a_reading(queue="9"))
    house.desk.trouble[point] = Killed()
    with pytest.raises(Killed):
        house.handle(claimed())
    house.handle(claimed())
    assert_done_once(house)


@pytest.mark.parametrize("point", POINTS)
def test_a_desk_that_goes_away_in_the_middle_is_asked_again_at_once_when_it_is_back(
    house: House, point: str
) -> None:
    house.desk.add(a_reading(queue="9"))
    house.desk.trouble[point] = Unavailable("The desk is down.")
    with pytest.raises(Unavailable, match="down"):
        house.handle(claimed())
    # The clock has not moved: nobody holds the decision any more.
    house.handle(claimed())
    assert_done_once(house)


@pytest.mark.parametrize("kept", [False, True], ids=["before the commit", "after the commit"])
def test_a_worker_killed_at_any_transaction_leaves_nothing_half_done(
    house: House, *, kept: bool
) -> None:
    killed = 0
    for at in range(1, 20):
        house.desk.add(a_reading(str(100 + at), queue="9"))
        crashing: Store = CrashingStore(house.store, at, kept=kept)  # type: ignore[assignment]
        try:
            house.handling(crashing)(claimed(str(100 + at)))
        except Killed:
            killed += 1
        else:
            break
        # Nobody tidied up. The delivery comes up again when its lease has run out, and by then
        # the hold on its decision must have run out too.
        house.clock.turn(seconds=60)
        house.handle(claimed(str(100 + at)))
    assert killed >= 3
    for ticket in range(101, 101 + killed):
        assert [one[0] for one in house.desk.notes].count(str(ticket)) == 1
        assert house.desk.tickets[str(ticket)].queue == "1"
        assert house.ticket(str(ticket)).applied
        assert house.ticket(str(ticket)).outcome.transfers == 0


def test_the_hold_of_a_dead_worker_is_over_before_its_delivery_comes_up_again() -> None:
    assert timedelta(seconds=60) > HOLD


def test_a_decision_that_another_worker_is_writing_is_left_to_it(
    house: House, clock: FakeClock
) -> None:
    house.desk.trouble["before write"] = Killed()
    with pytest.raises(Killed):
        house.handle(claimed())
    with house.store.work() as work:
        assert work.decisions.hold(1, clock.now(), clock.now() + HOLD)
        work.commit()
    with pytest.raises(Busy):
        house.handle(claimed())
    assert house.desk.notes == []
    clock.turn(seconds=HOLD.total_seconds())
    house.handle(claimed())
    assert_done_once(house)


def test_nobody_holds_a_decision_that_stands(house: House, clock: FakeClock) -> None:
    house.handle(claimed())
    with house.store.work() as work:
        assert not work.decisions.hold(1, clock.turn(days=1), clock.now() + HOLD)


def test_two_workers_with_two_deliveries_of_one_ticket_write_one_note(house: House) -> None:
    meet = Barrier(2)

    def between() -> None:
        # Whoever is about to write waits a moment for the other to come as far.
        with suppress(BrokenBarrierError):
            meet.wait(0.3)

    house.desk.between = between
    house.clock.tick = timedelta(milliseconds=1)
    house.desk.add(a_reading(queue="9"))

    def work_on() -> None:
        for _ in range(10):
            with suppress(Busy):
                house.handle(claimed())

    at_once(2, [work_on] * 2)
    assert_done_once(house)


def test_a_queue_without_an_id_for_this_desk_says_how_to_mend_it_and_leaves_the_ticket_alone(
    house: House,
) -> None:
    house.desk.add(a_reading(subject="I lost my password", queue="9"))
    with pytest.raises(Refused) as refused:
        house.handle(claimed())
    assert refused.value.reason == (
        "The queue “Nowhere” has no id for the desk demo. "
        "Add it to the playbook (queues, ids), publish, then replay. "
        "The ticket stays where it is until then."
    )
    assert house.desk.tickets["17"].queue == "9"
    assert house.desk.notes == []
    mended = PLAYBOOK.replace("- name: Nowhere", '- name: Nowhere\n    ids: {demo: "3"}')
    publish(house.store, mended, house.clock.now(), based_on=1)
    house.handle(claimed())
    assert house.desk.tickets["17"].queue == "3"
    assert len(house.desk.notes) == 1


def test_a_queue_that_is_gone_from_the_playbook_says_so(house: House) -> None:
    house.desk.trouble["before write"] = Killed()
    with pytest.raises(Killed):
        house.handle(claimed())
    renamed = PLAYBOOK.replace("General", "Everybody")
    publish(house.store, renamed, house.clock.now(), based_on=1)
    with pytest.raises(Refused, match="The queue “General” has no id"):
        house.handle(claimed())


def test_what_the_desk_did_not_take_is_kept_with_its_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Written("agent", done=False, why="The desk did not accept 5. It may be gone there.")
    monkeypatch.setattr(type(house.desk), "write", lambda *_: (refused,))
    house.handle(claimed())
    assert refused in house.decision().written


def test_a_person_who_moves_the_ticket_afterwards_is_counted_as_a_transfer(house: House) -> None:
    house.handle(claimed())
    house.clock.turn(minutes=5)
    house.desk.change("17", Changes(queue="2"))
    house.handle(claimed())
    assert house.ticket().outcome.transfers == 1
    assert house.desk.tickets["17"].queue == "2"
    assert len(house.desk.notes) == 1


def test_a_note_in_a_template_language_of_the_desk_is_only_text(house: House) -> None:
    house.desk.add(a_reading(subject="{{ settings.SECRET_KEY }} {% include '/etc/passwd' %}"))
    house.handle(claimed())
    assert "SECRET_KEY" not in house.desk.notes[0][1]
