"""The demo's proof: every ticket where the playbook says, with one note and one decision."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin.customers.typed import facts_of
from plugin.demo.stage import CONNECTION, Stage
from plugin.demo.traffic import Opened
from plugin.files import read_rows
from plugin.flows.tickets.decision_note import mark_of
from plugin.views.deliveries import Tally
from routing.decide import decide
from routing.languages import recognise
from routing.tickets import Fact, Facts, Ticket, TicketRef

SETTLING = 30.0
"""Seconds that the last deliveries are given at most before they are counted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. ``problems`` names what is not as the playbook says; empty is a pass."""

    opened: int
    right_queue: int
    one_note: int
    one_decision: int
    tally: Tally
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as promised."""
        return self.opened > 0 and not self.problems

    def lines(self) -> list[str]:
        """The counts, for people."""
        tally = self.tally
        return [
            *self.problems,
            f"tickets opened            {self.opened}",
            f"in the right queue        {self.right_queue}",
            f"with exactly one note     {self.one_note}",
            f"with exactly one decision {self.one_decision}",
            (
                f"deliveries received       {tally.received} = {tally.done} done "
                f"+ {tally.waiting} waiting + {tally.parked} parked"
            ),
        ]


def wait_until_done(stage: Stage, opened: Sequence[Opened], seconds: float) -> bool:
    """Wait until every ticket has its note and nothing is left in the inbox.

    Returns False when the time is up before.
    """
    until = time.monotonic() + seconds
    missing = {one.ticket for one in opened}
    while time.monotonic() < until:
        with stage.flows.store.look() as work:
            waiting = work.inbox.tally().waiting
            if not waiting:
                found = [work.tickets.find(CONNECTION, ticket) for ticket in missing]
                missing -= {one.ticket.ref.id for one in found if one is not None and one.applied}
        if not waiting and not missing:
            return True
        time.sleep(0.5)
    return False


def prove(stage: Stage, opened: Sequence[Opened], customers: dict[str, dict[str, Fact]]) -> Proof:
    """Compare the desk, ticket by ticket, with what the playbook says of it.

    What the playbook says is worked out here from the files alone, not read from our database.
    """
    problems: list[str] = []
    right = noted = decided = 0
    for one in opened:
        wanted = expected_queue(stage, one, customers)
        shown = stage.desk.ticket(one.ticket)
        is_in = stage.playbook.queue_of(CONNECTION, str(shown["queue"]))
        if is_in == wanted:
            right += 1
        else:
            problems.append(f"#{one.ticket} is in {is_in}; the playbook says {wanted}.")
        notes = _notes(stage, shown)
        decisions = _decisions(stage, one.ticket)
        if len(notes) == 1 and len(decisions) == 1 and mark_of(decisions[0]) in notes[0]:
            noted += 1
        else:
            problems.append(f"#{one.ticket} has {len(notes)} notes of ours.")
        decided += len(decisions) == 1
        if len(decisions) != 1:
            problems.append(f"#{one.ticket} has {len(decisions)} decisions.")
    tally = _settled(stage)
    if tally.received != tally.done:
        problems.append(f"{tally.received} deliveries came in and {tally.done} are done.")
    return Proof(len(opened), right, noted, decided, tally, tuple(problems))


def _settled(stage: Stage) -> Tally:
    """The sum over all deliveries, once nothing waits, or after half a minute.

    A poll may hear of our own last writes at any time, and its news waits for a moment.
    """
    until = time.monotonic() + SETTLING
    while True:
        with stage.flows.store.look() as work:
            tally = work.inbox.tally()
        if not tally.waiting or time.monotonic() > until:
            return tally
        time.sleep(0.5)


def _notes(stage: Stage, shown: Mapping[str, object]) -> list[str]:
    """The private notes of our own user on a ticket."""
    followups = shown.get("followup_set")
    return [
        str(followup.get("comment"))
        for followup in (followups if isinstance(followups, list) else [])
        if str(followup.get("user")) == stage.desk.api_user_id and not followup.get("public")
    ]


def _decisions(stage: Stage, ticket: str) -> list[int]:
    with stage.flows.store.look() as work:
        return work.decisions.of(CONNECTION, ticket)


def known_customers(stage: Stage, path: Path) -> dict[str, dict[str, Fact]]:
    """The facts of a customer file by e-mail."""
    known: dict[str, dict[str, Fact]] = {}
    now = stage.flows.clock.now()
    for _, row in read_rows(path, {}):
        if isinstance(row, dict) and row.get("email"):
            email = str(row["email"]).strip().casefold()
            known[email] = facts_of(row, stage.playbook.fields, path.stem, now)
    return known


def expected_queue(stage: Stage, one: Opened, customers: dict[str, dict[str, Fact]]) -> str:
    """The queue the playbook names for a ticket, from its text and its customer's row."""
    now = stage.flows.clock.now()
    wrote = one.wrote
    text = wrote.text
    ref = TicketRef(CONNECTION, one.ticket)
    ticket = Ticket(ref, wrote.subject, text, wrote.email, now)
    language = recognise(f"{wrote.subject}\n{text}", stage.playbook.languages)
    known = {"customer.email": Fact(wrote.email, "desk", now)}
    known |= customers.get(wrote.email.casefold(), {})
    return decide(Facts(ticket, now, language, known), stage.playbook).queue
