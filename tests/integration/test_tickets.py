"""Tickets: the newest reading wins, each event counts once, the order of hearing is nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from world import (
    NOON,
    CountingBell,
    FakeClock,
    House,
    MemoryDesk,
    SomeDesks,
    a_reading,
    at_once,
    claimed,
)

from plugin.flows.tickets.poll import Poll
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.ports import Changes, Reading, Unavailable
from plugin.records.page import Page
from plugin.records.tickets import CustomerPast, PastTicket, Place, StoredTicket
from plugin.records.work import Store
from routing.events import (
    Actor,
    Event,
    TicketAssigned,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.outcomes.outcome import Outcome
from routing.tickets import Load, Status, Ticket, TicketRef

REF = TicketRef("demo", "17")


def after(**span: float) -> timedelta:
    return timedelta(**span)


def opened(minutes: float = 0) -> Event:
    return TicketOpened(ticket=REF, at=NOON + after(minutes=minutes), key="o", by=Actor.CUSTOMER)


def replied(minutes: float, *, key: str = "r", by: Actor = Actor.AGENT) -> Event:
    at = NOON + after(minutes=minutes)
    return TicketReplied(ticket=REF, at=at, key=key, by=by, agent="5", public=True)


def solved(minutes: float, *, key: str = "s") -> Event:
    at = NOON + after(minutes=minutes)
    return TicketSolved(ticket=REF, at=at, key=key, by=Actor.AGENT, agent="5")


def reopened(minutes: float, *, key: str = "ro") -> Event:
    at = NOON + after(minutes=minutes)
    return TicketReopened(ticket=REF, at=at, key=key, by=Actor.CUSTOMER)


def record(store: Store, reading: Reading) -> tuple[StoredTicket, Outcome]:
    (recorded,) = RecordOutcomes(store)([reading])
    return recorded


def stored(store: Store) -> StoredTicket:
    with store.look() as work:
        found = work.tickets.find("demo", "17")
    assert found is not None
    return found


def test_a_ticket_is_made_by_its_first_reading(store: Store) -> None:
    made, outcome = record(store, a_reading("17", opened()))
    assert made.ticket == a_reading().ticket
    assert (made.decision, made.imported, made.applied) == (None, False, False)
    assert outcome == made.outcome == Outcome(opened_at=NOON, waiting_since=NOON)


def test_a_newer_reading_takes_the_place_of_an_older_one(store: Store) -> None:
    record(store, a_reading(at=NOON, subject="Before"))
    record(store, a_reading(at=NOON + after(seconds=1), subject="After"))
    assert stored(store).ticket.subject == "After"


def test_an_older_reading_never_takes_the_place_of_a_newer_one(store: Store) -> None:
    later = a_reading(at=NOON + after(seconds=1), subject="After", queue="2", agent="6")
    record(store, later)
    record(store, a_reading(at=NOON, subject="Before", status=Status.SOLVED))
    assert stored(store).ticket == later.ticket


def test_an_older_reading_still_tells_the_events_it_knows(store: Store) -> None:
    record(store, a_reading("17", opened(), at=NOON + after(hours=1)))
    _, outcome = record(store, a_reading("17", opened(), replied(5), at=NOON))
    assert outcome.first_reply_at == NOON + after(minutes=5)


def test_an_event_told_twice_counts_once(store: Store) -> None:
    events = (opened(), replied(5))
    record(store, a_reading("17", *events))
    _, outcome = record(store, a_reading("17", *events, at=NOON + after(seconds=1)))
    assert outcome.public_replies == 1
    with store.work() as work:
        kept = stored(store)
        work.tickets.add_events((kept.id, event) for event in (*events, solved(9)))
        assert len(work.tickets.events([kept])[kept.id]) == 3


def test_every_kind_of_event_comes_back_as_it_was(store: Store) -> None:
    at = NOON + timedelta(microseconds=123456)
    events = [
        opened(),
        replied(1),
        solved(2),
        reopened(3),
        TicketMoved(
            ticket=REF, at=at, key="m", by=Actor.AGENT, agent="5", queue_before=None, queue="2"
        ),
        TicketAssigned(ticket=REF, at=at, key="a", by=Actor.DESK, assignee=None),
    ]
    made, _ = record(store, a_reading("17", *events))
    with store.look() as work:
        kept = work.tickets.events([made])[made.id]
    assert sorted(kept, key=str) == sorted(events, key=str)


STORY = (
    opened(),
    replied(5),
    solved(10, key="s1"),
    reopened(20),
    solved(30, key="s2"),
)


def readings() -> list[Reading]:
    """The ticket as it was read after each thing that happened to it."""
    made = []
    for count in range(1, len(STORY) + 1):
        told = STORY[:count]
        done = isinstance(told[-1], TicketSolved)
        made.append(
            a_reading(
                "17",
                *told,
                at=told[-1].at + after(seconds=30),
                subject=f"As read after {count}",
                status=Status.SOLVED if done else Status.OPEN,
                agent="5" if count > 1 else None,
            )
        )
    return made


def test_two_hundred_orders_of_the_same_readings_end_in_the_same_state(
    published: Store, kind: str
) -> None:
    in_order = readings()
    for reading in in_order:
        record(published, reading)
    wanted = stored(published)
    assert (wanted.outcome.reopens, wanted.outcome.public_replies) == (1, 1)
    assert wanted.ticket.subject == f"As read after {len(STORY)}"
    dice = random.Random(17)
    for number in range(200 if kind == "sqlite" else 40):
        shuffled = [*in_order, dice.choice(in_order)]
        dice.shuffle(shuffled)
        with published.work() as work:
            # All in one transaction, which is quicker, over a ticket of its own.
            recorder = RecordOutcomes(_Within(work))  # type: ignore[arg-type]
            for reading in shuffled:
                recorder([_renamed(reading, f"n{number}")])
            found = work.tickets.find("demo", f"n{number}")
        assert found is not None
        assert found.outcome == wanted.outcome, [one.ticket.subject for one in shuffled]
        assert found.ticket.subject == wanted.ticket.subject
        assert (found.ticket.status, found.agent_name) == (wanted.ticket.status, "Mara Lindqvist")


class _Within:
    """A store whose transactions are all one."""

    def __init__(self, work: object) -> None:
        self._work = work

    def work(self) -> _Within:
        return self

    def __enter__(self) -> object:
        return self

    def __getattr__(self, name: str) -> object:
        return getattr(self._work, name)

    def commit(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def _renamed(reading: Reading, key: str) -> Reading:
    return replace(reading, ticket=replace(reading.ticket, ref=TicketRef("demo", key)))


def test_when_a_ticket_was_opened_does_not_depend_on_which_reading_comes_last(
    store: Store,
) -> None:
    # A desk that does not say when it was opened is taken to mean when it was first read.
    early = a_reading(at=NOON, opened_at=NOON)
    late = a_reading(at=NOON + after(hours=1), opened_at=NOON + after(hours=1))
    record(store, early)
    assert record(store, late)[1].opened_at == NOON
    assert record(store, early)[1].opened_at == NOON


def test_two_threads_that_record_the_same_ticket_at_once_agree_with_each_other(
    published: Store,
) -> None:
    in_order = readings()
    at_once(8, [partial(record, published, reading) for reading in in_order * 4])
    assert stored(published).ticket.subject == f"As read after {len(STORY)}"
    with published.look() as work:
        made = stored(published)
        kept = work.tickets.events([made])[made.id]
    assert len([event for event in kept if not event.key.startswith("seen:")]) == len(STORY)
    assert stored(published).outcome.reopens == 1


def test_a_solving_that_the_desk_shows_but_does_not_tell_is_seen_once(store: Store) -> None:
    record(store, a_reading(at=NOON))
    at = NOON + after(minutes=5)
    for moment in (at, at + after(minutes=1)):
        _, outcome = record(store, a_reading(at=moment, status=Status.SOLVED, agent="5"))
    assert (outcome.solved_at, outcome.solved_by, len(outcome.solvings)) == (at, "5", 1)
    _, outcome = record(store, a_reading(at=at + after(minutes=2)))
    assert (outcome.solved_at, outcome.reopens) == (None, 1)


def test_a_reading_asked_for_before_our_own_move_does_not_make_it_somebody_elses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.desk.add(a_reading(queue="9"))
    early: list[Reading] = []
    write = MemoryDesk.write

    def read_by_another_just_before(desk: MemoryDesk, now: Ticket, changes: Changes) -> object:
        desk.clock.turn(seconds=1)
        early.append(desk.read("17"))
        desk.clock.turn(seconds=1)
        return write(desk, now, changes)

    monkeypatch.setattr(MemoryDesk, "write", read_by_another_just_before)
    house.handle(claimed())
    record(house.store, early[0])  # the other worker was slow to say where it was then
    house.clock.turn(seconds=1)
    house.handle(claimed())
    assert house.ticket().ticket.queue == "1"
    assert house.ticket().outcome.transfers == 0


def test_the_load_of_an_agent_is_what_they_hold_open(house: House) -> None:
    for number in range(6):
        house.desk.add(a_reading(str(number)))
        house.handle(claimed(str(number)))
    with house.store.look() as work:
        loads = work.tickets.loads()
    assert sum(load.open for load in loads.values()) == 6
    holder = house.ticket("0").agent_name
    assert holder is not None
    house.clock.turn(minutes=1)
    house.desk.add(
        a_reading(
            "0", _of("0", solved(1)), status=Status.SOLVED, agent=house.desk.tickets["0"].agent
        )
    )
    house.handle(claimed("0"))
    with house.store.look() as work:
        assert work.tickets.loads()[holder] == Load(loads[holder].open - 1)


def _of(key: str, event: Event) -> Event:
    return replace(event, ticket=TicketRef("demo", key))


def test_a_ticket_given_to_somebody_else_in_the_desk_counts_for_them(house: House) -> None:
    house.handle(claimed())
    house.clock.turn(minutes=1)
    first = house.ticket().agent_name
    other = {"Mara Lindqvist": ("6", "Jonas Weber"), "Jonas Weber": ("5", "Mara Lindqvist")}[
        str(first)
    ]
    house.desk.change("17", Changes(agent=other[0]))
    house.handle(claimed())
    assert house.ticket().agent_name == other[1]


def test_a_poll_looks_again_at_a_ticket_that_was_read_before_its_place_was_kept(
    store: Store,
) -> None:
    made, _ = record(store, replace(a_reading(queue="9", at=NOON + after(seconds=5)), mark="seen"))
    for at, mark in ((after(seconds=6), "seen"), (after(seconds=4), "")):
        with store.work() as work:
            work.tickets.set_places([Place(made.id, "1", None, NOON + at)])
            assert work.tickets.marks("demo", ["17"]) == {"17": mark}
            work.commit()
    kept = stored(store)
    assert (kept.ticket.queue, kept.read_at) == ("1", NOON + after(seconds=6))


def test_who_solved_the_last_ticket_of_a_customer_is_known_in_any_case_of_the_mail(
    house: House,
) -> None:
    house.desk.add(a_reading("17", solved(5), status=Status.SOLVED, agent="6", at=NOON))
    house.handle(claimed())
    hers = record(house.store, a_reading("18", email=" Lena@KONTOR.example"))[0].id
    other = record(house.store, a_reading("19", email="nobody@kontor.example"))[0].id
    nobody = record(house.store, a_reading("20", email=None))[0].id
    with house.store.look() as work:
        before, later = (
            work.tickets.pasts([hers, other, nobody], at) for at in (NOON, NOON + after(hours=1))
        )
    assert later[hers].last_agent == "Jonas Weber"
    assert before[hers].last_agent is None
    assert later[other] == later[nobody] == CustomerPast()


UGLY = 'Zoë said "no" 😀 \0\ud800 \' ; DROP TABLE tickets; -- \u202e\x07'


def test_a_text_that_databases_refuse_is_kept_without_what_they_refuse(house: House) -> None:
    reading = a_reading("17", subject=UGLY, text=UGLY * 100, email=f"{UGLY}@kontor.example")
    ticket = replace(reading.ticket, channel=UGLY, tags=frozenset({UGLY}), requester_name=UGLY)
    house.desk.add(replace(reading, ticket=ticket))
    house.handle(claimed())
    kept = house.ticket()
    assert "Zoë" in kept.ticket.subject
    assert "😀" in kept.ticket.subject
    assert "\0" not in kept.ticket.subject
    assert house.decision().facts.ticket.subject == kept.ticket.subject
    assert len(house.desk.notes) == 1


def test_an_unknown_ticket_is_none_and_an_unknown_number_of_ours_a_key_error(store: Store) -> None:
    with store.look() as work:
        assert work.tickets.find("demo", "17") is None
        assert work.tickets.find("demo", "\0") is None
        assert work.decisions.get(10**30) is None
        assert work.playbooks.text(10**30) is None
        assert work.surveys.get(10**30) is None
        assert work.decisions.lines(Page(10**30)) == []
        with pytest.raises(KeyError):
            work.tickets.get(10**30)


def test_an_imported_ticket_that_lives_again_is_never_routed(house: House) -> None:
    past = Ticket(
        ref=REF, subject="Old", text="", requester_email=None, opened_at=NOON - after(days=90)
    )
    with house.store.work() as work:
        one = PastTicket(past, Outcome(opened_at=past.opened_at), None, None, None, None, None)
        work.tickets.add_past([one], NOON)
        work.commit()
    house.handle(claimed())
    assert house.ticket().decision is None
    assert house.desk.notes == []


# What no desk told.


def test_a_poll_keeps_what_is_news_and_wakes_a_worker(house: House) -> None:
    bell = CountingBell()
    poll = Poll(SomeDesks({"demo": house.desk}), house.store, bell, house.clock)
    assert poll() == 1
    assert poll() == 0
    assert bell.rung == 1
    house.desk.add(a_reading("18"))
    house.desk.change("17", Changes(queue="2"))
    assert poll() == 2
    with house.store.look() as work:
        assert work.inbox.tally().waiting == 3


@pytest.mark.parametrize("trouble", [TypeError("our mistake"), None])
def test_a_desk_that_breaks_a_poll_does_not_keep_the_next_one_from_being_asked(
    house: House, clock: FakeClock, trouble: Exception | None
) -> None:
    broken = MemoryDesk(clock)
    broken.trouble["before recent"] = trouble or Unavailable("The desk is down.")
    poll = Poll(
        SomeDesks({"broken": broken, "demo": house.desk}), house.store, CountingBell(), clock
    )
    assert poll() == 1


def test_a_ticket_that_is_as_it_was_is_not_read_anew_when_it_is_held_again(store: Store) -> None:
    known, _ = record(store, a_reading("17", opened()))
    with store.work() as work:
        assert work.tickets.hold_again([known])[known.id] is known


def test_a_ticket_that_changed_meanwhile_is_read_anew_when_it_is_held_again(store: Store) -> None:
    known, _ = record(store, a_reading("17", opened()))
    record(store, a_reading("17", opened(), at=NOON + after(hours=1), subject="Now something else"))
    with store.work() as work:
        assert work.tickets.hold_again([known])[known.id] == stored(store)
    changed = stored(store)
    # An older reading tells of a reply that no newer one has heard of.
    record(store, a_reading("17", opened(), replied(1)))
    with store.work() as work:
        held = work.tickets.hold_again([changed])[changed.id]
    assert held == stored(store)
    assert held.outcome.waiting_since is None


def test_a_ticket_that_is_gone_is_not_held_again(store: Store) -> None:
    known, _ = record(store, a_reading())
    with store.work() as work:
        assert work.tickets.hold_again([replace(known, id=known.id + 1)]) == {}
