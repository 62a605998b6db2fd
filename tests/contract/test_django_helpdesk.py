from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.demo.desk import LiveDesk
from plugin.desks import transport
from plugin.desks.django_helpdesk import DjangoHelpdesk
from plugin.ports import (
    Changes,
    Delivery,
    NoTicket,
    Reading,
    Refused,
    Unavailable,
    Written,
)
from routing.events import (
    Actor,
    Gone,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.tickets import Priority, Status, Ticket, TicketRef

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Fixed:
    """A clock that stands still."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def ours(live_desk: LiveDesk) -> Iterator[DjangoHelpdesk]:
    desk = DjangoHelpdesk("main", live_desk.url, live_desk.token, live_desk.api_user_id, Fixed())
    yield desk
    desk.close()


@pytest.fixture
def at_peer(peer: Any) -> Iterator[DjangoHelpdesk]:
    desk = DjangoHelpdesk("main", peer.url, "t0ken", "3", Fixed())
    yield desk
    desk.close()


@pytest.fixture
def opened(live_desk: LiveDesk) -> str:
    return live_desk.open_by_form("Billing", "Refund", "Where is it?", "sam@example.com")


def comments(desk: LiveDesk, ticket: str) -> list[dict[str, Any]]:
    """The ticket's history after its opening."""
    history: Any = desk.ticket(ticket)["followup_set"]
    return list(history[1:])


def delivered(body: bytes) -> Delivery:
    return Delivery("main", body, {}, NOON)


def some_reading(age: float = 60, **fields: Any) -> Reading:
    """A ticket as it was read some seconds ago."""
    ticket = Ticket(TicketRef("main", "7"), "Refund", "Where is it?", "sam@example.com", NOON)
    return Reading(replace(ticket, **fields), (), NOON - timedelta(seconds=age))


def a_ticket_answer(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "status": 1, "priority": 3, "followup_set": [], **fields}


class TestReading:
    def test_a_ticket_from_the_web_form_is_read_whole(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        reading = ours.read(opened)
        history: Any = live_desk.ticket(opened)["followup_set"]
        opened_at = datetime.fromisoformat(history[0]["date"])
        ref = TicketRef("main", opened)
        assert reading.ticket == Ticket(
            ref=ref,
            subject="Refund",
            text="Where is it?",
            requester_email="sam@example.com",
            opened_at=opened_at,
            status=Status.OPEN,
            priority=Priority.NORMAL,
            queue=live_desk.queue_ids["Billing"],
        )
        key = f"ticket:{opened}:opened"
        assert reading.events == (
            TicketOpened(ticket=ref, at=opened_at, key=key, by=Actor.CUSTOMER),
        )
        assert opened_at.utcoffset() is not None
        assert reading.read_at == NOON

    def test_a_ticket_opened_by_a_colleagues_program_is_opened_by_that_user(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk
    ) -> None:
        ticket = live_desk.open_by_api(
            "Billing", "Fax", "It came in", "sam@example.com", priority=1
        )
        reading = ours.read(ticket)
        assert reading.ticket.priority is Priority.URGENT
        assert [(e.by, e.agent) for e in reading.events] == [
            (Actor.AGENT, live_desk.intake_user_id)
        ]

    def test_the_whole_life_of_a_ticket_is_told_in_order(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_reply("ada", opened, "On its way")
        live_desk.agent_reply("bob", opened, "He calls daily", public=False)
        ours.note(opened, "Segment: VIP", "deskroute-1")
        live_desk.agent_solve("ada", opened, "It has arrived")
        assert ours.read(opened).ticket.status is Status.SOLVED
        live_desk.customer_returns(opened, "Grüße, it has not")
        live_desk.customer_returns(opened, "Still not")
        reading = ours.read(opened)
        assert reading.ticket.status is Status.OPEN
        ada, bob = live_desk.agent_ids["ada"], live_desk.agent_ids["bob"]
        told = [
            (type(e), e.by, e.agent, e.public if isinstance(e, TicketReplied) else None)
            for e in reading.events
        ]
        assert told == [
            (TicketOpened, Actor.CUSTOMER, None, None),
            (TicketReplied, Actor.AGENT, ada, True),
            (TicketReplied, Actor.AGENT, bob, False),
            (TicketReplied, Actor.US, None, False),
            (TicketReplied, Actor.AGENT, ada, True),
            (TicketSolved, Actor.AGENT, ada, None),
            (TicketReplied, Actor.CUSTOMER, None, True),
            (TicketReopened, Actor.CUSTOMER, None, None),
            # The desk claims a second reopening with the second mail; there was one.
            (TicketReplied, Actor.CUSTOMER, None, True),
        ]
        assert [e.at for e in reading.events] == sorted(e.at for e in reading.events)

    def test_the_same_occurrence_has_the_same_key_whenever_it_is_read(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_reply("ada", opened, "On its way")
        before = [event.key for event in ours.read(opened).events]
        live_desk.agent_solve("ada", opened, "Done")
        after = [event.key for event in ours.read(opened).events]
        assert after[: len(before)] == before
        assert len(set(after)) == len(after)
        number = comments(live_desk, opened)[0]["id"]
        assert before == [f"ticket:{opened}:opened", f"followup:{number}:replied"]

    def test_a_merged_ticket_says_so_and_its_history_is_not_told_of_the_other_one(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        other = live_desk.open_by_form("Billing", "Refund again", "Hello?", "sam@example.com")
        live_desk.agent_reply("ada", other, "We have it")
        live_desk.agent_reply("ada", opened, "On its way")
        before = ours.read(opened)
        live_desk.agent_merge("ada", opened, into=other)
        live_desk.agent_reply("ada", other, "All in one place")
        assert before.gone is None
        assert ours.read(opened).gone is Gone.MERGED
        kept = ours.read(other)
        assert kept.gone is None
        assert len(comments(live_desk, other)) == 4  # two of its own, two that came over
        assert [type(e) for e in kept.events] == [TicketOpened, TicketReplied, TicketReplied]
        assert kept.ticket.subject == "Refund again"

    def test_a_deleted_ticket_is_told_apart_from_any_other_refusal(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_delete("ada", opened)
        with pytest.raises(NoTicket):
            ours.read(opened)

    def test_a_customer_who_accepts_a_solution_neither_replies_nor_solves_again(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_solve("ada", opened, "Done")
        live_desk.customer_accepts(opened)
        reading = ours.read(opened)
        assert reading.ticket.status is Status.CLOSED
        assert [type(e) for e in reading.events] == [TicketOpened, TicketReplied, TicketSolved]

    def test_moves_and_owners_leave_no_event_but_are_read(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_move("ada", opened, "Technical support")
        live_desk.agent_take("bob", opened)
        reading = ours.read(opened)
        assert reading.ticket.queue == live_desk.queue_ids["Technical support"]
        assert reading.ticket.agent == live_desk.agent_ids["bob"]
        assert len(reading.events) == 1

    def test_the_first_answer_to_a_ticket_without_an_opening_entry_is_an_answer(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        answer = {
            "id": 1,
            "user": 5,
            "title": "Refund",
            "comment": "On its way",
            "public": True,
            "new_status": None,
            "date": "2026-03-02T10:00:00",
        }
        peer.will_answer(200, a_ticket_answer(description="Where is it?", followup_set=[answer]))
        reading = at_peer.read("7")
        assert [type(e) for e in reading.events] == [TicketOpened, TicketReplied]
        assert reading.ticket.opened_at == datetime(2026, 3, 2, 10, tzinfo=UTC)

    def test_the_desks_own_escalation_is_nobodys_reply(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        entry = {"user": None, "public": True, "date": "2026-03-02T10:00:00Z", "new_status": None}
        opening = {**entry, "id": 1, "title": "Ticket Opened Via Web", "comment": "Where is it?"}
        escalated = {**entry, "id": 2, "title": "Ticket Escalated", "comment": "After 3 days"}
        peer.will_answer(200, a_ticket_answer(followup_set=[opening, escalated]))
        assert [e.by for e in at_peer.read("7").events] == [Actor.CUSTOMER, Actor.DESK]

    def test_text_that_no_database_takes_is_made_storable(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(title="a\x00b\ud800c", description=None))
        ticket = at_peer.read("7").ticket
        assert ticket.subject == "ab?c"
        assert ticket.opened_at == NOON
        assert ticket.requester_email is None

    @pytest.mark.parametrize("ticket", ["", "0", "-1", "1/../2", "7?x", "٣", "9" * 30, "x"])
    def test_what_is_no_ticket_id_is_refused_without_asking(
        self, at_peer: DjangoHelpdesk, peer: Any, ticket: str
    ) -> None:
        with pytest.raises(Refused, match="is no ticket of this desk"):
            at_peer.read(ticket)
        assert peer.asked == []

    @pytest.mark.parametrize(
        "answer",
        [
            b"<html>sign in</html>",
            b"[]",
            b"[" * 100_000,
            b'{"id": 7}',
            b'{"id": 7, "followup_set": [7]}',
            b'{"id": 7, "followup_set": [{"id": 1, "date": "yesterday"}]}',
            b'{"id": 7, "followup_set": [{"id": null, "date": "2026-01-01"}]}',
        ],
    )
    def test_an_answer_that_is_no_ticket_is_tried_again(
        self, at_peer: DjangoHelpdesk, peer: Any, answer: bytes
    ) -> None:
        peer.will_answer(200, answer)
        with pytest.raises(Unavailable, match="Check that its address"):
            at_peer.read("7")


class TestWriting:
    def test_everything_is_written_and_nothing_else_changes(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        before = dict(live_desk.ticket(opened))
        changes = Changes(
            queue=live_desk.queue_ids["Technical support"],
            agent=live_desk.agent_ids["bob"],
            priority=Priority.HIGH,
            tags=frozenset({"vip", "annual plan"}),
        )
        lines = ours.write(ours.read(opened), changes)
        assert [(line.what, line.done) for line in lines] == [
            ("queue", True),
            ("agent", True),
            ("priority", True),
            ("tags", True),
        ]
        assert live_desk.ticket(opened) == {
            **before,
            "queue": int(changes.queue or ""),
            "assigned_to": int(changes.agent or ""),
            "priority": 2,
            "custom_tags": "annual plan, vip",
        }
        assert ours.read(opened).ticket.tags == changes.tags

    def test_writing_the_same_again_sends_nothing(
        self, ours: DjangoHelpdesk, at_peer: DjangoHelpdesk, peer: Any, opened: str
    ) -> None:
        changes = Changes("1", "1", Priority.NORMAL, frozenset({"vip"}))
        ours.write(ours.read(opened), changes)
        now = ours.read(opened)
        lines = at_peer.write(now, changes)
        assert peer.asked == []
        assert [(line.what, line.done) for line in lines] == [
            ("queue", False),
            ("agent", False),
            ("priority", False),
            ("tags", False),
        ]

    def test_only_what_differs_is_sent_and_in_one_request(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(queue=2, assigned_to=4, priority=2))
        now = some_reading(queue="1", agent="4", priority=Priority.NORMAL)
        lines = at_peer.write(now, Changes(queue="2", agent="4", priority=Priority.HIGH))
        assert [(one.method, one.path, json.loads(one.body)) for one in peer.asked] == [
            ("PATCH", "/api/tickets/7/", {"queue": 2, "priority": 2})
        ]
        assert [(line.what, line.done) for line in lines] == [
            ("queue", True),
            ("agent", False),
            ("priority", True),
        ]

    def test_very_low_is_low_already(self, at_peer: DjangoHelpdesk, peer: Any) -> None:
        now = some_reading(priority=Priority.LOW)
        (line,) = at_peer.write(now, Changes(priority=Priority.LOW))
        assert not line.done
        assert peer.asked == []

    def test_tags_that_somebody_adds_meanwhile_stay(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        now = replace(ours.read(opened), read_at=NOON - timedelta(seconds=2))
        ours.write(now, Changes(tags=frozenset({"theirs"})))
        ours.write(now, Changes(tags=frozenset({"ours"})))
        assert live_desk.ticket(opened)["custom_tags"] == "theirs, ours"

    def test_a_desk_without_a_field_for_tags_is_told_so_and_the_rest_is_written(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(queue=1))
        peer.will_answer(200, a_ticket_answer(queue=2))
        lines = at_peer.write(some_reading(queue="1"), Changes("2", tags=frozenset({"vip"})))
        assert [(line.what, line.done) for line in lines] == [("queue", True), ("tags", False)]
        assert "no custom field named tags" in lines[1].why
        assert json.loads(peer.asked[-1].body) == {"queue": 2}

    def test_a_ticket_read_just_now_is_not_read_again_for_its_first_tags(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(custom_tags="vip"))
        changes = Changes(tags=frozenset({"vip"}))
        lines = at_peer.write(some_reading(age=1), changes)
        assert [(one.method, json.loads(one.body)) for one in peer.asked] == [
            ("PATCH", {"custom_tags": "vip"})
        ]
        assert [(line.what, line.done) for line in lines] == [("tags", True)]

    def test_tags_beside_others_stay_in_the_order_they_have_in_the_desk(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(custom_tags="z, a"))
        peer.will_answer(200, a_ticket_answer(custom_tags="z, a, vip"))
        now = some_reading(age=0, tags=frozenset({"a", "z"}))
        at_peer.write(now, Changes(tags=frozenset({"vip"})))
        assert json.loads(peer.asked[-1].body) == {"custom_tags": "z, a, vip"}

    def test_a_desk_that_shows_no_field_for_tags_after_a_write_is_told_so(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(queue=2))
        changes = Changes("2", tags=frozenset({"vip"}))
        lines = at_peer.write(some_reading(age=0, queue="1"), changes)
        assert [(line.what, line.done) for line in lines] == [("queue", True), ("tags", False)]
        assert "no custom field named tags" in lines[1].why

    def test_a_tag_that_would_become_two_is_not_written(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(custom_tags="old"))
        (line,) = at_peer.write(some_reading(), Changes(tags=frozenset({"a,b"})))
        assert not line.done
        assert [one.method for one in peer.asked] == ["GET"]

    def test_a_change_the_desk_swallows_is_not_called_done(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(queue=1))
        lines = at_peer.write(some_reading(queue="1"), Changes(queue="2"))
        why = "The desk accepted the change but does not show it."
        assert lines == (Written("queue", done=False, why=why),)

    def test_a_queue_that_is_gone_does_not_keep_the_agent_from_being_set(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        ada = live_desk.agent_ids["ada"]
        lines = ours.write(ours.read(opened), Changes(queue="999", agent=ada))
        assert [(line.what, line.done) for line in lines] == [("queue", False), ("agent", True)]
        assert "999" in lines[0].why
        assert live_desk.ticket(opened)["assigned_to"] == int(ada)

    def test_tags_too_long_for_the_desk_do_not_keep_the_queue_from_being_set(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        queue = live_desk.queue_ids["Technical support"]
        changes = Changes(queue=queue, tags=frozenset({"x" * 600}))
        lines = ours.write(ours.read(opened), changes)
        assert [(line.what, line.done) for line in lines] == [("queue", True), ("tags", False)]

    def test_a_name_where_the_desk_has_numbers_is_not_sent(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        (line,) = at_peer.write(some_reading(queue="1"), Changes(queue="Billing"))
        assert not line.done
        assert "numbers" in line.why
        assert peer.asked == []


NASTY = [
    "{{ ticket.submitter_email }}",
    "{% now 'Y' %}",
    "{# gone #}",
    "{%",
    "%}",
    "{{",
    "}}",
    "{{{ a }}} {%%} {##}",
    "X-HELPDESK-COMMENT-VERBATIM",
    "X-HELPDESK-COMMENT-ENDVERBATIM {{ x",
    "{% verbatim %}{% endverbatim %}",
    '{{ "{" }} and {"plan": {"name": "pro"}}',
    "<script>alert(1)</script> & 'quotes' \"too\"",
    "{% load static %}\n{{ ticket.queue }}\nLast line",
]


class TestNotes:
    @pytest.mark.parametrize("text", NASTY)
    def test_the_desk_shows_a_note_as_it_was_written(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str, text: str
    ) -> None:
        assert ours.note(opened, text, "deskroute-1")
        (shown,) = comments(live_desk, opened)
        assert shown["comment"] == f"{text}\n\ndeskroute-1"
        assert shown["user"] == int(live_desk.api_user_id)
        assert shown["public"] is False

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from([*"{}%# \n\"'xé\x00", "{{", "{%", "%}"]), max_size=40))
    def test_no_text_can_break_the_desks_templates(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, parts: list[str]
    ) -> None:
        ticket = getattr(self, "ticket", None) or live_desk.open_by_api("Billing", "a", "b", "")
        self.ticket = ticket
        mark = f"mark-{len(comments(live_desk, ticket))}"
        text = "a" + "".join(parts)
        assert ours.note(ticket, text, mark)
        shown = comments(live_desk, ticket)[-1]["comment"]
        assert shown == f"{text.replace(chr(0), '').rstrip()}\n\n{mark}"

    def test_a_note_with_the_same_mark_is_written_once(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        assert ours.note(opened, "Another", "deskroute-11")
        assert ours.note(opened, "Segment: VIP", "deskroute-1")
        assert not ours.note(opened, "Segment: VIP, said otherwise", "deskroute-1")
        assert len(comments(live_desk, opened)) == 2

    def test_a_note_that_brings_its_mark_along_is_not_marked_twice(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        assert ours.note(opened, "Segment: VIP\ndeskroute-1", "deskroute-1")
        assert not ours.note(opened, "Segment: VIP\ndeskroute-1", "deskroute-1")
        assert comments(live_desk, opened)[0]["comment"] == "Segment: VIP\ndeskroute-1"

    def test_a_note_changes_nothing_else_of_the_ticket(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        ours.write(ours.read(opened), Changes(agent="1", tags=frozenset({"vip"})))
        before = {k: v for k, v in live_desk.ticket(opened).items() if k != "followup_set"}
        ours.note(opened, "Segment: VIP", "deskroute-1")
        after = {k: v for k, v in live_desk.ticket(opened).items() if k != "followup_set"}
        assert after == before
        assert after["title"] == "Refund"

    def test_a_number_in_a_note_leaves_no_entry_in_the_ticket_of_that_number(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        other = live_desk.open_by_api("Billing", "Other", "Text", "kim@example.com")
        ours.note(opened, f"Order #{other} is late", "deskroute-1")
        assert comments(live_desk, other) == []
        shown = comments(live_desk, opened)[0]["comment"]
        assert shown.replace("\u2060", "").startswith(f"Order #{other} is late")

    def test_a_reply_is_for_the_customer_and_a_note_with_its_mark_is_not_it(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        assert ours.note(opened, "We will answer", "deskroute-1")
        assert ours.reply(opened, "Hello Sam", "deskroute-1")
        assert not ours.reply(opened, "Hello Sam", "deskroute-1")
        assert [one["public"] for one in comments(live_desk, opened)] == [False, True]
        assert live_desk.ticket(opened)["status"] == 1

    def test_others_who_quote_the_mark_do_not_silence_us(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.customer_returns(opened, "You wrote\ndeskroute-1")
        live_desk.agent_reply("ada", opened, "We wrote\ndeskroute-1")
        assert ours.reply(opened, "Hello Sam", "deskroute-1")

    def test_where_our_user_is_unknown_only_staff_can_have_written_for_us(
        self, live_desk: LiveDesk, opened: str
    ) -> None:
        desk = DjangoHelpdesk("main", live_desk.url, live_desk.token, None, Fixed())
        live_desk.customer_returns(opened, "You wrote\ndeskroute-1")
        assert desk.reply(opened, "Hello Sam", "deskroute-1")
        assert not desk.reply(opened, "Hello Sam", "deskroute-1")
        desk.close()

    def test_a_mark_that_could_change_on_its_way_is_refused(self, ours: DjangoHelpdesk) -> None:
        for mark in ("", "x", "{{ x }}", "two\nlines", "#12", "y" * 300):
            with pytest.raises(Refused, match="mark"):
                ours.note("1", "text", mark)


class TestWebhooks:
    def test_each_door_tells_its_news_once_and_our_own_note_is_an_echo(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, peer: Any
    ) -> None:
        live_desk.point_webhooks_at(f"{peer.url}/hook")
        try:
            form = live_desk.open_by_form("Billing", "Refund", "Where?", "sam@example.com")
            api = live_desk.open_by_api("Billing", "Refund", "Where?", "sam@example.com")
            ours.note(form, "Segment: VIP", "deskroute-1")
            live_desk.agent_reply("ada", form, "On its way")
            live_desk.customer_returns(form, "Thanks")
            ours.write(ours.read(form), Changes(priority=Priority.HIGH))
            live_desk.agent_move("ada", form, "Technical support", silently=True)
        finally:
            live_desk.point_webhooks_at(None)
        notices = [ours.notice(delivered(one.body)) for one in peer.asked]
        assert [(n.kind, n.ticket, n.echo) for n in notices] == [
            ("opened", form, False),
            ("opened", api, False),
            ("followup", form, True),
            ("followup", form, False),
            ("followup", form, False),
        ]
        assert len({n.delivery_id for n in notices}) == 5
        assert notices == [ours.notice(delivered(one.body)) for one in peer.asked]

    def test_a_ticket_opened_with_our_own_token_is_no_echo(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, peer: Any
    ) -> None:
        live_desk.point_webhooks_at(f"{peer.url}/hook")
        try:
            httpx.post(
                f"{live_desk.url}/api/tickets/",
                headers={"Authorization": f"Token {live_desk.token}"},
                json={"queue": 1, "title": "Fax", "description": "Text", "priority": 3},
                trust_env=False,
            ).raise_for_status()
        finally:
            live_desk.point_webhooks_at(None)
        notice = ours.notice(delivered(peer.asked[0].body))
        assert not notice.echo
        assert [e.by for e in ours.read(notice.ticket).events] == [Actor.CUSTOMER]


class TestPolling:
    def test_the_newest_ticket_comes_first_and_closed_ones_not_at_all(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        newer = live_desk.open_by_form("Billing", "Newer", "Text", "kim@example.com")
        assert [one.ticket for one in ours.recent()][:2] == [newer, opened]
        live_desk.agent_solve("ada", newer, "Done")
        assert [one.ticket for one in ours.recent()][:2] == [newer, opened]
        live_desk.customer_accepts(newer)
        assert next(iter(ours.recent())).ticket == opened

    def test_a_mark_changes_with_what_no_webhook_tells_and_not_with_our_notes(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        def mark() -> str:
            return next(one.mark for one in ours.recent() if one.ticket == opened)

        first = mark()
        assert mark() == first
        ours.note(opened, "Segment: VIP", "deskroute-1")
        assert mark() == first
        live_desk.agent_move("ada", opened, "Technical support", silently=True)
        moved = mark()
        assert moved != first
        live_desk.agent_reply("ada", opened, "On its way")
        assert mark() not in {first, moved}

    def test_pages_are_turned_backwards_and_not_for_ever(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        for page in range(9, 4, -1):
            tickets = [a_ticket_answer(id=page * 10), a_ticket_answer(id=page * 10 + 1)]
            peer.will_answer(200, {"count": 1_700, "results": tickets})
        heard = [one.ticket for one in at_peer.recent()]
        assert heard == ["91", "90", "81", "80", "71", "70", "61", "60", "51", "50"]
        pages = [one.path.rpartition("page=")[2] for one in peer.asked]
        assert pages == ["last", "8", "7", "6", "5"]

    def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(
        self, at_peer: DjangoHelpdesk, peer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1_000)
        peer.will_answer(200, {"count": 60, "results": [a_ticket_answer(id=60, title="x" * 2_000)]})
        peer.will_answer(200, {"count": 60, "results": [a_ticket_answer(id=60)]})
        peer.will_answer(200, {"count": 60, "results": [a_ticket_answer(id=50)]})
        assert [one.ticket for one in at_peer.recent()] == ["60", "50"]
        assert [one.path.partition("page_size=")[2] for one in peer.asked] == [
            "200&page=last",
            "50&page=last",
            "50&page=1",
        ]

    def test_an_empty_desk_has_nothing_recent(self, at_peer: DjangoHelpdesk, peer: Any) -> None:
        peer.will_answer(200, {"count": 0, "results": []})
        assert list(at_peer.recent()) == []


class TestTrouble:
    def test_a_deleted_ticket_is_refused_by_every_question(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        now = ours.read(opened)
        live_desk.agent_delete("ada", opened)
        asks: list[Callable[[], object]] = [
            lambda: ours.read(opened),
            lambda: ours.write(now, Changes(queue="2")),
            lambda: ours.write(now, Changes(tags=frozenset({"vip"}))),
            lambda: ours.note(opened, "text", "deskroute-1"),
            lambda: ours.reply(opened, "text", "deskroute-1"),
        ]
        for ask in asks:
            with pytest.raises(Refused, match=f"has no ticket {opened}"):
                ask()

    def test_a_ticket_deleted_before_its_first_note_is_refused(
        self, live_desk: LiveDesk, ours: DjangoHelpdesk, opened: str
    ) -> None:
        live_desk.agent_delete("ada", opened)
        with pytest.raises(Refused, match=f"has no ticket {opened}"):
            ours.note(opened, "text", "deskroute-1", first=True)

    def test_a_first_note_is_not_looked_for(self, at_peer: DjangoHelpdesk, peer: Any) -> None:
        assert at_peer.note("7", "text", "deskroute-1", first=True)
        assert [one.method for one in peer.asked] == ["POST"]

    def test_a_ticket_deleted_between_looking_and_writing_is_refused(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer())
        peer.will_answer(400, {"ticket": ["Invalid pk"]})
        with pytest.raises(Refused, match="has no ticket 7"):
            at_peer.note("7", "text", "deskroute-1")

    def test_good_credentials_pass_the_check(self, ours: DjangoHelpdesk) -> None:
        ours.check()

    def test_a_wrong_token_is_refused_and_not_repeated(self, live_desk: LiveDesk) -> None:
        desk = DjangoHelpdesk("main", live_desk.url, "nonsense", "3", Fixed())
        with pytest.raises(Refused, match="401") as no:
            desk.check()
        desk.close()
        assert "nonsense" not in no.value.reason
        assert "nonsense" not in repr(desk)

    def test_a_desk_without_an_api_is_named_as_such(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(404)
        with pytest.raises(Refused, match="HELPDESK_API_ENABLED"):
            at_peer.check()

    def test_a_desk_that_is_down_is_unavailable(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # Bound but not listening: a refused connection.
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            desk = DjangoHelpdesk("main", url, "t0ken", "3", Fixed())
            with pytest.raises(Unavailable, match="cannot be reached"):
                desk.read("7")
            desk.close()

    def test_a_desk_that_does_not_answer_is_unavailable(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            desk = DjangoHelpdesk("main", url, "t0ken", "3", Fixed())
            with pytest.raises(Unavailable, match="did not answer in time"):
                desk.read("7")
            desk.close()

    @pytest.mark.parametrize(
        ("status", "headers", "wait"),
        [
            (429, {"Retry_After": "17"}, 17.0),
            (503, {"Retry_After": "0"}, 0.0),
            (500, {}, None),
            (502, {"Retry_After": "soon"}, None),
            (408, {}, None),
        ],
    )
    def test_a_desk_that_is_busy_or_broken_is_unavailable(
        self,
        at_peer: DjangoHelpdesk,
        peer: Any,
        status: int,
        headers: dict[str, str],
        wait: float | None,
    ) -> None:
        peer.will_answer(status, b"sam@example.com broke it", **headers)
        with pytest.raises(Unavailable, match=str(status)) as later:
            at_peer.read("7")
        assert later.value.retry_after == wait
        assert "sam@" not in later.value.reason

    @pytest.mark.parametrize("status", [400, 403, 405, 409, 418])
    def test_any_other_no_is_refused_without_quoting_the_customer(
        self, at_peer: DjangoHelpdesk, peer: Any, status: int
    ) -> None:
        peer.will_answer(status, {"detail": "sam@example.com"})
        with pytest.raises(Refused, match=str(status)) as no:
            at_peer.read("7")
        assert "sam@" not in no.value.reason

    def test_a_redirect_is_not_followed(self, at_peer: DjangoHelpdesk, peer: Any) -> None:
        peer.will_answer(302, Location=f"{peer.url}/elsewhere")
        with pytest.raises(Refused, match="redirect"):
            at_peer.read("7")
        assert len(peer.asked) == 1

    def test_an_endless_answer_is_cut_off(
        self, at_peer: DjangoHelpdesk, peer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1_000)
        peer.will_answer(200, b" " * 5_000)
        with pytest.raises(Refused, match="more than 1,000 bytes"):
            at_peer.read("7")

    def test_a_compressed_answer_is_refused(self, at_peer: DjangoHelpdesk, peer: Any) -> None:
        peer.will_answer(200, b"\x1f\x8b", Content_Encoding="gzip")
        with pytest.raises(Refused, match="compressed"):
            at_peer.read("7")
        assert peer.asked[0].headers["accept-encoding"] == "identity"

    def test_the_token_is_sent_and_cookies_are_not_kept(
        self, at_peer: DjangoHelpdesk, peer: Any
    ) -> None:
        peer.will_answer(200, a_ticket_answer(), Set_Cookie="session=stolen; Path=/")
        at_peer.read("7")
        peer.will_answer(200, a_ticket_answer())
        at_peer.read("7")
        assert [one.headers["authorization"] for one in peer.asked] == ["Token t0ken"] * 2
        assert "cookie" not in peer.asked[1].headers

    def test_the_desk_tells_neither_queues_nor_agents(self, at_peer: DjangoHelpdesk) -> None:
        directory = at_peer.directory()
        assert directory.queues is None
        assert directory.agents is None
