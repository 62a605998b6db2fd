"""Decisions explained: on both databases each comes out again, with what was near and before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from world import (
    KEY,
    NOON,
    ON_SQLITE,
    FakeClock,
    House,
    Knows,
    MemoryDesk,
    a_reading,
    claimed,
    dump,
    publish,
)

from plugin.cli import main
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.tickets.explain import Explain
from plugin.flows.tickets.repair import RepairTicket
from plugin.pages.refusals import NotThere
from plugin.ports import Refused
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.rows import DECISIONS
from plugin.views.customers import Keeps
from plugin.views.people import Person, Role
from routing.outcomes.outcome import Outcome
from routing.record import decision_out
from routing.tickets import Fact, Status, Ticket, TicketRef, Use

MARA = Person(1, "mara@halden.example", "Mara Lindqvist", Role.AGENT)
LENA = "lena@kontor.example"
HOUR = timedelta(hours=1)

PLAYBOOK = """\
playbook: Halden Books
languages: [en, de]
default_queue: General
segments:
  - {name: VIP, model: value-based, when: {field: account.arr, at least: 10000}}
  - {name: Newcomers, model: journey, when: {field: customer.first_contact, is: true}}
queues:
  - {name: General, ids: {demo: "1", other: "21"}}
  - {name: Priority, ids: {demo: "2", other: "22"}}
agents:
  - {name: Mara Lindqvist, ids: {demo: "5"}, queues: [General, Priority], capacity: 40}
  - {name: Jonas Weber, ids: {demo: "6"}, queues: [General, Priority], capacity: 40}
rules:
  - name: Big and German
    when: {all: [{field: account.arr, at least: 10000}, {field: customer.country, is: DE}]}
    then: {queue: Priority, tags: [vip]}
  - name: Due for renewal
    when:
      all: [{field: customer.renewal, within the next: 30 d}, {field: customer.country, is: DE}]
    then: {queue: Priority}
replies:
  - {name: Sign in again, language: en, topics: [sign in], body: Hello}
  - {name: Clear your cookies, language: en, topics: [sign in], body: Hello}
  - {name: About bills, language: en, topics: [bill], body: Hello}
"""


@dataclass(slots=True)
class Office:
    """A house whose tickets are routed and explained."""

    house: House
    crm: Knows

    @property
    def explain(self) -> Explain:
        return Explain(self.house.store)

    def knows(self, **facts: float | str) -> None:
        self.crm.facts = {
            name.replace("__", "."): Fact(value, "CRM", NOON - 3 * HOUR)
            for name, value in facts.items()
        }

    def route(self, key: str = "17", connection: str = "demo", **reading: str | None) -> int:
        self.house.desk.add(a_reading(key, connection=connection, **reading))  # type: ignore[arg-type]
        self.house.handle(claimed(key, connection))
        return self.explain.find(key, connection)

    def repair(self) -> None:
        reading = self.house.desk.read("17")
        self.house.clock.turn(minutes=5)
        repair = RepairTicket(self.house.store, self.house.customers, self.house.clock)
        repair(self.house.ticket(), reading)


@pytest.fixture
def office(store: Store, clock: FakeClock) -> Office:
    publish(store, PLAYBOOK, clock.now())
    crm = Knows()
    return Office(House(store, clock, MemoryDesk(clock), customers=crm), crm)


def assert_comes_out_again(office: Office, decision: int, revisions: int = 1) -> None:
    verified = office.explain.verify(decision)
    assert [(one.revision, one.apart) for one in verified] == [
        (revision, ()) for revision in range(1, revisions + 1)
    ]


# Bit for bit.


def test_every_routed_ticket_comes_out_again_bit_for_bit(office: Office) -> None:
    office.knows(account__arr=9_400.0, customer__country="DE")
    first = office.route("17")
    office.knows(account__arr=123_456_789.25, customer__country="Côte d'Ivoire")
    second = office.route("18", subject="Meine Rechnung", text="Ich habe eine Frage dazu.")
    office.knows(account__arr=-0.0, customer__plan="1e22")
    third = office.route("19", email=None)
    for decision in (first, second, third):
        assert_comes_out_again(office, decision)


def test_what_no_database_takes_is_left_out_before_it_is_decided_on(office: Office) -> None:
    # Kept without it, the country would be DE; so it must be DE when it is decided on, too.
    office.knows(account__arr=20_000.0, customer__country="D\0E")
    decision = office.route(subject="A half \ud800 sign")
    assert office.house.decision().decision.fired == ("Big and German",)
    assert_comes_out_again(office, decision)


def test_replies_are_ordered_by_what_was_known_of_them_then(office: Office) -> None:
    first = office.route("17")
    assert [one.reply for one in office.house.decision().decision.replies] == [
        "Sign in again",
        "Clear your cookies",
    ]
    with office.house.store.work() as work:
        for reply in ("Sign in again", "About bills"):
            work.decisions.inserted(first, reply, 1, MARA.email, NOON)
        work.commit()
    second = office.route("18")
    stored = office.house.decision("18")
    # It was inserted and solved nothing yet, so the other one comes first now.
    assert stored.decision.replies[0].reply == "Clear your cookies"
    assert stored.facts.uses == {"Sign in again": Use(1, 0)}
    assert_comes_out_again(office, first)
    assert_comes_out_again(office, second)


def test_a_value_that_was_changed_in_the_database_is_found(
    office: Office, database: Database
) -> None:
    decision = office.route()
    stored = office.house.decision().decision
    told = decision_out(replace(stored, queue="Priority"))
    with database.write() as connection:
        connection.execute(update(DECISIONS).values(decision=told))
    (verified,) = office.explain.verify(decision)
    assert [(one.what, one.before, one.after) for one in verified.apart] == [
        ("queue", "'Priority'", "'General'")
    ]


def test_a_repaired_decision_shows_both_and_both_come_out_again(office: Office) -> None:
    office.crm.silent = ("CRM",)
    decision = office.route()
    agent = office.house.decision().decision.agent.agent
    office.crm.silent = ()
    office.knows(account__arr=20_000.0)
    # Somebody else has less to do by now, but the ticket stays with whom it is.
    office.repair()
    view = office.explain.view(decision)
    assert view is not None
    assert (view.decision.segment, view.decision.agent.agent) == ("VIP", agent)
    (before,) = view.earlier
    assert (before.decision.segment, before.degraded) == ("Newcomers", ("CRM",))
    assert [(one.what, one.before, one.after) for one in before.changes] == [
        ("Segments", "Newcomers", "VIP, Newcomers")
    ]
    assert_comes_out_again(office, decision, revisions=2)


# The view.


def test_the_page_says_what_was_near_what_is_unknown_and_by_which_version(office: Office) -> None:
    office.knows(account__arr=9_400.0, customer__country="DE")
    view = office.explain.view(office.route())
    assert view is not None
    (vip,) = view.near.segments
    assert (vip.name, vip.why(NOON)) == (
        "VIP",
        "ARR is at least 10,000; it is 9,400, from CRM 3 h ago",
    )
    assert [(one.place, one.is_known, one.field) for one in view.near.rules] == [
        (1, True, "ARR"),
        (2, False, "renewal date"),
    ]
    assert "renewal date" in view.unknown
    assert view.published is not None
    assert (view.published.version, view.published.by, view.live) == (1, "Ines Moreau", 1)


def test_the_private_note_names_the_nearest_segment(office: Office) -> None:
    office.knows(account__arr=9_400.0)
    office.route()
    (_, text, _) = office.house.desk.notes[0]
    near = "Would be VIP if ARR is at least 10,000; it is 9,400, from CRM 3 h ago."
    assert near in text.splitlines()


def test_run_again_says_what_the_live_playbook_would_change_and_writes_nothing(
    office: Office, database: Database
) -> None:
    office.knows(account__arr=9_400.0, customer__country="DE")
    decision = office.route()
    assert office.explain.again(decision).changes == ()
    publish(office.house.store, PLAYBOOK.replace("10000", "9000"), NOON, based_on=1)
    before = dump(database)
    again = office.explain.again(decision)
    assert again.version == 2
    assert {one.what: (one.before, one.after) for one in again.changes} == {
        "Queue": ("General", "Priority"),
        "Segments": ("Newcomers", "VIP, Newcomers"),
        "Rules that fired": ("none", "Big and German"),
        "Tags": ("none", "vip"),
    }
    assert dump(database) == before
    assert_comes_out_again(office, decision)


def test_two_desks_with_the_same_number_have_to_be_told_apart(office: Office) -> None:
    first = office.route("17")
    assert office.explain.find("17", None) == first
    second = office.route("17", "other")
    with pytest.raises(Refused, match="The desks demo and other each have a ticket 17"):
        office.explain.find("17", None)
    assert office.explain.find("17", "other") == second
    with pytest.raises(NotThere, match="no decision on a ticket 99 of demo"):
        office.explain.find("99", "demo")


def test_of_a_forgotten_customer_a_decision_cannot_be_run_again(office: Office) -> None:
    decision = office.route()
    forget = ForgetCustomers(office.house.store, office.house.clock, Keeps(0, 0))
    forget.forget(LENA, replace(MARA, role=Role.ADMIN))
    view = office.explain.view(decision)
    assert view is not None
    assert view.live is None
    for what in (office.explain.verify, office.explain.again):
        with pytest.raises(Refused, match="forgotten"):
            what(decision)


# Tickets before this one.


def test_earlier_tickets_are_counted_unless_a_source_knows_better(office: Office) -> None:
    past = [a_past_ticket("a", days=3), a_past_ticket("b", days=1, email=LENA.upper())]
    past += [a_past_ticket("later", days=-1), a_past_ticket("other", days=2, email="x@y.example")]
    with office.house.store.work() as work:
        work.tickets.add_past(past, NOON)
        work.commit()
    office.route("17")
    facts = office.house.decision("17").facts
    assert facts.customer["customer.tickets"] == Fact(2.0, "Deskroute", NOON)
    office.knows(customer__tickets=40.0)
    office.route("18")
    assert office.house.decision("18").facts.customer["customer.tickets"].source == "CRM"
    office.knows()
    office.route("19", email=None)
    assert "customer.tickets" not in office.house.decision("19").facts.customer


def test_a_first_contact_is_known_without_any_source(office: Office) -> None:
    office.route("17")
    assert office.house.decision("17").decision.segment == "Newcomers"
    reading = a_reading("18", opened_at=NOON + HOUR)
    office.house.desk.add(reading)
    office.house.handle(claimed("18"))
    assert office.house.decision("18").decision.segment is None


def a_past_ticket(key: str, *, days: float, email: str = LENA) -> PastTicket:
    opened = NOON - timedelta(days=days)
    ticket = Ticket(
        ref=TicketRef("history", key),
        subject="Earlier",
        text="",
        requester_email=email,
        opened_at=opened,
        status=Status.SOLVED,
    )
    outcome = Outcome(opened_at=opened, solved_at=opened + HOUR)
    return PastTicket(ticket, outcome, "en", None, "General", None, None)


# The command.


@pytest.fixture
def run(
    office: Office, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command over the database that has one routed ticket."""
    office.knows(account__arr=9_400.0, customer__country="DE")
    office.route()
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(main, words)


@ON_SQLITE
def test_why_prints_the_decision_in_words(run: Callable[..., Result]) -> None:
    said = run("why", "17")
    assert said.exit_code == 0
    for line in (
        "Ticket    demo/17, decision 1 of 2026-03-02 12:00 UTC, by playbook 1",
        "Queue     General. No rule matched, so the default queue General.",
        "Segment   Newcomers: first contact is yes (Deskroute now)",
        "nearly    VIP: would hold if ARR is at least 10,000; it is 9,400, from CRM 3 h ago",
        "≈ 1. Big and German (not matched, near miss)",
        "     would match if ARR is at least 10,000; it is 9,400, from CRM 3 h ago",
        "     ARR is at least 10,000 (it is 9,400, CRM 3 h ago)",
        "≈ 2. Due for renewal (unknown, near miss)",
        "     cannot be told: renewal date is unknown",
        "Unknown   renewal date",
    ):
        assert line in said.output.splitlines(), said.output


@ON_SQLITE
def test_why_verify_exits_with_1_where_the_decision_does_not_come_out_again(
    run: Callable[..., Result], database: Database, office: Office
) -> None:
    said = run("why", "17", "--connection", "demo", "--verify")
    proved = "The ticket was opened.\nRevision 1: the same, bit for bit\n"
    assert (said.exit_code, said.output) == (0, proved)
    told = decision_out(replace(office.house.decision().decision, tags=("x",)))
    with database.write() as connection:
        connection.execute(update(DECISIONS).values(decision=told))
    said = run("why", "17", "--verify")
    assert said.exit_code == 1
    assert "Revision 1: NOT the same\n  tags: stored ['x'], now []" in said.output


@ON_SQLITE
def test_why_of_a_ticket_without_a_decision_says_so(run: Callable[..., Result]) -> None:
    said = run("why", "99")
    assert (said.exit_code, said.output) == (1, "Error: There is no decision on a ticket 99.\n")


@ON_SQLITE
def test_decide_shows_near_misses_too(run: Callable[..., Result], tmp_path: Path) -> None:
    ticket, customer = tmp_path / "ticket.json", tmp_path / "customer.json"
    ticket.write_text(json.dumps({"subject": "Cannot sign in", "requester_email": LENA}))
    customer.write_text(json.dumps({"account.arr": 9_400}))
    said = run("decide", "--ticket", str(ticket), "--customer", str(customer))
    assert said.exit_code == 0
    assert "nearly    VIP: would hold if ARR is at least 10,000; it is 9,400" in said.output
