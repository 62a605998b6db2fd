"""What Deskroute is for, done with everything real: from the customer's form to the KPIs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from conftest import POLL, SWEEP, System, eventually

from plugin.demo.stage import CONNECTION, username
from plugin.demo.traffic import Opened, rate, survey_link
from plugin.flows.tickets.decision_note import mark_of
from plugin.wiring_apart import Apart
from routing.decide import as_rules_see
from routing.outcomes.question import Question
from routing.tickets import Facts, Ticket, TicketRef

STRANGER = "nobody@elsewhere.example"
PLAIN = "Where do I change the address on my invoices?"

SCANNERS = (
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1) BingPreview/1.0b",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15",
)


def _vip(system: System) -> str:
    """The address of a customer on the list of VIPs."""
    return next(
        email
        for email, facts in system.customers.items()
        if "VIP 2026" in str(facts.get("customer.lists") and facts["customer.lists"].value)
    )


def _of_segment(system: System, name: str) -> str:
    """The address of a customer whose primary segment this is."""
    playbook = system.stage.playbook
    now = datetime.now(UTC)
    for email, facts in system.customers.items():
        ticket = Ticket(TicketRef(CONNECTION, "0"), "", "", email, now)
        _, members = as_rules_see(Facts(ticket, now, customer=facts), playbook)
        if members and members[0].name == name:
            return email
    raise LookupError(name)


def _finished(system: System, subject: str, body: str, email: str, via: str = "api") -> Opened:
    """A ticket that was opened and is decided, written and noted."""
    opened = system.open(subject, body, email, via)
    system.finish([opened])
    return opened


def _agent(system: System, ticket: str) -> str:
    """Who has the ticket in the desk, by the name they sign in with there."""
    holder = str(system.desk.ticket(ticket)["assigned_to"])
    return next(name for name, known in system.desk.agent_ids.items() if known == holder)


def _solved(system: System, ticket: str, *, replies: int = 0) -> str:
    """An agent answers so many times, and solves; returns the survey's link."""
    agent = _agent(system, ticket)
    for number in range(replies):
        system.desk.agent_reply(agent, ticket, f"Answer {number + 1}.")
    before = survey_link(system.desk, ticket)
    system.desk.agent_solve(agent, ticket, "That should do it.")
    link = eventually(lambda: _other(survey_link(system.desk, ticket), before))
    assert link, system.unfinished()
    return link


def _other(link: str | None, than: str | None) -> str | None:
    return None if link == than else link


def test_a_customer_at_risk_who_comes_back_is_escalated_by_the_rule_for_it(system: System) -> None:
    ticket = _finished(system, "Hello", PLAIN, _of_segment(system, "At-risk loyal")).ticket
    _solved(system, ticket)
    assert eventually(lambda: _if(system.row(ticket), "solved_at"))
    system.desk.customer_returns(ticket, "It is back again.")
    assert eventually(lambda: len(system.ours(ticket, public=False)) == 2), system.unfinished()
    note = system.ours(ticket, public=False)[1]
    assert "The ticket was opened again." in note
    assert "Call them." in note
    shown = system.desk.ticket(ticket)
    assert (system.queue_of(ticket), shown["priority"]) == ("Retention", 1)
    turns = system.rows(
        "SELECT d.turn FROM decisions d JOIN tickets t ON t.id = d.ticket_id"
        " WHERE t.desk_id = :id ORDER BY d.id",
        id=ticket,
    )
    assert turns[0]["turn"] == "opened"
    assert len(turns) == 2
    # It was the same customer, and the same routing: what KPIs go by has not changed.
    assert system.row(ticket)["segment"] == "At-risk loyal"


@pytest.mark.parametrize("via", ["form", "api"])
def test_a_ticket_reaches_the_queue_and_agent_the_playbook_says(system: System, via: str) -> None:
    opened = _finished(system, "Hello", PLAIN, _vip(system), via)
    ticket = opened.ticket

    assert system.queue_of(ticket) == "Priority"
    shown = system.desk.ticket(ticket)
    assert shown["priority"] == 2, "the playbook says high"
    assert "vip" in str(shown["custom_tags"])
    holder = system.stage.playbook.agent_of(CONNECTION, str(shown["assigned_to"]))
    [decision] = system.rows(
        "SELECT d.* FROM decisions d JOIN tickets t ON t.id = d.ticket_id WHERE t.desk_id = :id",
        id=ticket,
    )
    row = system.row(ticket)
    assert row["agent_name"] == holder
    assert (row["queue_name"], row["segment"]) == ("Priority", "VIP by hand")
    able = {agent.name for agent in system.stage.playbook.agents if "Priority" in agent.queues}
    assert holder in able
    [note] = system.ours(ticket, public=False)
    assert mark_of(decision["id"]) in note
    assert "VIP by hand" in note
    assert system.prove([opened]).problems == ()


def test_a_ticket_from_an_unknown_customer_goes_to_the_default_queue(system: System) -> None:
    opened = _finished(system, "A question", PLAIN, STRANGER)
    assert system.queue_of(opened.ticket) == system.stage.playbook.default_queue
    assert system.row(opened.ticket)["segment"] is None
    assert len(system.ours(opened.ticket, public=False)) == 1


def test_the_samples_of_all_languages_go_where_the_playbook_says(system: System) -> None:
    samples = system.samples()
    opened = [system.open_sample(next(samples)) for _ in range(15)]
    system.finish(opened)
    assert system.prove(opened).problems == ()


def test_a_ticket_s_life_is_recorded_against_its_snapshot(system: System) -> None:
    ticket = _finished(system, "Where is it", PLAIN, _vip(system)).ticket
    first = _solved(system, ticket, replies=1)
    row = eventually(lambda: _if(system.row(ticket), "solved_at"))
    assert row["first_reply_at"] is not None
    assert (row["public_replies"], row["reopens"], row["transfers"]) == (2, 0, 0)

    system.desk.customer_returns(ticket, "It is back again.")
    row = eventually(lambda: _if(system.row(ticket), "reopens"))
    assert (row["reopens"], row["solved_at"]) == (1, None)

    system.desk.agent_move(_agent(system, ticket), ticket, "Technical")
    row = eventually(lambda: _if(system.row(ticket), "transfers"))
    assert row["transfers"] == 1

    second = _solved(system, ticket)
    assert second != first, "each solving has its own survey"
    row = eventually(lambda: _if(system.row(ticket), "solved_at"))
    assert row["first_solved_at"] < row["solved_at"]
    # What was decided on stays as it was, whatever happened after.
    assert (row["segment"], row["queue_name"]) == ("VIP by hand", "Priority")
    assert row["rule"] == "VIP by hand to Priority"
    kinds = [kind for kind, _ in system.events(ticket)]
    assert kinds.count("solved") == 2
    assert kinds.count("opened") == 1


def _if(row: dict[str, Any], name: str) -> dict[str, Any]:
    """The row, once it has that; an empty one before."""
    return row if row[name] else {}


def test_our_own_move_is_no_transfer_and_our_own_notes_do_not_loop(system: System) -> None:
    opened = _finished(system, "Quiet", PLAIN, _vip(system))
    _wait_for_polls(system, 1)
    settled = len(system.deliveries(opened.ticket))
    before = system.followups(opened.ticket)

    _wait_for_polls(system, 2)

    assert len(system.deliveries(opened.ticket)) == settled, "our own writes came back as news"
    assert system.followups(opened.ticket) == before
    assert system.row(opened.ticket)["transfers"] == 0
    assert not [event for event in system.events(opened.ticket) if event == ("moved", "agent")]


def _wait_for_polls(system: System, times: int) -> None:
    """Wait until so many polls have begun and what they heard is handled."""
    time.sleep(times * POLL + SWEEP)
    assert eventually(lambda: not system.rows("SELECT id FROM inbox WHERE state = 'waiting'"))


def test_a_survey_is_asked_once_per_solving_and_only_its_button_writes(system: System) -> None:
    ticket = _finished(system, "Survey", PLAIN, _vip(system)).ticket
    link = _solved(system, ticket, replies=1)
    _wait_for_polls(system, 1)
    assert len(system.ours(ticket, public=True)) == 1

    for agent in SCANNERS:
        with httpx.Client(headers={"User-Agent": agent}, timeout=10) as scanner:
            for address in (link, f"{link}?score=5", f"{link}?score=1"):
                assert scanner.get(address).status_code == 200
                assert scanner.head(address).status_code == 200
    [survey] = system.rows(
        "SELECT s.* FROM surveys s JOIN tickets t ON t.id = s.ticket_id WHERE t.desk_id = :id",
        id=ticket,
    )
    assert (survey["score"], survey["answered_at"]) == (None, None)

    rate(link, 4, "Quick and clear.")
    [survey] = system.rows("SELECT * FROM surveys WHERE id = :id", id=survey["id"])
    assert (survey["score"], survey["comment"]) == (4, "Quick and clear.")
    assert survey["segment"] == "VIP by hand"
    assert system.row(ticket)["score"] == 4


def test_a_rating_appears_in_the_numbers(system: System) -> None:
    def ratings(*, exact: bool = False) -> tuple[int, int]:
        now = datetime.now(UTC)
        asked = Question(now - timedelta(days=7), now, exact=exact)
        segment = Apart(system.stage.flows).measure(asked).groups.get("VIP by hand")
        if segment is None or segment.csat is None:
            return 0, 0
        return round(segment.csat.value * segment.csat.n), segment.csat.n

    # Ratings of just before may not be counted yet: the tickets themselves know them.
    good, rated_before = ratings(exact=True)
    ticket = _finished(system, "Numbers", PLAIN, _vip(system)).ticket
    rate(_solved(system, ticket), 5)
    # The worker counts what has changed every few seconds.
    assert eventually(lambda: ratings() == (good + 1, rated_before + 1), seconds=60)


def test_a_move_the_desk_tells_nobody_of_is_found_by_the_poll(system: System) -> None:
    ticket = _finished(system, "Silent", PLAIN, _vip(system)).ticket
    system.desk.agent_move(_agent(system, ticket), ticket, "Compliance", silently=True)
    row = eventually(lambda: _if(system.row(ticket), "transfers"), seconds=40 * POLL)
    assert row, "the poll did not hear of it"
    assert row["transfers"] == 1
    assert row["queue"] == system.desk.queue_ids["Compliance"]
    assert system.queue_of(ticket) == "Compliance", "a person's choice is not overruled"
    assert "poll" in {one["kind"] for one in system.deliveries(ticket)}


def test_a_ticket_that_is_deleted_before_it_is_decided_is_parked_with_the_reason(
    system: System,
) -> None:
    worker = system.up.child("worker")
    worker.stop()
    try:
        ticket = system.open("Gone", PLAIN, STRANGER).ticket
        assert system.deliveries(ticket)[0]["state"] == "waiting"
        system.desk.agent_delete(username(system.stage.playbook.agents[0].name), ticket)
    finally:
        worker.start()
    parked = eventually(lambda: [d for d in system.deliveries(ticket) if d["state"] == "parked"])
    assert parked, system.unfinished()
    assert f"has no ticket {ticket}" in parked[0]["why"]
    # Nothing that others still wait for.
    with system.stage.flows.database.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM inbox WHERE ticket = '{ticket}'")


def _tried(system: System, ticket: str) -> list[dict[str, Any]]:
    """The deliveries of a ticket that had to wait."""
    return [one for one in system.deliveries(ticket) if one["waits"]]


def test_while_the_desk_is_down_deliveries_wait_and_then_finish(system: System) -> None:
    worker = system.up.child("worker")
    worker.stop()
    opened = [system.open(f"Patience {number}", PLAIN, STRANGER) for number in range(5)]
    system.stop_desk()
    worker.start()
    [first] = eventually(lambda: _tried(system, opened[0].ticket))
    assert first["state"] == "waiting"
    assert "cannot be reached" in first["why"]
    system.start_desk()
    system.finish(opened, seconds=300)
    assert system.prove(opened).problems == ()
