"""Lessons from tickets that people moved, from the desk to a draft that a lead publishes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from world import (
    NOON,
    ON_SQLITE,
    PLAYBOOK,
    Command,
    FakeClock,
    House,
    Knows,
    a_reading,
    claimed,
    publish,
)

from plugin.flows.playbook.check_rules import CheckRules
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_rule import EditRule
from plugin.flows.playbook.learn_from_transfers import LearnFromTransfers
from plugin.flows.playbook.try_rule import TryRule
from plugin.flows.results.see_quality import SeeQuality
from plugin.ports import Refused
from plugin.records.work import Store
from plugin.views.people import Person, Role
from plugin.views.rules import RuleDraft
from routing.quality.lessons import Lesson, Lessons, Proposal
from routing.rules.rule import After
from routing.tickets import Fact, Status

INES = Person(1, "ines@halden.example", "Ines Moreau", Role.LEAD)
ENTERPRISE = "Enterprise to Priority"
REFUND = {"field": "ticket.subject", "contains": "refund"}


LARGE = Knows({"account.employees": Fact(900.0, "CRM", NOON)})
"""Sources that know that every customer's company is large."""


def live_through(house: House, count: int, first: int = 100) -> None:
    """Tickets a minute apart; every second is about a refund, and a person moves it to General."""
    house = replace(house, customers=LARGE)
    for number in range(first, first + count):
        key, refund = str(number), number % 2 == 0
        subject = f"A refund for order {number}" if refund else f"Cannot sign in since {number}"
        now = house.clock.turn(minutes=1)
        email = f"lena{number}@kontor.example"
        house.desk.add(a_reading(key, subject=subject, email=email, opened_at=now, at=now))
        house.handle(claimed(key))
        ticket = house.desk.tickets[key]
        queue = "1" if refund else ticket.queue
        house.desk.tickets[key] = replace(ticket, queue=queue, status=Status.SOLVED)
        house.clock.turn(seconds=20)
        house.handle(claimed(key))


@pytest.fixture
def taught(house: House) -> House:
    live_through(house, 60)
    return house


def learning(house: House) -> LearnFromTransfers:
    return LearnFromTransfers(house.store, house.clock)


def only(lessons: Lessons) -> tuple[Lesson, Proposal]:
    (lesson,) = lessons.lessons
    assert lesson.proposal is not None, lesson.nothing
    return lesson, lesson.proposal


def test_what_people_moved_becomes_a_rule_directly_above_with_its_back_test(
    taught: House,
) -> None:
    lessons = learning(taught)()
    lesson, proposal = only(lessons)
    assert (lesson.rule, lesson.queue, lesson.target) == (ENTERPRISE, "Priority", "General")
    assert (lesson.tickets, lesson.transfers, lessons.tickets) == (60, 30, 60)
    assert proposal.place == 2
    assert proposal.when == {"all": [{"field": "segment", "is": "Enterprise"}, REFUND]}
    # The priority and the tags of the rule below still go for its tickets.
    assert proposal.after is After.GO_ON
    judged = proposal.judged
    assert (judged.tickets, judged.right, judged.wrong) == (24, 12, 0)
    assert judged.precision.low > 0.7
    rehearsal = proposal.rehearsal
    assert rehearsal is not None
    assert (rehearsal.tickets, rehearsal.moved) == (60, 30)
    assert (rehearsal.right, rehearsal.wrong, rehearsal.untold) == (30, 0, 0)
    assert rehearsal.flows == (("Priority", "General", 30),)
    with taught.store.look() as work:
        assert len(work.playbooks.versions()) == 1


def test_a_proposal_is_opened_edited_and_published_by_a_lead(taught: House) -> None:
    learning(taught).keep()
    store, clock = taught.store, taught.clock
    view = SeeQuality(store, clock, lambda: None).view(90)
    assert view is not None
    (one,) = view.proposed
    editor = EditRule(
        store, clock, EditPlaybook(store, clock), TryRule(store, clock), CheckRules(clock)
    )
    draft = RuleDraft(
        based_on=1,
        was=None,
        place=one.proposal.place,
        name="Refunds to General",
        when=editor.condition(one.pairs, "preview"),
        queue=one.proposal.queue,
        after=one.proposal.after,
        note="As people do.",
    )
    assert draft.when == one.proposal.when
    assert editor.publish(draft, INES) == 2
    live_through(taught, 2, first=300)
    assert taught.ticket("300").queue_name == "General"
    assert taught.decision("300").decision.tags == ("enterprise",)
    assert taught.ticket("301").queue_name == "Priority"
    # What the new rule now sends right is no lesson any more.
    assert learning(taught)().lessons == ()


def test_only_tickets_that_go_there_today_teach(taught: House) -> None:
    # The rule sends them elsewhere by now, so what people did with its tickets is of the past.
    elsewhere = PLAYBOOK.replace("then: {queue: Priority,", "then: {queue: General,")
    publish(taught.store, elsewhere, taught.clock.now(), 1)
    assert learning(taught)() == Lessons(taught.clock.now(), 2, 0, ())


def test_a_rule_whose_tickets_are_mostly_moved_should_send_them_elsewhere_itself(
    house: House,
) -> None:
    large = replace(house, customers=LARGE)
    for number in range(100, 145):
        key, now = str(number), house.clock.turn(minutes=1)
        house.desk.add(a_reading(key, opened_at=now, at=now))
        large.handle(claimed(key))
        queue = "2" if number % 10 == 0 else "1"
        moved = replace(house.desk.tickets[key], queue=queue, status=Status.SOLVED)
        house.desk.tickets[key] = moved
        house.clock.turn(seconds=20)
        large.handle(claimed(key))
    _, proposal = only(learning(house)())
    assert (proposal.name, proposal.place, proposal.tests) == (ENTERPRISE, 2, ())
    assert proposal.when == {"field": "segment", "is": "Enterprise"}
    assert proposal.rehearsal is not None
    assert proposal.rehearsal.flows == (("Priority", "General", 45),)


def test_lessons_come_back_as_they_were_kept(taught: House) -> None:
    lessons = learning(taught).keep()
    with taught.store.look() as work:
        assert work.rule_reports.lessons() == lessons
        assert work.rule_reports.made() == {"lessons": (lessons.made_at, 1)}


def test_kept_lessons_hold_nothing_of_one_customer(taught: House) -> None:
    kept = repr(learning(taught).keep())
    assert "lena" not in kept.casefold()
    assert "order 102" not in kept


def test_without_a_playbook_there_is_nothing_to_learn_about(store: Store, clock: FakeClock) -> None:
    with pytest.raises(Refused, match="No playbook is published yet"):
        LearnFromTransfers(store, clock)()


@ON_SQLITE
def test_the_command_says_it_in_words_and_as_json(
    house: House, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command asks the machine's clock how far to look back.
    monkeypatch.setattr(
        "plugin.flows.playbook.learn_from_transfers.LOOKS_BACK", 10_000 * NOON.resolution
    )
    assert "0 decided tickets, 0 ways" in command("rules", "learn").output
    monkeypatch.setattr(
        "plugin.flows.playbook.learn_from_transfers.LOOKS_BACK", 10**15 * NOON.resolution
    )
    live_through(house, 60)
    said = command("rules", "learn")
    assert said.exit_code == 0
    assert f"Priority to General, by rule “{ENTERPRISE}”: 30 of 60 tickets moved." in said.output
    assert "Propose a rule at 2: subject contains refund, to General." in said.output
    assert "right for 12 of 12 (100.0%, 75.8% to 100.0%), wrong for 0" in said.output
    assert "Back-test on 60 tickets: 30 move, 30 to where people left them" in said.output
    told = json.loads(command("rules", "learn", "--json").stdout)
    assert told["lessons"][0]["proposal"]["tests"] == [REFUND]
    counted = command("rules", "count")
    assert counted.output.endswith("Learned. Proposals: 1.\n")
    with house.store.look() as work:
        assert set(work.rule_reports.made()) == {"quality", "lessons"}
