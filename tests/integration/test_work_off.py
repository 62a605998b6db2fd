"""The workers' loop over a real inbox: what waits, what rests, what is parked, and what goes on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from world import ON_SQLITE, FakeClock, Killed, SomeDesks, a_delivery, at_once, put

from plugin.flows.tickets.work_off import PAUSE, WorkOff
from plugin.ports import Refused, Unavailable, UnknownDesk
from plugin.records.inbox import Claimed
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.views.deliveries import DeliveryLine, Tally


class SomeOfThem(Exception):
    """One of several cannot be handled, unknown which."""


@dataclass
class Handler:
    """Handles deliveries as it was told to, by ticket or by desk; anything else goes well."""

    does: dict[str, Callable[[], str]] = field(default_factory=dict)
    handled: list[str] = field(default_factory=list)

    def __call__(self, batch: Sequence[Claimed], until: datetime) -> dict[int, str | Exception]:
        _ = until
        told = [self.does.get(one.ticket) or self.does.get(one.connection) for one in batch]
        if len(batch) > 1 and any(told):
            raise SomeOfThem
        self.handled += [one.ticket for one in batch]
        return {one.id: does() if does else "routed" for one, does in zip(batch, told, strict=True)}


def raising(error: BaseException) -> Callable[[], str]:
    def does() -> str:
        raise error

    return does


@dataclass
class Workers:
    """One worker's loop over the store."""

    store: Store
    clock: FakeClock
    handle: Handler
    loop: WorkOff

    def run(self) -> bool:
        return self.loop(20)

    def until_still(self, days: int = 1) -> None:
        """Let time pass until nothing is due within a day."""
        end = self.clock.now() + timedelta(days=days)
        while self.clock.now() < end and self.tally.waiting:
            self.run()
            self.clock.turn(seconds=7)

    @property
    def tally(self) -> Tally:
        with self.store.look() as work:
            return work.inbox.tally()

    def line(self, row: int) -> DeliveryLine:
        with self.store.look() as work:
            found = work.inbox.show(row)
        assert found is not None
        return found[0].line

    def states(self) -> list[str]:
        with self.store.look() as work:
            return [one.state for one in reversed(work.inbox.lines(Page(), None, None, ""))]


@pytest.fixture
def workers(store: Store, clock: FakeClock) -> Workers:
    handle = Handler()
    return Workers(store, clock, handle, WorkOff(store, clock, handle, lease=60, tries=5))


def test_everything_due_is_worked_off_in_the_order_it_came(workers: Workers) -> None:
    for number in range(25):
        put(workers.store, f"d-{number}", ticket=str(number))
    assert workers.run() is False
    assert workers.handle.handled == [str(number) for number in range(25)]
    assert workers.tally == Tally(25, 25, 0, 0)
    assert workers.line(1).why == "routed"


def test_an_empty_inbox_is_left_at_once(workers: Workers) -> None:
    assert workers.run() is False


def test_when_the_time_is_up_the_rest_is_given_back_untried(workers: Workers) -> None:
    for number in range(5):
        put(workers.store, f"d-{number}", ticket=str(number))

    def slow() -> str:
        workers.clock.turn(seconds=25)
        return ""

    workers.handle.does["0"] = slow
    assert workers.run() is True
    assert workers.handle.handled == ["0"]
    assert workers.tally == Tally(5, 1, 4, 0)
    workers.run()
    assert workers.handle.handled == ["0", "1", "2", "3", "4"]
    assert workers.tally == Tally(5, 5, 0, 0)


def test_what_another_worker_took_over_meanwhile_is_not_given_back(
    workers: Workers, store: Store, clock: FakeClock
) -> None:
    put(store, "d-1", ticket="1")
    put(store, "d-2", ticket="2")
    taken: list[Claimed] = []

    def stuck() -> str:
        # So long that the lease runs out, and another worker takes the next row.
        clock.turn(seconds=70)
        with store.work() as work:
            taken.extend(work.inbox.claim(clock.now(), 60, 1, ()))
            taken.extend(work.inbox.claim(clock.now(), 60, 1, ()))
            work.commit()
        return ""

    workers.handle.does["1"] = stuck
    workers.run()
    assert [one.ticket for one in taken] == ["1", "2"]
    with store.work() as work:
        # It is still theirs: nobody else may get it before their own lease has run out.
        assert work.inbox.claim(clock.now(), 60, 10, ()) == []


def test_a_desk_that_does_not_answer_rests_while_other_desks_go_on(
    workers: Workers, clock: FakeClock
) -> None:
    for number in range(6):
        put(workers.store, f"down-{number}", connection="down", ticket=f"down-{number}")
        put(workers.store, f"up-{number}", connection="up", ticket=f"up-{number}")
    workers.handle.does["down"] = raising(Unavailable("The desk is down."))
    workers.run()
    asked = [ticket for ticket in workers.handle.handled if ticket.startswith("down")]
    assert asked == ["down-0"]  # one is enough to know
    assert workers.tally == Tally(12, 6, 6, 0)
    workers.run()
    assert [one for one in workers.handle.handled if one.startswith("down")] == asked
    clock.turn(seconds=PAUSE.total_seconds())
    del workers.handle.does["down"]
    workers.run()
    assert workers.tally == Tally(12, 12, 0, 0)


def test_the_others_of_a_desk_that_rests_are_not_counted_as_tried(
    workers: Workers, clock: FakeClock
) -> None:
    for number in range(3):
        put(workers.store, f"d-{number}", ticket=str(number))
    workers.handle.does["demo"] = raising(Unavailable("The desk is down."))
    for _ in range(20):
        workers.run()
        clock.turn(seconds=20)
    del workers.handle.does["demo"]
    clock.turn(hours=1)
    workers.until_still()
    assert workers.tally == Tally(3, 3, 0, 0)


@ON_SQLITE
def test_an_unanswered_delivery_waits_longer_each_time_but_never_for_ever(
    workers: Workers, clock: FakeClock
) -> None:
    put(workers.store)
    workers.handle.does["demo"] = raising(Unavailable("The desk is down."))
    tried = []
    for _ in range(500):
        before = len(workers.handle.handled)
        workers.run()
        if len(workers.handle.handled) > before:
            tried.append(clock.now())
        clock.turn(seconds=15)
    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps[0] <= timedelta(seconds=30)
    assert gaps[-1] >= timedelta(minutes=4)
    assert max(gaps) <= timedelta(minutes=11)
    assert workers.tally == Tally(1, 0, 1, 0)  # it never parks for somebody else's outage
    assert "The desk is down." in workers.line(1).why


def test_a_desk_that_says_when_to_come_back_is_left_alone_until_then(
    workers: Workers, clock: FakeClock
) -> None:
    put(workers.store)
    workers.handle.does["demo"] = raising(Unavailable("Too many requests.", retry_after=300))
    workers.run()
    clock.turn(seconds=299)
    workers.run()
    assert len(workers.handle.handled) == 1
    clock.turn(seconds=2)
    workers.run()
    assert len(workers.handle.handled) == 2


def test_what_makes_no_sense_is_parked_at_once_with_the_reason(workers: Workers) -> None:
    put(workers.store)
    workers.handle.does["17"] = raising(Refused("The desk has no ticket 17."))
    workers.run()
    assert workers.tally == Tally(1, 0, 0, 1)
    assert workers.line(1).why == "The desk has no ticket 17."
    assert len(workers.handle.handled) == 1


def test_a_delivery_of_a_desk_that_is_gone_is_parked_and_says_so(workers: Workers) -> None:
    put(workers.store, connection="gone")
    with pytest.raises(UnknownDesk) as raised:
        SomeDesks({}).named("gone")
    workers.handle.does["gone"] = raising(raised.value)
    workers.until_still()
    assert workers.tally == Tally(1, 0, 0, 1)
    assert "gone" in workers.line(1).why


def test_a_mistake_of_ours_is_tried_five_times_and_parked_while_the_others_go_on(
    workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(6):
        put(workers.store, f"d-{number}", ticket=str(number))
    workers.handle.does["2"] = raising(KeyError("what a customer wrote"))
    with caplog.at_level(logging.CRITICAL):  # tracebacks of a mistake are for the log
        workers.run()
        assert workers.tally == Tally(6, 5, 1, 0)
        workers.until_still()
    assert workers.tally == Tally(6, 5, 0, 1)
    assert Counter(workers.handle.handled)["2"] == 5
    why = workers.line(3).why
    assert "KeyError" in why
    assert "customer" not in why


def test_a_parked_mistake_that_was_mended_is_done_after_a_replay(workers: Workers) -> None:
    put(workers.store)
    workers.handle.does["17"] = raising(ZeroDivisionError())
    workers.until_still()
    assert workers.states() == ["parked"]
    del workers.handle.does["17"]
    with workers.store.work() as work:
        work.inbox.replay(None, workers.clock.now())
        work.commit()
    workers.run()
    assert workers.states() == ["done"]


def test_a_delivery_that_ends_its_worker_five_times_is_parked_and_takes_nobody_along(
    workers: Workers, clock: FakeClock
) -> None:
    for number in range(8):
        put(workers.store, f"d-{number}", ticket=str(number))
    workers.handle.does["3"] = raising(Killed())
    deaths = 0
    for _ in range(200):
        try:
            workers.run()
        except Killed:
            deaths += 1
        clock.turn(seconds=10)
    assert deaths == 5
    assert workers.states() == ["done"] * 3 + ["parked"] + ["done"] * 4
    assert workers.line(4).why == "It ended the worker 5 times."


@ON_SQLITE
def test_waits_for_a_desk_do_not_bring_a_delivery_nearer_to_being_parked(
    workers: Workers, clock: FakeClock
) -> None:
    put(workers.store)
    workers.handle.does["17"] = raising(Unavailable("The desk is down."))
    for _ in range(100):
        workers.run()
        clock.turn(seconds=60)
    assert len(workers.handle.handled) > 8
    workers.handle.does["17"] = raising(ZeroDivisionError())
    asked = len(workers.handle.handled)
    workers.until_still()
    assert len(workers.handle.handled) - asked == 5
    assert workers.states() == ["parked"]


def test_a_database_that_goes_away_after_the_work_loses_nothing(
    workers: Workers, store: Store, clock: FakeClock
) -> None:
    put(store)

    def then_lost() -> str:
        workers.loop = WorkOff(_Broken(), clock, workers.handle, 60, 5)  # type: ignore[arg-type]
        raise Unavailable("The database does not answer.")

    workers.handle.does["17"] = then_lost
    workers.run()
    with pytest.raises(Unavailable):
        workers.run()
    workers.loop = WorkOff(store, clock, workers.handle, 60, 5)
    workers.handle.does.clear()
    clock.turn(seconds=61)
    workers.run()
    assert workers.tally == Tally(1, 1, 0, 0)


class _Broken:
    def work(self) -> object:
        raise Unavailable("The database does not answer.")


def test_many_workers_handle_each_delivery_once_and_lose_none(
    store: Store, clock: FakeClock
) -> None:
    with store.work() as work:
        for number in range(120):
            from_desk = "demo" if number % 2 else "other"
            work.inbox.put(*a_delivery(f"d-{number}", connection=from_desk, ticket=str(number)))
        work.commit()
    handlers = [Handler() for _ in range(6)]
    loops = [WorkOff(store, clock, handler, 60, 5) for handler in handlers]
    at_once(6, [lambda loop=loop: loop(20) for loop in loops])
    handled = Counter(ticket for handler in handlers for ticket in handler.handled)
    assert handled == Counter({str(number): 1 for number in range(120)})
    with store.look() as work:
        assert work.inbox.tally() == Tally(120, 120, 0, 0)
