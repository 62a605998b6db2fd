"""Tickets as they stand and the columns made of them say the same, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from sqlalchemy import text
from world import NOON, FakeClock, House, a_reading, at_once, claimed

from plugin.flows.results.roll_up import RollUp
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.store.database import Database
from routing.outcomes.columns import Columns, columns, packed, together, unpacked
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.outcome import Outcome
from routing.outcomes.sums import Part, sum_up
from routing.outcomes.tallies import tallies
from routing.tickets import Status, Ticket, TicketRef

HOUR = timedelta(hours=1)
LONG = 60.0
FIRST = datetime.min.replace(tzinfo=NOON.tzinfo, year=1970)
EVER = 1_000_000
"""A day behind all others."""


def a_past(number: int, opened: datetime = NOON, **more: object) -> PastTicket:
    ref = TicketRef("demo", f"old-{number}")
    dice = Random(number)
    replied = opened + dice.random() * 5 * HOUR
    solved = None if number % 5 == 0 else replied + dice.random() * 50 * HOUR
    ticket = Ticket(ref, f"Ticket {number}", "", None, opened, status=Status.SOLVED)
    outcome = Outcome(opened, replied, solved, solved, public_replies=1)
    told = {"language": "en", "segment": None, "queue_name": "General", "agent_name": None}
    return PastTicket(ticket=ticket, outcome=outcome, **{**told, "score": None, **more})


def keep(store: Store, *tickets: PastTicket) -> None:
    with store.work() as work:
        work.tickets.add_past(tickets, NOON)
        work.commit()


def kept(store: Store) -> Columns:
    """What the columns say of all tickets."""
    with store.look() as work:
        days = work.measured_days.columns(work.measured_days.versions(0, EVER))
    return together([columns([]), *(unpacked(raw) for _, raw in days.values())])


def true(store: Store) -> Columns:
    """What the tickets say themselves."""
    with store.look() as work:
        return columns(work.measured_days.exactly(FIRST, NOON + 900 * HOUR, {}))


def said(told: Columns) -> object:
    found = {}
    for by in Dimension:
        counted = tallies(sum_up([Part(told)], by, Clock.CALENDAR), 2e9, lambda _, at: at)
        for label, one in counted.each.items():
            if any(one.counts.values()):
                found[by, label] = (dict(one.counts), one.ratings, one.backlog)
    return found


@pytest.fixture
def roll_up(store: Store, clock: FakeClock) -> RollUp:
    return RollUp(store, clock)


def test_what_is_counted_is_what_is_there(store: Store, roll_up: RollUp) -> None:
    tickets = [
        a_past(n, NOON - n * 7 * HOUR, segment=f"s{n % 3}", score=n % 6 or None) for n in range(60)
    ]
    keep(store, *tickets)
    assert not roll_up(LONG)
    assert len(kept(store)) == 60
    assert said(kept(store)) == said(true(store))


def test_a_ticket_that_changes_late_is_counted_again(store: Store, roll_up: RollUp) -> None:
    keep(store, a_past(1, NOON - 500 * HOUR, score=1), a_past(2))
    roll_up(LONG)
    before = said(kept(store))
    keep(store, a_past(1, NOON - 500 * HOUR, score=5))
    assert said(kept(store)) == before
    roll_up(LONG)
    assert said(kept(store)) == said(true(store)) != before


def test_a_live_ticket_is_counted_as_it_goes_on(house: House) -> None:
    roll_up = RollUp(house.store, house.clock)
    seen = []
    for status in (Status.OPEN, Status.SOLVED, Status.OPEN):
        house.clock.turn(minutes=5)
        house.desk.add(a_reading(at=house.clock.at, status=status))
        house.handle(claimed())
        roll_up(LONG)
        assert said(kept(house.store)) == said(true(house.store))
        seen.append(said(kept(house.store)))
    assert seen[0] != seen[1] != seen[2]


def test_nothing_is_made_when_nothing_has_changed(store: Store, roll_up: RollUp) -> None:
    keep(store, a_past(1), a_past(2, NOON - 30 * HOUR))
    roll_up(LONG)
    with store.look() as work:
        before = work.measured_days.versions(0, EVER)
    roll_up(LONG)
    with store.look() as work:
        assert work.measured_days.versions(0, EVER) == before
        assert not work.measured_days.stale()


def test_a_ticket_that_changes_while_its_day_is_made_is_not_lost(
    store: Store, roll_up: RollUp
) -> None:
    keep(store, a_past(1, score=1))
    while_made(store, lambda: keep(store, a_past(1, score=4)))
    assert said(kept(store)) != said(true(store))
    roll_up(LONG)
    assert said(kept(store)) == said(true(store))


def while_made(store: Store, meanwhile: Callable[[], None]) -> None:
    """Make the columns, with something else happening between the reading and the keeping."""
    with store.work() as work:
        work.measured_days.take_changes(100)
        work.commit()
    with store.look() as work:
        ((day, claim),) = work.measured_days.stale().items()
        read = columns(work.measured_days.of_day(day))
    meanwhile()
    with store.work() as work:
        work.measured_days.put(day, claim, packed(read), len(read), NOON)
        work.commit()


def test_the_slower_of_two_that_make_a_day_does_not_undo_the_other(
    store: Store, roll_up: RollUp
) -> None:
    keep(store, a_past(1, score=1))

    def somebody_else() -> None:
        keep(store, a_past(1, score=4))
        roll_up(LONG)

    while_made(store, somebody_else)
    assert said(kept(store)) == said(true(store))
    with store.look() as work:
        assert not work.measured_days.stale()


def test_a_worker_that_ends_in_between_leaves_the_day_to_the_next(
    store: Store, roll_up: RollUp
) -> None:
    keep(store, a_past(1))
    with store.work() as work:
        work.measured_days.take_changes(100)
        work.commit()
    roll_up(LONG)
    assert said(kept(store)) == said(true(store))


def test_several_at_once_while_tickets_change_come_to_the_same(
    store: Store, clock: FakeClock
) -> None:
    def write(part: int) -> None:
        for n in range(20):
            keep(store, a_past(part * 100 + n % 7, NOON - n % 7 * 20 * HOUR, score=1 + n % 5))

    def count() -> None:
        for _ in range(10):
            RollUp(store, clock)(LONG)

    at_once(4, [partial(write, 1), partial(write, 2), count, count])
    while RollUp(store, clock)(LONG):
        pass
    assert said(kept(store)) == said(true(store))


def test_tickets_from_before_there_were_columns_are_counted_without_a_write_to_each(
    store: Store, roll_up: RollUp, database: Database
) -> None:
    keep(store, *(a_past(n, NOON - n * 30 * HOUR) for n in range(8)))
    with database.write() as connection:
        connection.execute(text("UPDATE tickets SET counted = true"))
    roll_up(LONG)
    assert len(kept(store)) == 8
    assert said(kept(store)) == said(true(store))


def test_made_again_the_columns_are_the_same(store: Store, roll_up: RollUp) -> None:
    keep(store, *(a_past(n, NOON - n * 30 * HOUR, score=1 + n % 5) for n in range(8)))
    roll_up(LONG)
    before = said(kept(store))
    steps: list[tuple[int, int]] = []
    roll_up.again(lambda done, of: steps.append((done, of)))
    assert said(kept(store)) == before == said(true(store))
    # From the first day to the last, and each is told.
    assert steps == [(day, 10) for day in range(1, 11)]
