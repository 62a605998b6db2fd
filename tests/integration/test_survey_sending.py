"""Surveys by mail and by hand-off, later, and at most once: whatever crashes, whoever is at it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_receivers import HERE, Silence
from world import (
    NOON,
    ON_SQLITE,
    PLAYBOOK,
    CountingBell,
    CrashingStore,
    FakeClock,
    House,
    Killed,
    Knows,
    MemoryDesk,
    a_reading,
    at_once,
    claim,
    claimed,
    dump,
    publish,
)

from plugin.children import free_port
from plugin.flows.out.receivers import SeeReceivers
from plugin.flows.out.send_mail import SendMails
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.surveys.hand_off import HandOffByWebhook
from plugin.flows.tickets.find_turns import FindTurns
from plugin.mail import Smtp
from plugin.ports import Busy, DeskRating, HandedSurvey, Refused, Unavailable
from plugin.receivers import Messages
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.mails import MAILS
from plugin.store.surveys import SURVEYS
from plugin.views.people import Person, Role
from plugin.views.receivers import NewReceiver
from routing.errors import Invalid
from routing.events import Actor, Event, TicketReopened, TicketSolved
from routing.tickets import Fact, Status, TicketRef

HEAD = PLAYBOOK.partition("survey:")[0]
ASKS = "questions: {en: How was our help?, de: Wie war unsere Hilfe?}, brand: Halden Books"
MAIL = f"name: By mail, channel: mail, {ASKS}"
LEAD = Person(1, "ines@halden.example", "Ines Moreau", Role.LEAD)
SENDER = "Halden Support <support@halden.example>"


def ask_by(house: House, *surveys: str, based_on: int = 1) -> None:
    text = HEAD + "surveys:\n" + "".join(f"  - {{{one}}}\n" for one in surveys)
    publish(house.store, text, house.clock.now(), based_on)


def solve(house: House, key: str = "17", *, solving: str = "s1", agent: str = "5") -> None:
    """The ticket is solved now, and the desk's history says so."""
    ref, at = TicketRef("demo", key), house.clock.now()
    told = TicketSolved(ticket=ref, at=at, key=solving, by=Actor.AGENT, agent=agent)
    events = (*house.desk.events[key], told)
    house.desk.add(a_reading(key, *events, status=Status.SOLVED, agent=agent))


def reopen(house: House, key: str = "17", *, again: str = "r1") -> None:
    ref, at = TicketRef("demo", key), house.clock.now()
    told = TicketReopened(ticket=ref, at=at, key=again, by=Actor.CUSTOMER)
    house.desk.add(a_reading(key, *house.desk.events[key], told, agent="5"))


def routed(house: House, *keys: str) -> None:
    for key in keys or ("17",):
        if key not in house.desk.tickets:
            house.desk.add(a_reading(key))
        house.handle(claimed(key))
    house.clock.turn(minutes=1)


def rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(SURVEYS.select().order_by(SURVEYS.c.id)))


def mails(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(MAILS.select().order_by(MAILS.c.id)))


def sweep(house: House) -> list[str]:
    """What the beat does: find what is due, then work off what was put."""
    FindTurns(house.store, CountingBell(), house.clock)()
    said = []
    for one in claim(house.store, house.clock.now(), limit=50):
        said.append(house.handle(one))
        with house.store.work() as work:
            work.inbox.finish({one.id: said[-1]}, house.clock.now())
            work.commit()
    return said


# By mail.


@pytest.fixture
def mailed(house: House) -> House:
    """A house whose customer was sent a survey by mail."""
    ask_by(house, MAIL)
    routed(house)
    solve(house)
    assert house.handle(claimed()) == "survey sent"
    return house


def test_a_survey_by_mail_is_one_mail_and_no_reply(mailed: House, database: Database) -> None:
    mailed.handle(claimed())
    (mail,) = mails(database)
    assert (mail.key, mail.to) == ("survey-1", "lena@kontor.example")
    assert mail.subject == "Halden Books: How was our help?"
    assert mailed.desk.replies == []
    assert mailed.ticket().surveyed


@pytest.mark.parametrize("kept", [False, True], ids=["before the commit", "after the commit"])
def test_a_worker_killed_at_any_transaction_mails_once(
    house: House, database: Database, *, kept: bool
) -> None:
    ask_by(house, MAIL)
    routed(house)
    solve(house)
    for at in range(1, 6):
        with suppress(Killed):
            house.handling(CrashingStore(house.store, at, kept=kept))(claimed())  # type: ignore[arg-type]
        house.clock.turn(seconds=60)
    house.handle(claimed())
    assert len(mails(database)) == 1
    assert [row.sent_at is not None for row in rows(database)] == [True]


class Links(HTMLParser):
    """The links of an HTML text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")


@dataclass(slots=True)
class Catcher:
    """A real server that keeps what it is sent."""

    got: list[EmailMessage] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)

    async def handle_DATA(  # ruff: ignore[invalid-function-name] — the server's own name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        self.lines += envelope.content.splitlines()
        return "250 OK"


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
def server(catcher: Catcher) -> Iterator[str]:
    controller = Controller(catcher, hostname="127.0.0.1", port=free_port(8600))
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def test_a_real_server_gets_both_forms_and_both_headers(
    mailed: House, server: str, catcher: Catcher
) -> None:
    send = SendMails(mailed.store, Smtp(server, SENDER), mailed.clock)
    assert (send(), send()) == (1, 0)
    (got,) = catcher.got
    assert got.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in got.iter_parts())
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leaving = re.fullmatch(r"<(http://deskroute\.example/u/\S+)>", got["List-Unsubscribe"])
    assert leaving is not None
    # As it is written: an address that is encoded or folded is followed by no mail program.
    assert f"List-Unsubscribe: <{leaving[1]}>".encode() in catcher.lines
    links = Links()
    links.feed(html)
    assert [link[-8:] for link in links.found[:5]] == [f"?score={n}" for n in range(1, 6)]
    assert leaving[1] in links.found
    assert leaving[1] in text
    for said in (text, html):
        assert "How was our help?" in said
        assert "Halden Books" in said
    assert "http://deskroute.example/s/" in text
    assert "var(" not in html
    assert "<script" not in html


def test_what_a_customer_or_a_lead_wrote_is_no_markup_in_a_mail(
    house: House, database: Database
) -> None:
    evil = "<script>alert(1)</script>"
    ask_by(house, f"name: E, channel: mail, brand: '{evil}', questions: {{en: '{evil}'}}")
    routed(house)
    solve(house)
    house.handle(claimed())
    (mail,) = mails(database)
    assert evil not in mail.html
    assert "&lt;script&gt;" in mail.html


# Handed over.


@dataclass(slots=True)
class Gateway:
    """What brings surveys to customers, in memory. It knows a repeat by the survey's id."""

    trouble: list[BaseException] = field(default_factory=list)
    given: dict[int, HandedSurvey] = field(default_factory=dict)
    calls: int = 0

    def give(self, handed: HandedSurvey) -> None:
        self.calls += 1
        self.given[handed.survey] = handed
        if self.trouble:
            raise self.trouble.pop()


BY_SMS = f"name: By SMS, channel: webhook, {ASKS}"


@pytest.mark.parametrize("trouble", [[], [Killed()], [Unavailable("It is down.")]])
def test_a_survey_is_handed_over_with_its_link_and_its_customers_number(
    house: House, trouble: list[BaseException]
) -> None:
    gateway = Gateway(trouble)
    knows = Knows({"customer.phone": Fact("+49 431 5550", "CRM")})
    house = replace(house, hand_off=gateway, customers=knows)
    phones = "fields: {customer.phone: {type: text}}\n"
    publish(house.store, f"{phones}{HEAD}surveys: [{{{BY_SMS}}}]", house.clock.now(), 1)
    routed(house)
    solve(house)
    with suppress(Killed, Unavailable):
        house.handle(claimed())
    house.clock.turn(minutes=2)
    house.handle(claimed())
    house.handle(claimed())
    (handed,) = gateway.given.values()
    assert handed.link.startswith("http://deskroute.example/s/")
    assert (handed.phone, handed.email) == ("+49 431 5550", "lena@kontor.example")
    assert (handed.language, handed.text) == ("en", "How was our help?")
    assert house.ticket().surveyed


def test_a_survey_for_a_hand_off_that_is_not_set_cannot_be_published(
    published: Store, clock: FakeClock
) -> None:
    text = f"{HEAD}surveys: [{{{BY_SMS}}}]\n"
    with pytest.raises(Invalid) as refused:
        EditPlaybook(published, clock).publish(text, "With SMS.", 1, LEAD)
    (problem,) = refused.value.problems
    assert problem.where == "surveys[0].channel"
    assert problem.line == text[: text.index("surveys:")].count("\n") + 1
    assert problem.message.startswith("No receiver wants surveys")
    wanted = NewReceiver("SMS", "http://127.0.0.1:9/", ("survey.ask",))
    SeeReceivers(published, Messages(HERE), Silence(), clock).add(wanted, LEAD.email)
    assert EditPlaybook(published, clock).publish(text, "SMS.", 1, LEAD) == 2


def test_a_survey_is_promised_to_each_receiver_that_wants_surveys_once(
    published: Store, clock: FakeClock
) -> None:
    hand_off = HandOffByWebhook(published, clock)
    handed = HandedSurvey(7, "https://d.example/s/x", "+49 431 5550", None, "en", "How was it?")
    with pytest.raises(Refused):
        hand_off.give(handed)
    for name, events in (("SMS", ("survey.ask",)), ("CRM", ("goal.met",))):
        wanted = NewReceiver(name, "http://127.0.0.1:9/", events)
        SeeReceivers(published, Messages(HERE), Silence(), clock).add(wanted, LEAD.email)
    hand_off.give(handed)
    hand_off.give(handed)
    later = clock.now() + timedelta(hours=1)
    with published.work() as work:
        sent = list(iter(lambda: work.webhooks.take(clock.now(), later), None))
    assert [due.thing.receiver for due in sent] == ["SMS"]
    told = json.loads(sent[0].thing.body)
    assert told["type"] == "survey.ask"
    assert told["data"] == {
        "survey": 7,
        "link": "https://d.example/s/x",
        "phone": "+49 431 5550",
        "email": None,
        "language": "en",
        "text": "How was it?",
    }


# Later.

LATER = f"name: Later, channel: mail, wait: 2 h, {ASKS}"


def test_a_survey_that_waits_is_sent_by_the_sweep_once_it_is_due(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house)
    assert house.handle(claimed()) == "survey planned"
    house.clock.turn(minutes=119)
    assert sweep(house) == []
    assert mails(database) == []
    house.clock.turn(minutes=1)
    assert sweep(house) == ["survey sent"]
    for _ in range(3):
        house.clock.turn(hours=1)
        assert sweep(house) == []
    assert len(mails(database)) == 1


def test_a_ticket_that_is_opened_again_before_it_is_due_is_not_asked_about(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house)
    house.handle(claimed())
    house.clock.turn(hours=1)
    reopen(house)
    assert house.handle(claimed()) == "survey called off"
    house.clock.turn(hours=5)
    assert sweep(house) == []
    assert mails(database) == []
    solve(house, solving="s2")
    house.handle(claimed())
    house.clock.turn(hours=2)
    assert sweep(house) == ["survey sent"]
    first, second = rows(database)
    assert first.why == "opened again before it was asked"
    assert second.sent_at is not None


def test_a_reopening_that_nobody_told_is_seen_when_the_survey_is_due(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house)
    house.handle(claimed())
    reopen(house)
    house.clock.turn(hours=3)
    assert sweep(house) == ["survey called off"]
    assert mails(database) == []


def test_the_credit_is_that_of_the_solving_and_not_of_the_sending(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house, agent="5")
    house.handle(claimed())
    now = house.desk.tickets["17"]
    house.desk.tickets["17"] = replace(now, agent="6", queue="2")
    house.clock.turn(hours=3)
    assert sweep(house) == ["survey sent"]
    assert house.ticket().agent_name == "Jonas Weber"
    (row,) = rows(database)
    assert (row.agent_name, row.queue_name) == ("Mara Lindqvist", "General")
    assert (row.segment, row.rule, row.playbook) == (None, None, 2)


def test_whoever_solved_it_is_credited_and_not_who_holds_it_just_then(
    house: House, database: Database
) -> None:
    ask_by(house, MAIL)
    routed(house)
    solve(house, agent="6")
    house.desk.tickets["17"] = replace(house.desk.tickets["17"], agent="5")
    house.handle(claimed())
    (row,) = rows(database)
    assert row.agent_name == "Jonas Weber"


def test_a_survey_that_the_playbook_does_not_have_any_more_is_not_sent(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house)
    house.handle(claimed())
    ask_by(house, f"name: Another, {ASKS}", based_on=2)
    house.clock.turn(hours=2)
    assert sweep(house) == ["no survey: the playbook does not have it any more"]
    assert mails(database) == []


def test_a_wish_not_to_be_asked_counts_until_the_last_moment(
    house: House, database: Database
) -> None:
    ask_by(house, LATER)
    routed(house)
    solve(house)
    house.handle(claimed())
    with house.store.work() as work:
        work.unsubscribed.leave(work.unsubscribed.mark("LENA@kontor.example"), house.clock.now())
        work.commit()
    house.clock.turn(hours=2)
    assert sweep(house) == ["no survey: unsubscribed"]
    assert [row.why for row in rows(database)] == ["unsubscribed"]
    assert mails(database) == []


# At most once in a while.

MONTHLY = f"name: Monthly, at_most_once_in: 30 d, {ASKS}"


@pytest.mark.parametrize("channel", ["mail", "reply"])
def test_a_customer_is_asked_once_in_the_time_and_again_after_it(
    house: House, database: Database, channel: str
) -> None:
    ask_by(house, f"{MONTHLY}, channel: {channel}")
    routed(house, "17", "18", "19")
    for key, days in (("17", 0), ("18", 29), ("19", 2)):
        house.clock.turn(days=days)
        solve(house, key)
        house.handle(claimed(key))
    assert [(bool(row.sent_at), row.why) for row in rows(database)] == [
        (True, ""),
        (False, "asked 29 d ago; at most once in 30 days"),
        (True, ""),
    ]
    assert len(mails(database)) + len(house.desk.replies) == 2


@pytest.mark.parametrize("channel", ["mail", "reply"])
def test_workers_with_many_tickets_of_one_customer_ask_once(
    house: House, database: Database, channel: str
) -> None:
    ask_by(house, f"{MONTHLY}, channel: {channel}")
    keys = [str(key) for key in range(17, 25)]
    routed(house, *keys)
    for key in keys:
        solve(house, key)

    def work_off(key: str) -> Callable[[], None]:
        def work() -> None:
            with suppress(Busy):
                house.handle(claimed(key))

        return work

    at_once(4, map(work_off, keys))
    house.clock.turn(minutes=2)
    for key in keys:
        house.handle(claimed(key))
    assert sum(row.sent_at is not None for row in rows(database)) == 1
    assert len(mails(database)) + len(house.desk.replies) == 1


def test_another_customer_is_asked_all_the_same(house: House, database: Database) -> None:
    ask_by(house, f"{MONTHLY}, channel: mail")
    house.desk.add(a_reading("18", email="other@kontor.example"))
    routed(house, "17", "18")
    for key in ("17", "18"):
        at = house.clock.now()
        told = TicketSolved(
            ticket=TicketRef("demo", key), at=at, key="s", by=Actor.AGENT, agent="5"
        )
        house.desk.events[key].append(told)
        house.desk.tickets[key] = replace(house.desk.tickets[key], status=Status.SOLVED)
        house.handle(claimed(key))
    assert len(mails(database)) == 2


# Any order.


def happenings() -> st.SearchStrategy[list[tuple[str, int]]]:
    """What happens to a ticket, each so many minutes after noon."""
    one = st.tuples(st.sampled_from(["solve", "reopen", "rate"]), st.integers(1, 400))
    return st.lists(one, min_size=1, max_size=8, unique_by=lambda what: what[1])


def as_event(what: str, minutes: int) -> Event:
    ref, at = TicketRef("demo", "17"), NOON + timedelta(minutes=minutes)
    if what == "solve":
        return TicketSolved(ticket=ref, at=at, key=f"s{minutes}", by=Actor.AGENT, agent="5")
    return TicketReopened(ticket=ref, at=at, key=f"r{minutes}", by=Actor.CUSTOMER)


@ON_SQLITE
@given(happened=happenings(), data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_hearing_and_any_repeats_come_to_the_same_ratings(
    house: House, database: Database, happened: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Solvings and reopenings are heard from the desk, ratings told by it, each at least once."""

    def heard(order: Sequence[tuple[str, int]]) -> tuple[object, ...]:
        empty(database)
        clock = FakeClock(NOON)
        fresh = replace(house, clock=clock, desk=MemoryDesk(clock))
        publish(fresh.store, PLAYBOOK, NOON)
        fresh.desk.add(a_reading())
        fresh.handle(claimed())
        clock.turn(hours=8)
        known: list[Event] = []
        for what, minutes in order:
            if what == "rate":
                tell(
                    fresh.store, clock, score=1 + minutes % 5, at=NOON + timedelta(minutes=minutes)
                )
                continue
            event = as_event(what, minutes)
            known += [event] if event not in known else []
            solved = max(known, key=lambda one: one.at)
            status = Status.SOLVED if isinstance(solved, TicketSolved) else Status.OPEN
            fresh.desk.add(a_reading("17", *known, status=status, agent="5"))
            fresh.handle(claimed())
        ticket = fresh.ticket()
        outcome = replace(ticket.outcome, waiting_since=None)
        asked = {row.solving for row in rows(database) if row.sent_at is not None}
        assert len(asked) == len(fresh.desk.replies)
        return outcome.solved_at, outcome.reopens, ticket.score

    once = heard(sorted(happened, key=lambda what: what[1]))
    order = data.draw(st.permutations(happened + happened[: len(happened) // 2]))
    assert heard(order) == once
    rated = [minutes for what, minutes in happened if what == "rate"]
    assert once[2] == (1 + max(rated) % 5 if rated else None)


def tell(store: Store, clock: FakeClock, *, score: int, at: datetime) -> None:
    rating = DeskRating("17", "current", score, "", at)
    with store.work() as work:
        stored = work.tickets.find("demo", "17")
        assert stored is not None
        work.surveys.rated(stored, rating, at, clock.now())
        work.commit()


def empty(database: Database) -> None:
    tables = dump(database)
    with database.write() as connection:
        for name in ("surveys", "events", "fired", "decisions", "mails", "inbox", "tickets"):
            assert name in tables
            connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql("DELETE FROM playbooks")
