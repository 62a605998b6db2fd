"""Tickets decided while a source was silent are decided again when it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from world import (
    NOON,
    PLAYBOOK,
    CountingBell,
    CrashingStore,
    FakeClock,
    House,
    Killed,
    Source,
    a_reading,
    claim,
    claimed,
    publish,
)

from plugin.customers.cached import Cached
from plugin.customers.gather import GatherCustomers
from plugin.customers.typed import Answer
from plugin.flows.tickets.find_turns import FindTurns
from plugin.flows.tickets.repair import MOST, FindRepairs
from plugin.ports import Changes, Requester, Unavailable
from plugin.records.inbox import Claimed
from plugin.records.work import Store
from plugin.terms import Terms
from routing.conditions.fields import Fields
from routing.events import Actor, TicketReplied
from routing.tickets import Fact, Priority, Status, TicketRef

ENTERPRISE = {"account.employees": 900.0}
DOWN = Unavailable("CRM is down.")


@dataclass(slots=True)
class Crm:
    """A source that is down until it is mended."""

    clock: FakeClock
    name: str = "CRM"
    down: bool = True
    values: dict[str, Any] = field(default_factory=lambda: dict(ENTERPRISE))
    asked: int = 0

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        _ = who, fields
        self.asked += 1
        if self.down:
            raise DOWN
        now = self.clock.now()
        return Answer({key: Fact(value, self.name, now) for key, value in self.values.items()})


@pytest.fixture
def crm(clock: FakeClock) -> Crm:
    return Crm(clock)


@pytest.fixture
def degraded(house: House, crm: Crm) -> House:
    """Ticket 17, routed to General while the CRM was down."""
    house.desk.add(a_reading(queue="9"))
    house = with_sources(house, crm)
    house.handle(claimed())
    assert house.decision().degraded == ("CRM",)
    assert house.decision().decision.queue == "General"
    return house


def with_sources(house: House, *crms: Crm) -> House:
    sources = [Cached(crm, Terms(), house.store, house.clock, 2.0) for crm in crms]
    return replace(house, customers=GatherCustomers(lambda: sources, 2.0))


def find(house: House) -> int:
    bell = CountingBell()
    found = FindRepairs(house.store, house.customers, bell, house.clock)()
    assert bell.rung == (1 if found else 0)
    return found


def work_off(house: House, store: Store | None = None) -> list[str]:
    """Handle what is due, as a worker does; what each delivery came to."""
    said = []
    for one in claim(house.store, house.clock.now()):
        said.append(house.handling(store or house.store)(one))
        with house.store.work() as work:
            work.inbox.finish({one.id: said[-1]}, house.clock.now())
            work.commit()
    return said


def mend(house: House, crm: Crm) -> None:
    crm.down = False
    house.clock.turn(seconds=30)


def assert_repaired_once(house: House) -> None:
    """One decision in its second revision, two notes, and the ticket where it belongs."""
    decision = house.decision()
    assert house.decisions() == 1
    assert (decision.revision, decision.degraded) == (2, ())
    assert (decision.decision.segment, decision.decision.queue) == ("Enterprise", "Priority")
    assert [one[2] for one in house.desk.notes] == [
        "Deskroute decision 1",
        "Deskroute decision 1, revision 2",
    ]
    ticket = house.desk.tickets["17"]
    assert (ticket.queue, ticket.priority) == ("2", Priority.HIGH)
    stored = house.ticket()
    assert stored.applied
    assert (stored.segment, stored.queue_name) == ("Enterprise", "Priority")
    assert stored.rule == "Enterprise to Priority"
    assert stored.outcome.transfers == 0  # our own move is nobody's transfer
    with house.store.look() as work:
        assert sum(load.open for load in work.tickets.loads().values()) == 1


def test_a_ticket_is_decided_again_when_its_source_answers(degraded: House, crm: Crm) -> None:
    mend(degraded, crm)
    assert find(degraded) == 1
    assert work_off(degraded) == ["decided again"]
    assert_repaired_once(degraded)
    (_, text, _) = degraded.desk.notes[1]
    assert text.startswith("Decided again, since CRM answered.\n")
    assert "Segment: Enterprise" in text


def test_what_was_decided_before_is_kept_beside_it(degraded: House, crm: Crm) -> None:
    mend(degraded, crm)
    find(degraded)
    work_off(degraded)
    (before,) = degraded.decision().replaced
    assert (before.decided_at, before.degraded) == (NOON, ("CRM",))
    assert (before.decision.queue, before.facts.silent) == ("General", ("CRM",))
    with degraded.store.look() as work:
        assert work.decisions.fired(NOON - timedelta(days=1)) == {"Enterprise to Priority": 1}


def test_while_the_source_is_down_nothing_is_looked_at_again(degraded: House, crm: Crm) -> None:
    for _ in range(20):
        degraded.clock.turn(seconds=30)
        assert find(degraded) == 0
    # Somebody has to try it, though no new ticket comes: once each time.
    assert crm.asked == 21


def test_without_a_new_ticket_it_is_found_out_that_a_source_is_back(
    degraded: House, crm: Crm
) -> None:
    degraded.clock.turn(hours=1)
    assert find(degraded) == 0
    mend(degraded, crm)
    assert find(degraded) == 1


def test_the_same_ticket_is_put_into_the_inbox_once(degraded: House, crm: Crm) -> None:
    mend(degraded, crm)
    assert find(degraded) == 1
    assert find(degraded) == 0
    work_off(degraded)
    degraded.clock.turn(minutes=10)
    assert find(degraded) == 0
    assert_repaired_once(degraded)


@pytest.mark.parametrize(
    "touch",
    [
        lambda house: house.desk.change("17", Changes(queue="2", priority=Priority.LOW)),
        lambda house: house.desk.change("17", Changes(agent="99")),
        lambda house: house.desk.events["17"].append(
            TicketReplied(
                ticket=TicketRef("demo", "17"),
                at=house.clock.now(),
                key="r-1",
                by=Actor.AGENT,
                agent="5",
                public=True,
            )
        ),
    ],
    ids=["moved", "assigned", "answered"],
)
def test_a_ticket_a_person_has_touched_is_left_as_it_is(
    degraded: House, crm: Crm, touch: Callable[[House], object]
) -> None:
    touch(degraded)
    before = degraded.desk.tickets["17"]
    mend(degraded, crm)
    assert find(degraded) == 1
    assert work_off(degraded) == ["left as a person has it"]
    decision = degraded.decision()
    assert (decision.revision, decision.degraded, decision.decision.queue) == (1, (), "General")
    assert degraded.desk.tickets["17"] == before
    assert len(degraded.desk.notes) == 1


def test_a_solved_ticket_is_not_looked_at_again(degraded: House, crm: Crm) -> None:
    solved = replace(degraded.desk.tickets["17"], status=Status.SOLVED)
    degraded.desk.tickets["17"] = solved
    degraded.handle(claimed())
    mend(degraded, crm)
    assert find(degraded) == 0
    assert degraded.decision().revision == 1


def test_a_decision_that_would_be_the_same_is_only_not_degraded_any_more(
    degraded: House, crm: Crm
) -> None:
    crm.values = {"account.employees": 3.0}
    mend(degraded, crm)
    find(degraded)
    assert work_off(degraded) == ["decided the same again"]
    decision = degraded.decision()
    assert (decision.revision, decision.degraded, decision.replaced) == (1, (), ())
    assert len(degraded.desk.notes) == 1
    assert degraded.ticket().applied


def test_in_the_same_queue_the_ticket_stays_with_whom_it_is(house: House, crm: Crm) -> None:
    # Without itself the ticket's holder would be the least loaded again, or not; it is not moved.
    house = with_sources(house, crm)
    house.handle(claimed())
    holder = house.decision().decision.agent.agent
    for number in range(5):
        house.desk.add(a_reading(str(100 + number)))
        house.handle(claimed(str(100 + number)))
    crm.values = {"customer.plan": "Basic"}
    mend(house, crm)
    assert find(house) == 6
    work_off(house)
    assert house.decision().decision.agent.agent == holder
    assert house.decision().degraded == ()


def test_of_two_silent_sources_the_one_that_is_back_counts_and_the_other_is_still_missing(
    house: House, crm: Crm, clock: FakeClock
) -> None:
    shop = Crm(clock, name="Shop", values={"customer.plan": "Gold"})
    house.desk.add(a_reading(queue="9"))
    house = with_sources(house, crm, shop)
    house.handle(claimed())
    assert house.decision().degraded == ("CRM", "Shop")
    mend(house, crm)
    assert find(house) == 1
    assert work_off(house) == ["decided again"]
    assert house.decision().degraded == ("Shop",)
    mend(house, shop)
    assert find(house) == 1
    assert work_off(house) == ["decided the same again"]
    assert_repaired_once(house)


def test_a_source_that_goes_down_again_at_once_leaves_the_ticket_for_later(
    degraded: House, crm: Crm
) -> None:
    mend(degraded, crm)
    assert find(degraded) == 1
    with degraded.store.work() as work:  # what it said meanwhile is forgotten, and it is down
        work.customers.forget_source("CRM")
        work.commit()
    crm.down = True
    assert work_off(degraded) == ["still no answer from CRM"]
    assert degraded.decision().degraded == ("CRM",)
    mend(degraded, crm)
    degraded.clock.turn(minutes=1)
    assert find(degraded) == 1
    assert work_off(degraded) == ["decided again"]
    assert_repaired_once(degraded)


def test_another_source_that_is_down_now_does_not_make_the_decision_worse(
    house: House, crm: Crm, clock: FakeClock
) -> None:
    shop = Crm(clock, name="Shop", down=False, values={"account.employees": 900.0})
    crm.values = {"customer.plan": "Gold"}
    house.desk.add(a_reading(queue="9"))
    house = with_sources(house, crm, shop)
    house.handle(claimed())
    assert house.decision().decision.queue == "Priority"
    mend(house, crm)
    shop.down = True
    with house.store.work() as work:
        work.customers.forget_source("Shop")
        work.commit()
    assert find(house) == 1
    assert work_off(house) == ["still no answer from Shop"]
    assert (house.decision().revision, house.decision().decision.queue) == (1, "Priority")


def test_a_ticket_that_no_answer_helps_is_tried_less_and_less_often(house: House) -> None:
    useless = Source("CRM", lambda: ["no facts"])
    house = replace(house, customers=GatherCustomers(lambda: [useless], 2.0))
    house.handle(claimed())
    tried = []
    for minute in range(240):
        if find(house):
            tried.append(minute)
            assert work_off(house) == ["still no answer from CRM"]
        house.clock.turn(minutes=1)
    assert tried == [number * number for number in range(16)]


def test_of_very_many_tickets_some_are_taken_at_a_time(
    degraded: House, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.flows.tickets.repair.MOST", 3)
    assert MOST > 3
    for number in range(7):
        degraded.desk.add(a_reading(str(100 + number)))
        degraded.handle(claimed(str(100 + number)))
    mend(degraded, crm)
    found = []
    for _ in range(4):
        found.append(find(degraded))
        work_off(degraded)
    assert found == [3, 3, 2, 0]


@pytest.mark.parametrize(
    "point", ["before read", "after read", "before write", "after write", "before note"]
)
def test_a_worker_that_is_killed_at_the_desk_leaves_nothing_half_repaired(
    degraded: House, crm: Crm, point: str
) -> None:
    mend(degraded, crm)
    assert find(degraded) == 1
    (delivery,) = claim(degraded.store, degraded.clock.now())
    degraded.desk.trouble[point] = Killed()
    with pytest.raises(Killed):
        degraded.handle(delivery)
    degraded.clock.turn(minutes=2)
    (again,) = claim(degraded.store, degraded.clock.now())
    degraded.handle(again)
    assert_repaired_once(degraded)


@pytest.mark.parametrize("kept", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_worker_that_is_killed_at_any_transaction_leaves_nothing_half_repaired(
    degraded: House, crm: Crm, at: int, *, kept: bool
) -> None:
    mend(degraded, crm)
    assert find(degraded) == 1
    (delivery,) = claim(degraded.store, degraded.clock.now())
    crashing: Any = CrashingStore(degraded.store, at, kept=kept)
    try:
        degraded.handling(crashing)(delivery)
    except Killed:
        degraded.clock.turn(minutes=2)
        (again,) = claim(degraded.store, degraded.clock.now())
        assert isinstance(again, Claimed)
        degraded.handle(again)
    assert_repaired_once(degraded)


def test_a_delivery_of_the_desk_does_not_decide_again_by_itself(degraded: House, crm: Crm) -> None:
    mend(degraded, crm)
    degraded.handle(claimed())
    assert degraded.decision().revision == 1


LATER = """
  - name: Hello
    when: {field: account.employees, at least: 200}
    then: {note: Their manager is Ada., hand_back: 2 h}
    after: go on
  - name: Again
    on: replied
    when: always
    then: {queue: Priority}
"""


def with_later_rules(house: House, crm: Crm) -> House:
    text = PLAYBOOK.replace("replies: []", f"{LATER.strip(chr(10))}\nreplies: []")
    text = text.replace(
        """  - name: Enterprise to Priority
    when: {field: segment, is: Enterprise}
    then: {queue: Priority, priority: high, tags: [enterprise]}
    after: stop
""",
        "",
    )
    publish(house.store, text, NOON, based_on=1)
    house.desk.add(a_reading(queue="9"))
    house = with_sources(house, crm)
    house.handle(claimed())
    return house


def test_what_was_decided_later_is_not_undone_by_a_repair(house: House, crm: Crm) -> None:
    house = with_later_rules(house, crm)
    house.clock.turn(minutes=1)
    house.desk.events["17"].append(
        TicketReplied(
            ticket=TicketRef("demo", "17"),
            at=house.clock.now(),
            key="c1",
            by=Actor.CUSTOMER,
            public=True,
        )
    )
    house.handle(claimed())
    before = house.desk.tickets["17"]
    assert before.queue == "2"
    mend(house, crm)
    find(house)
    assert work_off(house) == ["left as it was decided later"]
    assert house.desk.tickets["17"] == before


def test_a_repair_that_only_adds_a_note_is_one(house: House, crm: Crm) -> None:
    crm.values = {"account.employees": 300.0}  # in no segment, as before
    house = with_later_rules(house, crm)
    mend(house, crm)
    find(house)
    assert work_off(house) == ["decided again"]
    assert "Their manager is Ada." in house.desk.notes[-1][1]
    house.clock.turn(minutes=150)
    assert FindTurns(house.store, CountingBell(), house.clock)() == 1
