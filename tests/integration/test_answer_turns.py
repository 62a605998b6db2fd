"""What happens to a ticket after it was routed is answered by the rules for it, once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from world import (
    NOON,
    PLAYBOOK,
    CountingBell,
    CrashingStore,
    House,
    Killed,
    a_reading,
    claim,
    claimed,
    publish,
)

from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.playbook.watch_trials import WatchTrials
from plugin.flows.surveys.answer_survey import AnswerSurvey
from plugin.flows.tickets.explain import Explain
from plugin.flows.tickets.find_turns import TURN, FindTurns
from plugin.ports import Changes, Mail, Unavailable
from plugin.records.decisions import StoredDecision
from plugin.views.people import Person, Role
from routing.events import Actor, Event, TicketMoved, TicketReopened, TicketReplied, TicketSolved
from routing.forgetting import FORGOTTEN
from routing.rules.trace import Verdict
from routing.tickets import Priority, Status, TicketRef, Trigger

REF = TicketRef("demo", "17")
RULES = """
  - name: Again to Priority
    on: replied
    when: {field: ticket.subject, contains: sign in}
    then: {queue: Priority, note: The customer is back.}
  - name: Reopened is urgent
    on: reopened
    when: {field: ticket.status, has changed: {from: solved}}
    then: {escalate: Priority}
  - name: Late
    on: waiting
    waits: 4 h
    when: always
    then: {tags: [late], priority: urgent, notify: [lead@halden.example]}
  - name: Very late
    on: waiting
    waits: 8 h
    when: always
    then: {escalate: Priority}
  - name: Bad rating
    on: rated
    when: {field: ticket.rating, at most: 2}
    then: {notify: [lead@halden.example, boss@halden.example]}
"""


def with_rules(rules: str) -> str:
    return PLAYBOOK.replace("replies: []", f"{rules.strip(chr(10))}\nreplies: []")


def again(minutes: int = 30, key: str = "c1") -> TicketReplied:
    at = NOON + timedelta(minutes=minutes)
    return TicketReplied(ticket=REF, at=at, key=key, by=Actor.CUSTOMER, public=True)


def answered(minutes: int, key: str = "a1") -> TicketReplied:
    at = NOON + timedelta(minutes=minutes)
    return TicketReplied(ticket=REF, at=at, key=key, by=Actor.AGENT, agent="5", public=True)


def happens(house: House, *events: Event, minutes: int | None = None) -> None:
    """The desk's ticket gets these events, and the clock goes on to when the last one was."""
    house.desk.events["17"] += list(events)
    house.clock.at = max(event.at for event in events)
    if minutes is not None:
        house.clock.at = NOON + timedelta(minutes=minutes)


def later(house: House) -> list[StoredDecision]:
    """The decisions after the first, oldest first."""
    with house.store.look() as work:
        stored = work.tickets.find("demo", "17")
        assert stored is not None
        turns = work.turns.taken([stored.id])[stored.id]
        found = [work.decisions.get(one.taken.id) for one in turns]
    return [one for one in found if one is not None and one.turn != "opened"]


@pytest.fixture
def routed(house: House) -> House:
    """A house with a routed ticket and rules for what happens to it later."""
    publish(house.store, with_rules(RULES), NOON, based_on=1)
    house.handle(claimed())
    house.clock.turn(minutes=1)
    return house


def find(house: House) -> int:
    return FindTurns(house.store, CountingBell(), house.clock)()


def work_off(house: House) -> list[str]:
    """Handle everything that is due."""
    said = []
    while batch := claim(house.store, house.clock.now()):
        endings = house.handling_all(house.store)(batch, datetime.max.replace(tzinfo=NOON.tzinfo))
        with house.store.work() as work:
            done = {row: str(ending) for row, ending in endings.items()}
            work.inbox.finish(done, house.clock.now())
            work.commit()
        said += [str(one) for one in endings.values()]
    return said


def test_a_customer_who_writes_again_is_answered_by_the_rule_for_it_once(routed: House) -> None:
    happens(routed, again())
    assert routed.handle(claimed()) == "decided: replied"
    (decision,) = later(routed)
    assert decision.decision.fired == ("Again to Priority",)
    assert decision.facts.trigger is Trigger.REPLIED
    assert routed.desk.tickets["17"].queue == "2"
    (_, _), (_, note) = ((one[0], one[1]) for one in routed.desk.notes)
    assert "The customer has written again." in note
    assert "The customer is back." in note
    for _ in range(3):
        assert not routed.handle(claimed())
    assert len(later(routed)) == 1
    assert len(routed.desk.notes) == 2


def test_the_snapshot_of_the_opening_stays(routed: House) -> None:
    before = routed.ticket()
    happens(routed, again())
    routed.handle(claimed())
    after = routed.ticket()
    assert (after.queue_name, after.segment, after.rule) == (
        before.queue_name,
        before.segment,
        before.rule,
    )
    assert after.decision == before.decision
    assert after.outcome.transfers == 0


def test_each_time_the_customer_writes_is_a_turn_of_its_own(routed: House) -> None:
    happens(routed, again(10, "c1"))
    routed.handle(claimed())
    happens(routed, again(20, "c2"), again(30, "c3"))
    assert routed.handle(claimed()) == "decided: replied, decided: replied"
    assert [one.turn for one in later(routed)] == ["c1", "c2", "c3"]


def test_what_no_rule_matches_is_decided_and_leaves_the_ticket_alone(routed: House) -> None:
    routed.desk.tickets["17"] = replace(routed.desk.tickets["17"], subject="Something else")
    happens(routed, again())
    routed.desk.points.clear()
    routed.handle(claimed())
    (decision,) = later(routed)
    assert (decision.decision.fired, decision.written) == ((), ())
    assert decision.applied_at is not None
    assert not any("write" in point or "note" in point for point in routed.desk.points)


def test_what_happened_before_the_routing_or_long_ago_is_no_turn(house: House) -> None:
    publish(house.store, with_rules(RULES), NOON, based_on=1)
    house.desk.events["17"].append(again(-10))
    house.handle(claimed())
    happens(house, again(1, "long ago"))
    house.clock.turn(days=2)
    house.handle(claimed())
    assert later(house) == []


def test_a_playbook_without_such_rules_looks_for_nothing(house: House) -> None:
    house.handle(claimed())
    house.desk.points.clear()
    happens(house, again())
    house.handle(claimed())
    assert later(house) == []
    assert house.desk.points == ["before read", "after read"]


def test_a_reopened_ticket_sees_what_has_changed(routed: House) -> None:
    at = NOON + timedelta(minutes=20)
    happens(
        routed,
        TicketSolved(ticket=REF, at=at, key="s1", by=Actor.AGENT, agent="5"),
        TicketReopened(ticket=REF, at=at + timedelta(minutes=5), key="r1", by=Actor.CUSTOMER),
    )
    assert "decided: reopened" in routed.handle(claimed())
    (decision,) = later(routed)
    assert decision.decision.fired == ("Reopened is urgent",)
    assert routed.desk.tickets["17"].priority is Priority.URGENT


class TestWaiting:
    def test_a_wait_is_found_when_it_is_over_and_answered_once(self, routed: House) -> None:
        routed.clock.at = NOON + timedelta(hours=3, minutes=59)
        assert find(routed) == 0
        routed.clock.at = NOON + timedelta(hours=4, minutes=1)
        assert find(routed) == 1
        assert find(routed) == 0
        assert work_off(routed) == ["decided: waiting"]
        (decision,) = later(routed)
        assert decision.decision.fired == ("Late",)
        assert decision.facts.waited == timedelta(hours=4)
        assert routed.desk.tickets["17"].tags >= {"late"}
        assert "The customer has waited for 4 hours for an answer." in routed.desk.notes[-1][1]

    def test_a_longer_wait_has_rules_of_its_own(self, routed: House) -> None:
        routed.clock.at = NOON + timedelta(hours=9)
        assert find(routed) == 2
        work_off(routed)
        assert [one.decision.fired for one in later(routed)] == [("Late",), ("Very late",)]
        assert routed.desk.tickets["17"].queue == "2"

    def test_nobody_waits_who_was_answered_until_they_ask_again(self, routed: House) -> None:
        happens(routed, answered(60), minutes=61)
        routed.handle(claimed())
        routed.clock.at = NOON + timedelta(hours=6)
        assert find(routed) == 0
        happens(routed, again(400, "c9"), again(410, "c10"))
        routed.handle(claimed())
        routed.clock.at = NOON + timedelta(minutes=400) + timedelta(hours=4, seconds=1)
        assert find(routed) == 1
        work_off(routed)
        assert [one.facts.trigger for one in later(routed)][-1] is Trigger.WAITING

    def test_an_answer_that_comes_while_the_delivery_waits_ends_it(self, routed: House) -> None:
        routed.clock.at = NOON + timedelta(hours=5)
        assert find(routed) == 1
        routed.desk.events["17"].append(answered(299))
        work_off(routed)
        assert later(routed) == []

    def test_what_was_due_while_nobody_looked_is_found_within_a_day(self, routed: House) -> None:
        routed.clock.at = NOON + timedelta(hours=20)
        assert find(routed) == 2
        assert len(work_off(routed)) == 2
        assert len(later(routed)) == 2

    def test_a_solved_ticket_waits_for_nothing(self, routed: House) -> None:
        at = NOON + timedelta(hours=1)
        happens(routed, TicketSolved(ticket=REF, at=at, key="s1", by=Actor.AGENT, agent="5"))
        solved = replace(routed.desk.tickets["17"], status=Status.SOLVED)
        routed.desk.tickets["17"] = solved
        routed.handle(claimed())
        routed.clock.at = NOON + timedelta(hours=9)
        assert find(routed) == 0

    def test_a_shadow_alone_is_tried_when_the_wait_is_over_and_only_noted(
        self, house: House
    ) -> None:
        shadow = RULES[RULES.index("  - name: Late") : RULES.index("  - name: Very late")]
        publish(house.store, with_rules(f"{shadow}    state: shadow\n"), NOON, based_on=1)
        house.handle(claimed())
        before = house.desk.tickets["17"], len(house.desk.notes)
        house.clock.at = NOON + timedelta(hours=5)
        assert find(house) == 1
        assert work_off(house) == ["decided: waiting"]
        (decision,) = later(house)
        assert decision.decision.fired == ()
        (tried,) = decision.decision.trace
        assert (tried.name, tried.verdict) == ("Late", Verdict.SHADOW)
        assert (house.desk.tickets["17"], len(house.desk.notes)) == before
        (counted, *_) = WatchTrials(house.store, house.clock).told()["Late"]
        assert counted == "Shadow: would have fired for 1 tickets."
        assert find(house) == 0


class TestMoves:
    LOOP = """
  - name: Priority is full
    on: moved
    when: {field: ticket.queue, is: Priority}
    then: {queue: General}
  - name: General is full
    on: moved
    when: {field: ticket.queue, is: General}
    then: {queue: Priority}
"""

    def test_two_rules_that_send_a_ticket_round_do_so_once_each(self, house: House) -> None:
        publish(house.store, with_rules(self.LOOP), NOON, based_on=1)
        house.desk.add(a_reading(queue="9"))
        house.handle(claimed())
        turns = [(one.decision.fired, one.decision.queue) for one in later(house)]
        assert turns == [
            (("General is full",), "Priority"),
            (("Priority is full",), "General"),
            ((), "General"),
        ]
        assert not house.handle(claimed())

    def test_a_person_who_moves_it_begins_anew(self, house: House) -> None:
        publish(house.store, with_rules(self.LOOP), NOON, based_on=1)
        house.handle(claimed())
        before = len(later(house))
        house.clock.turn(minutes=5)
        house.desk.tickets["17"] = replace(house.desk.tickets["17"], queue="2")
        house.handle(claimed())
        fired = [one.decision.fired for one in later(house)[before:]]
        assert fired[0] == ("Priority is full",)
        assert house.ticket().outcome.transfers == 1

    def test_what_changed_can_be_asked_for(self, house: House) -> None:
        rule = """
  - name: Out of General
    on: moved
    when: {field: ticket.queue, has changed: {from: General, to: Priority}}
    then: {tags: [up]}
"""
        publish(house.store, with_rules(rule), NOON, based_on=1)
        house.handle(claimed())
        house.clock.turn(minutes=5)
        house.desk.tickets["17"] = replace(house.desk.tickets["17"], queue="2")
        house.handle(claimed())
        assert later(house)[-1].decision.fired == ("Out of General",)
        assert "up" in house.desk.tickets["17"].tags


class TestHandingBack:
    RULE = """
  - name: Answer soon
    when: always
    then: {queue: General, hand_back: 30 min}
"""

    @pytest.fixture
    def given(self, house: House) -> House:
        publish(house.store, with_rules(self.RULE), NOON, based_on=1)
        house.handle(claimed())
        assert house.desk.tickets["17"].agent == "5"
        return house

    def test_an_agent_who_is_silent_loses_the_ticket_to_another(self, given: House) -> None:
        given.clock.at = NOON + timedelta(minutes=29)
        assert find(given) == 0
        given.clock.at = NOON + timedelta(minutes=31)
        assert find(given) == 1
        assert work_off(given) == ["decided: handed back"]
        assert given.desk.tickets["17"].agent == "6"
        assert given.ticket().agent_name == "Jonas Weber"
        assert "did not answer in time" in given.desk.notes[-1][1]
        assert find(given) == 0

    def test_nobody_loses_a_ticket_that_a_person_gave_them_since(self, given: House) -> None:
        given.clock.at = NOON + timedelta(minutes=29)
        given.desk.change("17", Changes(agent="6"))
        given.handle(claimed())
        given.clock.at = NOON + timedelta(minutes=31)
        find(given)
        work_off(given)
        assert given.desk.tickets["17"].agent == "6"
        assert later(given) == []

    def test_who_is_to_get_it_holds_it_although_the_desk_is_down(self, given: House) -> None:
        given.clock.at = NOON + timedelta(minutes=31)
        find(given)
        given.desk.trouble["before write"] = Unavailable("The desk is down.")
        work_off(given)
        given.clock.turn(minutes=2)
        given.desk.trouble["before write"] = Unavailable("The desk is down.")
        with suppress(Unavailable):
            given.handle(claimed())
        assert given.desk.tickets["17"].agent == "5"
        assert given.ticket().agent_name == "Jonas Weber"
        given.handle(claimed())
        assert given.desk.tickets["17"].agent == "6"

    def test_an_answer_keeps_it(self, given: House) -> None:
        happens(given, answered(20), minutes=31)
        find(given)
        work_off(given)
        assert later(given) == []
        assert given.desk.tickets["17"].agent == "5"


class TestRatings:
    def test_a_bad_rating_tells_people_by_mail(self, routed: House) -> None:
        at = NOON + timedelta(hours=1)
        happens(routed, TicketSolved(ticket=REF, at=at, key="s1", by=Actor.AGENT, agent="5"))
        solved = replace(routed.desk.tickets["17"], status=Status.SOLVED)
        routed.desk.tickets["17"] = solved
        assert routed.handle(claimed()) == "survey sent"
        answer = AnswerSurvey(routed.store, routed.links, CountingBell(), routed.clock)
        link = routed.links.survey(1).rpartition("/")[2]
        answer.answer(link, 2, "Slow.")
        assert work_off(routed) == ["decided: rated"]
        assert sorted(mail.to for mail in mails(routed)) == [
            "boss@halden.example",
            "lead@halden.example",
        ]
        assert all("Slow." not in mail.text for mail in mails(routed))
        answer.answer(link, 1, "Very slow.")
        work_off(routed)
        assert len(later(routed)) == 1


def mails(house: House) -> list[Mail]:
    with house.store.work() as work:
        now = house.clock.now()
        until = now + timedelta(minutes=3)
        return [due.thing for due in iter(lambda: work.mails.take(now, until), None)]


class TestActions:
    TEXT = """
  - name: All of it
    when: always
    then:
      queue: General
      fields: {tier: "2"}
      note: Look at the log first.
      resolution: 4 h
      answer: Hello
      notify: [lead@halden.example]
"""

    def publish(self, house: House, body: str) -> None:
        text = with_rules(self.TEXT).replace(
            "replies: []", f"replies: [{{name: Hello, body: '{body}', language: en}}]"
        )
        publish(house.store, text, NOON, based_on=1)

    def test_fields_note_automatic_reply_and_mail(self, house: House) -> None:
        self.publish(house, "Dear {{ customer.name }}, look here.")
        house.handle(claimed())
        assert house.desk.fields == {"tier": "2"}
        assert "Look at the log first." in house.desk.notes[0][1]
        assert "To be solved within 4 hours." in house.desk.notes[0][1]
        ((_, text, mark),) = house.desk.replies
        assert text.startswith("Dear Lena Vogt, look here.\n\nThis answer was sent automatically.")
        assert mark == "Deskroute answer 1"
        (mail,) = mails(house)
        assert (mail.to, mail.key) == ("lead@halden.example", "decision-1-1-1")
        told = {one.what: one.done for one in house.decision().written}
        assert told["answer"]
        assert told["mail"]
        assert told["field"]

    def test_a_reply_with_a_gap_is_not_sent_and_says_why(self, house: House) -> None:
        self.publish(house, "Your plan {{ customer.plan }} has it.")
        house.handle(claimed())
        assert house.desk.replies == []
        (line,) = [one for one in house.decision().written if one.what == "answer"]
        assert (line.done, line.why) == (False, "“Hello” is not sent: customer.plan is unknown.")

    @pytest.mark.parametrize("point", ["before reply", "after reply", "after note"])
    def test_a_worker_that_ends_sends_it_once_all_the_same(self, house: House, point: str) -> None:
        self.publish(house, "Look here.")
        house.desk.trouble[point] = Killed()
        with suppress(Killed):
            house.handle(claimed())
        house.clock.turn(minutes=2)
        house.handle(claimed())
        assert len(house.desk.replies) == 1
        assert len(house.desk.notes) == 1
        assert len(mails(house)) == 1


def answer_twice(house: House) -> None:
    """A ticket that got an automatic reply, and of which a later rule wants to send one again."""
    rules = """
  - name: First
    when: always
    then: {answer: Hello}
  - name: Second
    on: replied
    when: always
    then: {answer: Hello}
"""
    text = with_rules(rules).replace("replies: []", "replies: [{name: Hello, body: Look here.}]")
    publish(house.store, text, NOON, based_on=1)
    house.handle(claimed())
    house.clock.turn(minutes=1)
    happens(house, again())


def test_a_later_answer_is_not_sent_to_a_customer_who_had_one(house: House) -> None:
    answer_twice(house)
    house.handle(claimed())
    assert len(house.desk.replies) == 1
    (decision,) = later(house)
    assert any("before" in one.why for one in decision.written if one.what == "answer")


def test_nor_is_it_when_the_desk_was_down_at_the_first_try(house: House) -> None:
    answer_twice(house)
    house.desk.trouble["before write"] = Unavailable("The desk is down.")
    with pytest.raises(Unavailable):
        house.handle(claimed())
    house.clock.turn(minutes=2)
    house.handle(claimed())
    assert len(house.desk.replies) == 1
    assert all(one.applied_at is not None for one in later(house))


class TestWhatPeopleDidMeanwhile:
    """A decision that could not be written at once leaves alone what people have done since."""

    @pytest.fixture
    def unwritten(self, routed: House) -> House:
        happens(routed, again())
        routed.desk.trouble["before write"] = Unavailable("The desk is down.")
        with pytest.raises(Unavailable):
            routed.handle(claimed())
        routed.clock.turn(minutes=30)
        return routed

    def test_the_queue_and_the_agent_a_person_chose_stay(self, unwritten: House) -> None:
        unwritten.desk.change("17", Changes(queue="9", agent="99"))
        unwritten.handle(claimed())
        ticket = unwritten.desk.tickets["17"]
        assert (ticket.queue, ticket.agent) == ("9", "99")
        assert all(one.applied_at is not None for one in later(unwritten))

    def test_an_agent_a_person_chose_keeps_a_ticket_that_is_not_moved(self, routed: House) -> None:
        routed.clock.at = NOON + timedelta(hours=5)
        find(routed)
        routed.desk.trouble["before write"] = Unavailable("The desk is down.")
        work_off(routed)
        other = "6" if routed.desk.tickets["17"].agent == "5" else "5"
        routed.desk.change("17", Changes(queue="2", agent=other))
        routed.clock.turn(minutes=2)
        routed.handle(claimed())
        ticket = routed.desk.tickets["17"]
        assert (ticket.queue, ticket.agent, ticket.priority) == ("2", other, Priority.URGENT)

    def test_it_is_written_although_the_rules_are_gone_by_now(self, unwritten: House) -> None:
        publish(unwritten.store, PLAYBOOK, unwritten.clock.now(), based_on=2)
        unwritten.handle(claimed())
        assert unwritten.desk.tickets["17"].queue == "2"
        assert all(one.applied_at is not None for one in later(unwritten))


def test_our_own_later_move_is_nobodys_transfer_whenever_a_worker_ends(routed: House) -> None:
    happens(routed, again())
    routed.desk.trouble["after write"] = Killed()
    with suppress(Killed):
        routed.handle(claimed())
    routed.clock.turn(minutes=2)
    routed.handle(claimed())
    assert routed.ticket().outcome.transfers == 0
    with routed.store.look() as work:
        events = work.tickets.events([routed.ticket()])[routed.ticket().id]
    moves = [one for one in events if isinstance(one, TicketMoved)]
    assert [one.by for one in moves if one.queue == "2"] == [Actor.US]


def test_a_customer_forgotten_meanwhile_does_not_come_back_with_a_later_decision(
    routed: House,
) -> None:
    admin = Person(1, "ruben@halden.example", "Ruben", Role.ADMIN)
    forget = ForgetCustomers(routed.store, routed.clock)
    forget.forget("lena@kontor.example", admin)
    routed.clock.at = NOON + timedelta(hours=5)
    find(routed)
    work_off(routed)
    (decision,) = later(routed)
    assert decision.facts.ticket.requester_email is None
    assert (decision.facts.ticket.subject, decision.facts.ticket.text) == (FORGOTTEN, "")


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "lost"])
@pytest.mark.parametrize("at", range(1, 8))
def test_whatever_transaction_a_worker_ends_at_a_turn_is_taken_once(
    routed: House, at: int, kept: bool
) -> None:
    happens(routed, again())
    with suppress(Killed):
        handle = routed.handling(CrashingStore(routed.store, at, kept=kept))
        handle(claimed())
    routed.clock.turn(minutes=2)
    routed.handle(claimed())
    assert [one.turn for one in later(routed)] == ["c1"]
    assert all(one.applied_at is not None for one in later(routed))
    assert len({one[2] for one in routed.desk.notes}) == len(routed.desk.notes) == 2


@pytest.mark.parametrize("point", ["before write", "after write", "before note", "after note"])
def test_whatever_call_to_the_desk_a_worker_ends_at_it_is_written_once(
    routed: House, point: str
) -> None:
    happens(routed, again())
    routed.desk.trouble[point] = Killed()
    with suppress(Killed):
        routed.handle(claimed())
    routed.clock.turn(minutes=2)
    routed.handle(claimed())
    assert routed.desk.tickets["17"].queue == "2"
    assert len(routed.desk.notes) == 2
    assert len(later(routed)) == 1


def test_a_delivery_of_our_own_is_counted_like_any_other(routed: House) -> None:
    routed.clock.at = NOON + timedelta(hours=5)
    find(routed)
    (one,) = claim(routed.store, routed.clock.now())
    assert one.kind == TURN
    with routed.store.look() as work:
        tally = work.inbox.tally()
    assert tally.received == tally.done + tally.waiting + tally.parked == 1


def test_later_decisions_come_out_again_bit_for_bit(routed: House) -> None:
    happens(routed, again(10, "c1"))
    routed.handle(claimed())
    routed.clock.at = NOON + timedelta(hours=9)
    find(routed)
    work_off(routed)
    explain = Explain(routed.store)
    decisions = later(routed)
    assert len(decisions) == 3
    for one in decisions:
        (verified,) = explain.verify(one.id)
        assert verified.apart == ()
    view = explain.view(routed.decision().id)
    assert view is not None
    assert [one.happened for one in view.others] == [
        "The customer has written again.",
        "The customer has waited for 4 hours for an answer.",
        "The customer has waited for 8 hours for an answer.",
    ]
