"""Tickets that were merged or deleted in their desk: measured no further, and nobody's work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from world import NOON, CountingBell, House, a_reading, claim, claimed

from plugin.flows.tickets.find_gone import FindGone
from plugin.ports import Changes, Refused
from plugin.records.work import Store
from routing.events import Actor, Gone, TicketReplied, TicketSolved
from routing.tickets import Load, Status, TicketRef

REF = TicketRef("demo", "17")


def loads(store: Store) -> dict[str, Load]:
    with store.look() as work:
        return work.tickets.loads()


def vanish(house: House, how: Gone) -> None:
    if how is Gone.MERGED:
        house.desk.gone["17"] = how
    else:
        del house.desk.tickets["17"]
    house.clock.turn(minutes=1)


@pytest.mark.parametrize("how", Gone)
def test_a_ticket_that_is_gone_frees_its_agent_and_is_waited_for_by_nobody(
    house: House, how: Gone
) -> None:
    house.handle(claimed())
    assert loads(house.store)
    vanish(house, how)
    assert house.handle(claimed()) == f"the ticket is {how}"
    outcome = house.ticket().outcome
    assert (outcome.gone, outcome.waiting_since, outcome.solved_at) == (how, None, None)
    assert loads(house.store) == {}
    with house.store.look() as work:
        assert work.turns.waiting(NOON - timedelta(days=1), NOON + timedelta(days=1)) == []


@pytest.mark.parametrize("how", Gone)
def test_it_is_told_once_and_keeps_what_had_become_of_it(house: House, how: Gone) -> None:
    reply = TicketReplied(
        ticket=REF, at=NOON + timedelta(minutes=1), key="r", by=Actor.AGENT, agent="5", public=True
    )
    house.desk.add(a_reading("17", reply))
    house.handle(claimed())
    vanish(house, how)
    for _ in range(3):
        house.handle(claimed())
        house.clock.turn(minutes=1)
    assert house.ticket().outcome.first_reply_time == timedelta(minutes=1)
    with house.store.look() as work:
        told = [event.key for event in work.tickets.events([house.ticket()])[house.ticket().id]]
    assert told.count("seen:gone:0") == 1
    assert len([key for key in told if "gone" in key]) == 1


@pytest.mark.parametrize("how", Gone)
def test_its_customer_is_not_asked_and_it_is_not_written_to(house: House, how: Gone) -> None:
    house.handle(claimed())
    notes = len(house.desk.notes)
    solving = TicketSolved(ticket=REF, at=NOON, key="s", by=Actor.AGENT, agent="5")
    house.desk.add(a_reading("17", solving, status=Status.CLOSED))
    vanish(house, how)
    house.handle(claimed())
    assert house.desk.replies == []
    assert len(house.desk.notes) == notes


def test_a_ticket_that_is_merged_before_it_was_ever_read_is_not_routed(house: House) -> None:
    house.desk.gone["17"] = Gone.MERGED
    assert house.handle(claimed()) == "the ticket is merged"
    assert (house.ticket().decision, house.ticket().outcome.gone) == (None, Gone.MERGED)


def test_a_ticket_that_nobody_knows_is_refused_as_before(house: House) -> None:
    del house.desk.tickets["17"]
    with pytest.raises(Refused, match="no ticket 17"):
        house.handle(claimed())


@pytest.mark.parametrize("how", Gone)
def test_a_ticket_nobody_has_read_for_a_day_is_looked_at_once(house: House, how: Gone) -> None:
    bell = CountingBell()
    look = FindGone(house.store, bell, house.clock)
    house.handle(claimed())
    vanish(house, how)
    assert look() == 0
    house.clock.turn(days=1, minutes=1)
    assert (look(), look(), bell.rung) == (1, 0, 1)
    (delivery,) = claim(house.store, house.clock.now())
    assert house.handle(delivery) == f"the ticket is {how}"
    house.clock.turn(days=2)
    assert look() == 0


def test_one_that_is_still_there_is_left_alone_for_another_day(house: House) -> None:
    look = FindGone(house.store, CountingBell(), house.clock)
    house.handle(claimed())
    for _ in range(2):
        house.clock.turn(days=1, minutes=1)
        assert (look(), look()) == (1, 0)
        house.handle(claimed())
        assert look() == 0


@pytest.mark.parametrize("how", Gone)
def test_one_that_is_back_is_worked_on_as_before(house: House, how: Gone) -> None:
    house.handle(claimed())
    before, ticket = house.ticket(), house.desk.tickets["17"]
    vanish(house, how)
    house.handle(claimed())
    house.desk.tickets["17"] = ticket
    house.desk.gone.clear()
    house.desk.change("17", Changes(queue="2"))
    house.clock.turn(minutes=1)
    house.handle(claimed())
    now = house.ticket()
    assert (now.outcome.gone, now.outcome.waiting_since) == (None, before.outcome.waiting_since)
    assert now.outcome.transfers == 1
    assert sum(load.open for load in loads(house.store).values()) == 1
