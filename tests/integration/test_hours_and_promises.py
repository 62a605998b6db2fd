"""By whose hours a live ticket is measured, and what was promised for it: kept as decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from world import FAR, NOON, FakeClock, House, Knows, MemoryDesk, a_reading, claimed, publish

from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.rows import TICKETS
from routing.events import Actor, Event, TicketReplied, TicketSolved
from routing.tickets import Fact, Status, TicketRef

REF = TicketRef("demo", "17")
HOUR = 3_600

# NOON is 12:00 UTC on a Monday.
PLAYBOOK = """\
playbook: Halden Books
default_queue: General
segments:
  - {name: Enterprise, model: firmographic, when: {field: account.employees, at least: 500}}
hours: Office
schedules:
  - {name: Office, time_zone: UTC, hours: {mon: "09:00-13:00", tue: "09:00-13:00"}}
  - {name: Late, time_zone: UTC, hours: {mon: "12:00-20:00", tue: "12:00-20:00"}}
queues:
  - {name: General, ids: {demo: "1"}}
  - {name: Priority, ids: {demo: "2"}, hours: Late}
rules:
  - name: Enterprise to Priority
    when: {field: segment, is: Enterprise}
    then: {queue: Priority, first_reply: 30 min}
  - name: All others
    when: always
    then: {first_reply: 4 h, resolution: 2 d}
  - name: Again
    on: replied
    when: always
    then: {resolution: 6 h, tags: [again]}
"""
ENTERPRISE = {"account.employees": Fact(900.0, "CRM", NOON)}


def said(minutes: int, by: Actor = Actor.AGENT) -> Event:
    at = NOON + timedelta(minutes=minutes)
    agent = "5" if by is Actor.AGENT else None
    return TicketReplied(ticket=REF, at=at, key=f"r{minutes}", by=by, agent=agent, public=True)


def solved(minutes: int) -> Event:
    at = NOON + timedelta(minutes=minutes)
    return TicketSolved(ticket=REF, at=at, key=f"s{minutes}", by=Actor.AGENT, agent="5")


@pytest.fixture
def desk(clock: FakeClock) -> MemoryDesk:
    desk = MemoryDesk(clock)
    desk.add(a_reading())
    return desk


@pytest.fixture
def house(store: Store, clock: FakeClock, desk: MemoryDesk) -> House:
    publish(store, PLAYBOOK, NOON)
    return House(store, clock, desk)


def happens(house: House, events: Sequence[Event], minutes: int) -> None:
    house.desk.events["17"] += events
    if any(isinstance(event, TicketSolved) for event in events):
        house.desk.tickets["17"] = replace(house.desk.tickets["17"], status=Status.SOLVED)
    house.clock.at = NOON + timedelta(minutes=minutes)
    house.handle(claimed())


def row(database: Database) -> Any:
    with database.read() as connection:
        return connection.execute(select(TICKETS)).one()


def measured(database: Database) -> tuple[object, ...]:
    of = row(database)
    return of.schedule, of.first_reply_worked, of.first_solved_worked, of.solved_worked


def promised(database: Database) -> tuple[int | None, int | None]:
    of = row(database)
    return of.first_reply_target, of.resolution_target


def test_a_ticket_is_measured_by_the_hours_of_all_or_by_those_of_its_queue(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    assert measured(database) == ("Office", None, None, None)
    # From 12:00 to 13:00 on Monday, and on Tuesday from 09:00.
    happens(house, [said(30), solved(60 * 22)], minutes=60 * 23)
    assert measured(database) == ("Office", HOUR // 2, 2 * HOUR, 2 * HOUR)


def test_a_queue_with_hours_of_its_own_is_measured_by_those(
    house: House, database: Database
) -> None:
    house.customers = Knows(ENTERPRISE)
    house.handle(claimed())
    happens(house, [said(30), solved(60 * 22)], minutes=60 * 23)
    assert measured(database) == ("Late", HOUR // 2, 8 * HOUR, 8 * HOUR)


def test_what_had_happened_before_it_was_decided_is_measured_as_well(
    house: House, database: Database
) -> None:
    house.desk.add(a_reading("17", said(30)))
    house.clock.turn(hours=1)
    house.handle(claimed())
    assert measured(database) == ("Office", HOUR // 2, None, None)


def test_a_playbook_with_other_hours_leaves_the_ticket_with_its_own(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    publish(house.store, PLAYBOOK.replace("hours: Office\n", "hours: Late\n"), NOON, based_on=1)
    happens(house, [said(90)], minutes=100)
    assert measured(database) == ("Office", HOUR, None, None)


def test_hours_that_are_gone_are_as_the_playbook_had_them_that_decided(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    without = PLAYBOOK.replace("hours: Office\n", "").replace("name: Office", "name: Shop")
    publish(house.store, without, NOON, based_on=1)
    happens(house, [said(30)], minutes=40)
    assert measured(database) == ("Office", HOUR // 2, None, None)


def test_a_later_version_counts_from_its_day_on_also_for_tickets_that_are_open(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    later = '  - {name: Office, from: 2026-03-03, time_zone: UTC, hours: {tue: "00:00-13:00"}}\n'
    text = PLAYBOOK.replace("  - {name: Late", f"{later}  - {{name: Late")
    publish(house.store, text, NOON, based_on=1)
    happens(house, [solved(60 * 22)], minutes=60 * 23)
    assert measured(database) == ("Office", None, 11 * HOUR, 11 * HOUR)


def test_without_hours_in_the_playbook_none_are_measured(
    store: Store, clock: FakeClock, desk: MemoryDesk, database: Database
) -> None:
    publish(store, PLAYBOOK.replace("hours: Office\n", ""), NOON)
    house = House(store, clock, desk)
    house.handle(claimed())
    happens(house, [said(30)], minutes=40)
    assert measured(database) == (None, None, None, None)


def test_the_promises_of_the_opening_are_kept_with_the_ticket(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    assert promised(database) == (4 * HOUR, 48 * HOUR)


def test_a_later_decision_that_promises_anew_replaces_only_what_it_says(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    happens(house, [said(30, Actor.CUSTOMER)], minutes=31)
    assert promised(database) == (4 * HOUR, 6 * HOUR)
    assert row(database).counted is False


def test_a_repaired_decision_replaces_promises_and_hours(house: House, database: Database) -> None:
    house.customers = Knows(silent=("CRM",))
    house.handle(claimed())
    assert promised(database) == (4 * HOUR, 48 * HOUR)
    house.customers = Knows(ENTERPRISE)
    house.clock.turn(minutes=1)
    house.handling_all(house.store)([replace(claimed(), kind="repair")], FAR)
    # The first rule stops, so that the other one promises nothing.
    assert promised(database) == (HOUR // 2, None)
    assert measured(database) == ("Late", None, None, None)
