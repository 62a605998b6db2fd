"""Half a year of tickets with differences that are known, because they were put in.

Counts are exact and not drawn, so that what is found never depends on luck. Built in are a segment
that differs, two that do not, channels whose totals point the other way than every segment does,
and a change of CSAT that is nothing but another mix of segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef

DAYS = 90
CHAT, MAIL = "chat", "mail"

PLAYBOOK = """\
playbook: Halden Books
default_queue: General
segments:
  - name: Enterprise EMEA
    model: firmographic
    owner: Ines Moreau
    goal: CSAT at least 85 %, first reply at most 1 h
    when: {field: account.employees, at least: 500}
  - name: Compliance-bound
    model: needs-based
    owner: Priya Raman
    goal: CSAT at least 80 % by March, be kind
    when: {field: customer.entitlements, contains: signed DPA}
  - name: Small shops DE
    model: geographic
    when: {field: customer.country, is: DE}
  - name: Trial week 1
    model: journey
    when: {field: customer.stage, is: trial}
  - name: Onsite service
    model: needs-based
    goal: transferred at most 5 %
    when: {field: customer.entitlements, contains: onsite}
queues: [{name: General}]
rules: []
replies: []
"""


@dataclass(frozen=True)
class Cell:
    """So many tickets of one segment by one channel; rates are exact shares."""

    segment: str | None
    channel: str
    n: int
    happy: float
    moved: float = 0.05
    minutes: float = 20.0
    nps: int | None = None


def cells(shops: int) -> tuple[Cell, ...]:
    """One period. Mail is rated higher in every segment, and lower in all."""
    return (
        Cell("Enterprise EMEA", MAIL, 300, 0.92),
        Cell("Enterprise EMEA", CHAT, 300, 0.84),
        Cell("Compliance-bound", MAIL, 400, 0.72, 0.20, 60),
        Cell("Compliance-bound", CHAT, 50, 0.54, 0.20, 60),
        Cell("Small shops DE", MAIL, shops // 5, 0.98),
        Cell("Small shops DE", CHAT, shops - shops // 5, 0.92),
        # The same as small shops in all that is measured.
        Cell("Trial week 1", MAIL, 80, 0.98),
        Cell("Trial week 1", CHAT, 320, 0.92),
        Cell("Onsite service", MAIL, 14, 0.80),
    )


NOW, BEFORE = cells(1_000), cells(300)
"""Small shops, who rate high, have become many more."""


def tickets(those: tuple[Cell, ...], since: datetime, name: str) -> Iterator[PastTicket]:
    """The tickets of one period, spread over it evenly."""
    for place, cell in enumerate(those):
        for number in range(cell.n):
            yield _ticket(cell, number, since, f"{name}-{place}-{number}")


def _ticket(cell: Cell, number: int, since: datetime, key: str) -> PastTicket:
    spread = number * 7_919 % cell.n
    opened = since + (number + 0.5) * timedelta(days=DAYS) / cell.n
    reply = opened + timedelta(minutes=cell.minutes * (0.5 + number * 613 % 1_000 / 1_000))
    solved = reply + timedelta(hours=2 + number * 389 % 1_000 / 100)
    ref = TicketRef("history", key)
    return PastTicket(
        ticket=Ticket(
            ref, f"Ticket {key}", "", None, opened, channel=cell.channel, status=Status.SOLVED
        ),
        outcome=Outcome(
            opened,
            reply,
            solved,
            solved,
            public_replies=1 + number % 2,
            transfers=int(number * 7_907 % cell.n < cell.moved * cell.n),
        ),
        language="en",
        segment=cell.segment,
        queue_name="General",
        agent_name=None,
        score=5 if spread < cell.happy * cell.n else 1,
        nps=cell.nps,
    )


def keep(store: Store, now: datetime, *periods: tuple[Cell, ...]) -> None:
    """Keep these periods, the last one of which ends now."""
    for back, those in enumerate(reversed(periods), 1):
        made = list(tickets(those, now - back * timedelta(days=DAYS), f"p{back}"))
        with store.work() as work:
            work.tickets.add_past(made, now)
            work.commit()
