"""Deliveries that are handled together: what befalls one of them befalls no other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest
from world import (
    FAR,
    KEY,
    NOON,
    CrashingStore,
    FakeClock,
    House,
    Killed,
    MemoryDesk,
    NoCustomers,
    a_reading,
    at_once,
    claim,
    put,
)

from plugin.flows.tickets.apply_decision import HOLD
from plugin.flows.tickets.work_off import WorkOff
from plugin.ports import Gathered, Reading, Requester, Unavailable
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.store.database import Database, open_engine
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.views.deliveries import Tally
from routing.conditions.fields import Fields
from routing.events import Actor, Event, TicketOpened
from routing.tickets import TicketRef

SOME = [str(number) for number in range(101, 109)]
"""Tickets of one batch."""


def loop(house: House, store: Store | None = None) -> WorkOff:
    """A worker's loop over the real flows."""
    over = store or house.store
    return WorkOff(over, house.clock, house.handling_all(over), lease=60, tries=5)


def tell(house: House, *tickets: str, **reading: str | None) -> None:
    """Open tickets in the desk, and have it tell of each."""
    for ticket in tickets:
        house.desk.add(a_reading(ticket, queue="9", **reading))  # type: ignore[arg-type]
        put(house.store, f"d-{ticket}", ticket=ticket)


def tally(house: House) -> Tally:
    with house.store.look() as work:
        return work.inbox.tally()


def assert_done_once(house: House, *tickets: str) -> None:
    """Each has one decision and one note, stands where it belongs, and is known to."""
    notes = Counter(ticket for ticket, _, _ in house.desk.notes)
    assert notes == Counter(tickets)
    assert house.decisions() == len(tickets)
    for ticket in tickets:
        assert house.desk.tickets[ticket].queue == "1"
        assert house.ticket(ticket).applied
        assert house.ticket(ticket).ticket.queue == "1"
        assert house.ticket(ticket).outcome.transfers == 0


def until_still(house: House) -> None:
    """Work, with time passing, until nothing waits any more."""
    for _ in range(200):
        loop(house)(20)
        if not tally(house).waiting:
            return
        house.clock.turn(seconds=20)
    raise AssertionError(tally(house))


# Together.


def test_a_batch_is_decided_written_and_noted(house: House) -> None:
    tell(house, *SOME)
    assert loop(house)(20) is False
    assert tally(house) == Tally(len(SOME), len(SOME), 0, 0)
    assert_done_once(house, *SOME)


def test_a_batch_needs_no_more_transactions_than_one_ticket(house: House) -> None:
    tell(house, *SOME)
    counting = CountingStore(house.store)
    batch = claim(house.store, NOON)
    house.handling_all(counting)(batch, FAR)  # type: ignore[arg-type]
    together = counting.opened
    tell(house, "200")
    house.handling_all(counting)(claim(house.store, NOON), FAR)  # type: ignore[arg-type]
    assert together == counting.opened - together == 3


@dataclass(slots=True)
class CountingStore:
    """A store that counts the transactions that write."""

    store: Store
    opened: int = 0

    def work(self) -> object:
        self.opened += 1
        return self.store.work()

    def look(self) -> object:
        return self.store.look()


def test_two_deliveries_of_one_ticket_are_one_visit(house: House) -> None:
    tell(house, "101")
    put(house.store, "d-again", ticket="101")
    tell(house, "102")
    loop(house)(20)
    assert tally(house) == Tally(3, 3, 0, 0)
    assert house.desk.points.count("before read") == 2
    assert_done_once(house, "101", "102")


def test_two_deliveries_of_one_ticket_fare_alike(house: House) -> None:
    tell(house, "101")
    put(house.store, "d-again", ticket="101")
    house.desk.trouble["before read"] = Unavailable("The desk is down.")
    loop(house)(20)
    assert tally(house) == Tally(2, 0, 2, 0)
    until_still(house)
    assert_done_once(house, "101")


def test_tickets_are_decided_in_the_order_in_which_they_came(house: House) -> None:
    order = ["107", "101", "108", "103"]
    tell(house, *order)
    loop(house)(20)
    with house.store.look() as work:
        lines = work.decisions.lines(Page())
    assert [one.ticket for one in reversed(lines)] == order


def test_capacities_hold_within_batches_and_between_them(
    house: House, url: str, clock: FakeClock
) -> None:
    # Room for 65: 40 with Mara and 25 with Jonas.
    tickets = [str(number) for number in range(200)]
    tell(house, *tickets, email=None)
    engine = open_engine(url, pool=20)
    store = SqlStore(Database(engine), Vault([KEY]))
    loops = [WorkOff(store, clock, house.handling_all(store), 60, 5) for _ in range(4)]
    at_once(4, [partial(one, 20) for one in loops])
    with store.look() as work:
        loads = {name: load.open for name, load in work.tickets.loads().items()}
    assert loads == {"Mara Lindqvist": 40, "Jonas Weber": 25}
    held = Counter(house.ticket(ticket).agent_name for ticket in tickets)
    assert held == {"Mara Lindqvist": 40, "Jonas Weber": 25, None: 135}
    assert_done_once(house, *tickets)
    engine.dispose()


def test_each_decision_of_a_batch_sees_those_before_it(house: House) -> None:
    tell(house, *SOME)
    loop(house)(20)
    seen = [
        sum(load.open for load in house.decision(ticket).facts.loads.values()) for ticket in SOME
    ]
    assert seen == list(range(len(SOME)))


# Poison.


class NoSuchEvent(TicketOpened):
    """An event of a kind that nobody can keep."""


def poison(key: str) -> Event:
    return NoSuchEvent(ticket=TicketRef("demo", key), at=NOON, key="odd", by=Actor.CUSTOMER)


def assert_parked_alone(house: House) -> None:
    others = [ticket for ticket in SOME if ticket != "104"]
    assert tally(house) == Tally(len(SOME), len(others), 1, 0)
    assert_done_once(house, *others)
    until_still(house)
    assert tally(house) == Tally(len(SOME), len(others), 0, 1)
    assert_done_once(house, *others)


def test_what_cannot_be_recorded_is_parked_and_harms_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    tell(house, *SOME)
    house.desk.events["104"].append(poison("104"))
    with caplog.at_level(logging.CRITICAL):  # tracebacks of a mistake are for the log
        loop(house)(20)
        assert_parked_alone(house)


@dataclass(slots=True)
class Choking(NoCustomers):
    """Customers of whom one cannot be looked up, by a mistake of ours."""

    email: str

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        if any(who.email == self.email for who in whos):
            raise ZeroDivisionError
        return super(Choking, self).gather(whos, fields)


def test_what_cannot_be_decided_is_parked_and_harms_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house = replace(house, customers=Choking("poison@kontor.example"))
    tell(house, *SOME[:3])
    tell(house, "104", email="poison@kontor.example")
    tell(house, *SOME[4:])
    with caplog.at_level(logging.CRITICAL):
        loop(house)(20)
        assert_parked_alone(house)


def test_poison_among_tickets_of_a_slow_desk_holds_nobody_up_for_ever(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    tell(house, *SOME)
    house.desk.events["104"].append(poison("104"))
    read = house.desk.read

    def slowly(ticket: str) -> Reading:
        house.clock.turn(seconds=3)  # the whole batch takes more time than there is
        return read(ticket)

    house.desk = Slowly(house.clock, house.desk.tickets, house.desk.events, how=slowly)
    with caplog.at_level(logging.CRITICAL):
        until_still(house)
    assert tally(house) == Tally(len(SOME), len(SOME) - 1, 0, 1)
    assert_done_once(house, *(ticket for ticket in SOME if ticket != "104"))


@dataclass(slots=True)
class Slowly(MemoryDesk):
    """A desk that reads tickets in a way of its own."""

    how: Callable[[str], Reading] = lambda _: a_reading()

    def read(self, ticket: str) -> Reading:
        return self.how(ticket)


@dataclass(slots=True)
class Troubled(MemoryDesk):
    """A desk that fails in its own way at some tickets, or from some moment on."""

    at: str = ""
    on: Callable[[str], BaseException | None] = lambda _: None

    def read(self, ticket: str) -> Reading:
        self._fail("read", ticket)
        return super(Troubled, self).read(ticket)

    def note(self, ticket: str, text: str, mark: str, *, first: bool = False) -> bool:
        self._fail("note", ticket)
        noted = super(Troubled, self).note(ticket, text, mark, first=first)
        self._fail("noted", ticket)
        return noted

    def _fail(self, at: str, ticket: str) -> None:
        error = self.on(ticket) if at == self.at else None
        if error is not None:
            raise error


@pytest.mark.parametrize("at", ["read", "note", "noted"])
def test_a_mistake_at_one_ticket_in_its_desk_stops_no_other(
    house: House, caplog: pytest.LogCaptureFixture, at: str
) -> None:
    desk = Troubled(house.clock, at=at, on=lambda one: KeyError() if one == "104" else None)
    house = replace(house, desk=desk)
    tell(house, *SOME)
    with caplog.at_level(logging.CRITICAL):
        loop(house)(20)
    assert tally(house) == Tally(len(SOME), len(SOME) - 1, 1, 0)
    desk.at = ""
    until_still(house)
    assert_done_once(house, *SOME)


# A desk that goes away, or is slow.


@dataclass(slots=True)
class Until:
    """Goes well so many times, and then the desk is down."""

    good: int

    def __call__(self, _: str) -> BaseException | None:
        self.good -= 1
        return Unavailable("The desk answered 503.") if self.good < 0 else None


@pytest.mark.parametrize("at", ["read", "note", "noted"])
def test_a_desk_that_goes_away_half_way_gets_the_rest_once_it_is_back(
    house: House, at: str
) -> None:
    desk = Troubled(house.clock, at=at, on=Until(3))
    house = replace(house, desk=desk)
    tell(house, *SOME)
    loop(house)(20)
    before = tally(house)
    assert before.done == 3
    assert before.parked == 0
    desk.at = ""
    until_still(house)
    assert tally(house).done == len(SOME)
    assert_done_once(house, *SOME)


def test_a_desk_that_goes_away_costs_few_deliveries_a_try(house: House) -> None:
    desk = Troubled(house.clock, at="read", on=Until(0))
    house = replace(house, desk=desk)
    tell(house, *(str(number) for number in range(50)))
    loop(house)(20)
    with house.store.look() as work:
        lines = work.inbox.lines(Page(limit=100), None, None, "")
    tried = [one for one in lines if one.why]
    assert 1 <= len(tried) <= 4  # as many as may be under way at a time


def test_a_slow_desk_is_given_no_more_than_the_time_allows(house: House) -> None:
    tell(house, *SOME)
    slow = house.desk.between
    house.desk.between = lambda: house.clock.turn(seconds=HOLD.total_seconds() / 2) and slow()
    began = house.clock.now()
    loop(house)(20)
    # Those that were under way ended; nothing else was begun after a third of the hold.
    assert 1 <= tally(house).done <= 4
    assert house.clock.now() - began < timedelta(seconds=60) * 2
    house.desk.between = slow
    until_still(house)
    assert tally(house).done == len(SOME)
    assert_done_once(house, *SOME)


def test_what_is_not_begun_is_held_by_nobody(house: House) -> None:
    desk = Troubled(house.clock, at="note", on=Until(3))
    house = replace(house, desk=desk)
    tell(house, *SOME)
    loop(house)(20)
    desk.at = ""
    # At once, without a clock that moves: nothing has to be waited for but the desk's rest.
    handled = house.handling_all(house.store)(claim(house.store, FAR, limit=20), FAR)
    assert all(isinstance(one, str) for one in handled.values())


def test_customers_that_take_long_to_look_up_leave_the_rest_for_later(house: House) -> None:
    house = replace(house, customers=Slow(house.clock))
    tell(house, *SOME)
    loop(house)(5)
    assert tally(house) == Tally(len(SOME), 3, len(SOME) - 3, 0)
    until_still(house)
    assert_done_once(house, *SOME)


@dataclass(slots=True)
class Slow(NoCustomers):
    """Customers each of whom takes two seconds to look up."""

    clock: FakeClock

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        for gathered in super(Slow, self).gather(whos, fields):
            self.clock.turn(seconds=2)
            yield gathered


def test_a_decision_that_another_worker_writes_is_waited_for_and_the_others_go_on(
    house: House,
) -> None:
    house.desk.trouble["before write"] = Killed()
    tell(house, "104")
    with pytest.raises(Killed):
        loop(house)(20)
    with house.store.work() as work:
        assert work.decisions.hold(1, house.clock.now(), house.clock.now() + HOLD)
        work.commit()
    tell(house, *(ticket for ticket in SOME if ticket != "104"))
    put(house.store, "d-again", ticket="104")
    loop(house)(20)
    assert tally(house).done == len(SOME) - 1
    until_still(house)
    assert_done_once(house, *SOME)


# A worker that ends.


@pytest.mark.parametrize("kept", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("at", range(1, 6))
def test_a_worker_killed_at_any_transaction_of_a_batch_leaves_nothing_half_done(
    house: House, at: int, *, kept: bool
) -> None:
    tell(house, *SOME)
    crashing: Store = CrashingStore(house.store, at, kept=kept)  # type: ignore[assignment]
    with pytest.raises(Killed):
        loop(house, crashing)(20)
    house.clock.turn(seconds=61)
    until_still(house)
    assert tally(house) == Tally(len(SOME), len(SOME), 0, 0)
    assert_done_once(house, *SOME)


@pytest.mark.parametrize("at", ["read", "note", "noted"])
def test_a_worker_killed_at_a_request_of_a_batch_leaves_nothing_half_done(
    house: House, at: str
) -> None:
    died: Iterator[BaseException | None] = iter([None, None, Killed()])
    desk = Troubled(house.clock, at=at, on=lambda _: next(died, None))
    house = replace(house, desk=desk)
    tell(house, *SOME)
    with pytest.raises(Killed):
        loop(house)(20)
    house.clock.turn(seconds=61)
    until_still(house)
    assert tally(house) == Tally(len(SOME), len(SOME), 0, 0)
    assert_done_once(house, *SOME)


# What happens meanwhile.


@dataclass(slots=True)
class Meanwhile:
    """Does something once, at the first request it is asked about."""

    do: Callable[[], None]
    done: list[str] = field(default_factory=list)

    def __call__(self, ticket: str) -> None:
        self.done.append(ticket)
        if len(self.done) == 1:
            self.do()


def test_a_person_who_moves_a_ticket_while_its_batch_is_written_is_counted(house: House) -> None:
    desk = Troubled(house.clock, at="noted")
    house = replace(house, desk=desk)
    tell(house, "101")

    def moved_by_a_person() -> None:
        house.clock.turn(seconds=1)
        desk.tickets["101"] = replace(desk.tickets["101"], queue="2")
        # Another worker hears of it before this one has kept where it put the ticket.
        house.handling_all(house.store).record([desk.read("101")])

    desk.on = Meanwhile(moved_by_a_person)
    loop(house)(20)
    house.clock.turn(seconds=1)
    house.handling_all(house.store).record([desk.read("101")])
    assert house.ticket("101").ticket.queue == "2"
    assert house.ticket("101").outcome.transfers == 1
