"""What the panel reads of a customer, and what becomes of a ticket that an agent moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from world import (
    NOON,
    FakeClock,
    House,
    Knows,
    MemoryDesk,
    SomeDesks,
    a_reading,
    a_survey,
    claimed,
    publish,
)

from plugin.flows.tickets.panel import SeePanel
from plugin.ports import Refused
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.views.panel import PanelView, Rating
from plugin.views.people import Person, Role
from routing.outcomes.outcome import Outcome
from routing.tickets import Fact, Status, Ticket, TicketRef

MARA = Person(1, "mara@halden.example", "Mara Lindqvist", Role.AGENT)
LENA = "lena@kontor.example"
DAY = timedelta(days=1)

PLAYBOOK = """\
playbook: Halden Books
default_queue: General
segments:
  - name: Enterprise
    model: firmographic
    when:
      all:
        - {field: account.employees, at least: 500}
        - {field: customer.plan, is: Business}
  - name: Web shops
    model: needs-based
    when: {field: customer.devices, contains: till}
queues:
  - {name: General, ids: {demo: "1"}}
  - {name: Priority, ids: {demo: "2"}}
rules:
  - {name: Enterprise first, when: {field: segment, is: Enterprise}, then: {queue: Priority}}
"""


@dataclass(slots=True)
class Desk:
    """A house with the panel in its desk."""

    house: House
    knows: Knows

    @property
    def panel(self) -> SeePanel:
        return SeePanel(self.house.store, SomeDesks({"demo": self.house.desk}), self.house.clock)

    def routed(self, key: str = "17") -> PanelView:
        """Let a ticket be routed, and open its panel."""
        self.house.handle(claimed(key))
        view = self.panel.view("demo", key)
        assert view is not None
        return view


@pytest.fixture
def desk(store: Store, clock: FakeClock) -> Desk:
    publish(store, PLAYBOOK, clock.now())
    desk = MemoryDesk(clock)
    desk.add(a_reading())
    knows = Knows()
    return Desk(House(store, clock, desk, customers=knows), knows)


def crm(value: str | float) -> Fact:
    return Fact(value, "CRM", NOON - timedelta(hours=2))


def past(
    key: str, days: float, *, email: str = LENA, score: int | None = None, solved: bool = True
) -> PastTicket:
    """A ticket opened so many days ago, and solved a day later."""
    opened = NOON - days * DAY
    ticket = Ticket(
        ref=TicketRef("history", key),
        subject=f"Cannot sign in {key}",
        text="",
        requester_email=email,
        opened_at=opened,
        status=Status.SOLVED if solved else Status.OPEN,
    )
    end = opened + DAY if solved else None
    outcome = Outcome(opened, end, end, end, None, 1, 0, 0)
    return PastTicket(ticket, outcome, "en", None, "General", None, score)


def remember(store: Store, *tickets: PastTicket) -> None:
    with store.work() as work:
        work.tickets.add_past(tickets, NOON)
        work.commit()


def test_the_panel_counts_the_customers_other_tickets_and_shows_the_last_two(desk: Desk) -> None:
    remember(desk.house.store, past("1", 30), past("2", 20), past("3", 10))
    desk.house.desk.add(a_reading("18", subject="And the invoice", opened_at=NOON - DAY))
    desk.house.handle(claimed("18"))
    seen = desk.routed().history
    assert (seen.count, seen.open) == (4, 1)
    assert [one.ticket for one in seen.tickets] == ["18", "3"]
    assert [one.status for one in seen.tickets] == [Status.OPEN, Status.SOLVED]
    assert seen.tickets[1].solved_at == NOON - 9 * DAY


def test_tickets_of_others_and_of_nobody_are_not_this_customers(desk: Desk) -> None:
    remember(desk.house.store, past("1", 30, email="tom@hafen.example"))
    desk.house.desk.add(a_reading("18", email=None))
    desk.house.desk.add(a_reading("19", email=None))
    assert desk.routed().history.count == 0
    desk.house.handle(claimed("18"))
    assert desk.routed("19").history.count == 0


def test_an_imported_ticket_never_counts_as_open(desk: Desk) -> None:
    remember(desk.house.store, past("1", 30, solved=False))
    seen = desk.routed().history
    assert (seen.count, seen.open) == (1, 0)


def test_the_last_three_ratings_come_newest_first(desk: Desk) -> None:
    remember(
        desk.house.store,
        past("1", 50, score=1),
        past("2", 40, score=5),
        past("3", 30, score=4),
        past("4", 20),
        past("5", 10, score=2),
    )
    ratings = desk.routed().history.ratings
    assert ratings == (
        Rating(2, NOON - 9 * DAY),
        Rating(4, NOON - 29 * DAY),
        Rating(5, NOON - 39 * DAY),
    )


def test_a_rating_bears_the_day_it_was_given_and_not_the_day_of_the_solving(desk: Desk) -> None:
    desk.routed()
    stored = desk.house.ticket()
    with desk.house.store.work() as work:
        survey = a_survey(work, stored, "s-1", NOON)
        work.surveys.answer(survey, 2, "", "", NOON + 3 * DAY)
        work.commit()
    view = desk.panel.view("demo", "17")
    assert view is not None
    assert view.history.ratings == (Rating(2, NOON + 3 * DAY),)


def test_similar_cases_are_those_of_the_same_segment_and_language_solved_last(desk: Desk) -> None:
    same = [replace(past(str(n), 30 - n), language=None) for n in range(3)]
    other = replace(past("8", 5), language=None, segment="Enterprise")
    open_still = replace(past("9", 4, solved=False), language=None)
    remember(desk.house.store, *same, other, past("7", 3), open_still)
    view = desk.routed()
    assert [one.ticket for one in view.solved_before] == ["2", "1"]
    assert view.solved_before[0].took == DAY


def test_a_segment_that_one_unknown_keeps_away_is_named_with_what_is_unknown(desk: Desk) -> None:
    desk.knows.facts = {"account.employees": crm(900.0)}
    near = desk.routed().near
    assert near is not None
    assert (near.name, near.test.sentence) == ("Enterprise", "plan is Business")
    assert not near.is_known


def test_of_a_customer_of_whom_nothing_is_known_no_segment_is_guessed(desk: Desk) -> None:
    assert desk.routed().near is None


def test_while_a_source_was_silent_a_segment_may_hang_on_it(desk: Desk) -> None:
    desk.knows.facts = {"customer.plan": crm("Start")}
    desk.knows.silent = ("shop",)
    view = desk.routed()
    assert view.degraded == ("shop",)
    assert view.near is not None
    assert view.near.name == "Web shops"


def test_a_ticket_that_was_moved_says_where_it_is_now(desk: Desk) -> None:
    desk.knows.facts = {"account.employees": crm(900.0), "customer.plan": crm("Business")}
    view = desk.routed()
    assert view.queue_now is None
    desk.panel.move(view.decision_id, "General", "It is a bill.", MARA)
    moved = desk.panel.view("demo", "17")
    assert moved is not None
    assert (moved.decision.queue, moved.queue_now) == ("Priority", "General")
    assert moved.other_queues == ("Priority",)


def test_all_that_is_known_comes_by_the_names_that_people_say(desk: Desk) -> None:
    desk.knows.facts = {"account.employees": crm(900.0), "customer.shoe_size": crm(44.0)}
    known = desk.routed().known
    assert list(known)[-3:] == ["employees", "tickets before this one", "customer.shoe_size"]


def test_a_ticket_cannot_be_moved_to_a_queue_that_the_desk_does_not_have(desk: Desk) -> None:
    view = desk.routed()
    with pytest.raises(Refused, match="is not one that this desk has"):
        desk.panel.move(view.decision_id, "Attic", "", MARA)


def test_what_an_agent_says_of_a_move_becomes_a_note_in_the_ticket(desk: Desk) -> None:
    view = desk.routed()
    notes = len(desk.house.desk.notes)
    desk.panel.move(view.decision_id, "Priority", "It is urgent. " * 100, MARA)
    ((ticket, text, _),) = desk.house.desk.notes[notes:]
    assert ticket == "17"
    assert text.startswith("Mara Lindqvist moved this ticket from General to Priority: It is")
    assert len(text) < 700


def test_a_ticket_is_not_moved_to_where_it_is(desk: Desk) -> None:
    view = desk.routed()
    with pytest.raises(Refused, match="is in General already"):
        desk.panel.move(view.decision_id, "General", "", MARA)
