"""How long the agent's panel takes from request to last byte, with 100,000 customers and tickets.

Through the real web process, over a connection that stays open, signed in, one agent after the
other: what one person waits for. ``busiest`` is a customer who has written 2,000 times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, cycle, islice

from flask import Flask
from rich.console import Console

from benchmarks.load import Heard, at_rate
from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from benchmarks.rig import CONNECTION, HOST, Rig, running, set_up
from benchmarks.stand_in import SEED
from plugin.app import build_app
from plugin.demo.samples.live import incoming
from plugin.demo.samples.people import SampleCustomer, customers
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.ports import Reading
from plugin.records.tickets import PastTicket
from plugin.views.people import Role
from plugin.web.cookies import SIGNED_IN, Cookies
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef

PACKAGES = ("flask", "granian", "jinja2", "sqlalchemy", "psycopg")

MOST_MS = 150
"""Within this a panel is to be there, in milliseconds."""

BATCH = 1_000
RATE = 10
"""Panels asked for a second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``seconds`` is the length of each load."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    customers: int = 100_000
    tickets: int = 100_000
    routed: int = 200
    busiest: int = 2_000
    seconds: float = 20.0


def run(plan: Plan) -> Result:
    """Measure on each database."""
    machine = describe_machine(PACKAGES)
    rows: list[dict[str, object]] = []
    bars: list[dict[str, object]] = []
    for kind in plan.databases:
        with set_up(kind) as rig:
            people = tuple(islice(_people(), plan.customers))
            _fill(rig, plan, people)
            _route(rig, plan, people)
            port = rig.ports[0]
            with running(rig.ours("web"), port):
                for what, tickets in (
                    ("any ticket", range(2, plan.routed + 1)),
                    ("the busiest customer's", range(1, 2)),
                ):
                    heard = _ask(rig, tickets, plan.seconds)
                    rows.append(_row(kind, what, heard))
                    p95 = heard.percentile(0.95) * 1e3
                    promise = f"{kind}: p95 in ms, {what}, below {MOST_MS}"
                    bars.append(bar(promise, p95, met=p95 < MOST_MS and not heard.others))
    return {"what": "panel", "machine": machine, "rows": rows, "bars": bars}


def _people() -> Iterator[SampleCustomer]:
    """Customers without end: the samples, again and again under other addresses."""
    samples = customers(SEED)
    for turn in count():
        for one in samples:
            yield replace(one, id=f"{turn}-{one.id}", email=f"{turn}.{one.email}")


def _fill(rig: Rig, plan: Plan, people: tuple[SampleCustomer, ...]) -> None:
    """Customers, and tickets that were solved and rated in the past."""
    flows = rig.flows
    lines = (
        (number, {"id": one.id, "email": one.email, **one.facts})
        for number, one in enumerate(people, start=2)
    )
    flows.import_customers("CRM", lines, dry=False)
    with flows.store.look() as work:
        playbook = work.playbooks.live()
    assert playbook is not None
    segments = [*(one.name for one in playbook.segments), None]
    past = _past(plan, people, segments, rig)
    while batch := list(islice(past, BATCH)):
        with flows.store.work() as work:
            work.tickets.add_past(batch, flows.clock.now())
            work.commit()
    if not flows.database.has_one_writer:
        with flows.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")  # as its own housekeeping does in the long run


def _past(
    plan: Plan, people: tuple[SampleCustomer, ...], segments: list[str | None], rig: Rig
) -> Iterator[PastTicket]:
    now = rig.flows.clock.now()
    subjects = [one.subject for one, _ in zip(incoming(SEED, people), range(500), strict=False)]
    told = zip(cycle(subjects), cycle(segments), cycle(("en", "de", "fr")), strict=False)
    for number, (subject, segment, language) in zip(range(plan.tickets), told, strict=False):
        who = people[0] if number < plan.busiest else people[number % len(people)]
        opened = now - timedelta(minutes=number + 60)
        solved = opened + timedelta(minutes=45)
        yield PastTicket(
            ticket=Ticket(
                ref=TicketRef("history", str(number)),
                subject=subject,
                text="",
                requester_email=who.email,
                opened_at=opened,
                status=Status.SOLVED,
            ),
            outcome=Outcome(opened, solved, solved, solved, None, 1, 0, 0),
            language=language,
            segment=segment,
            queue_name="General",
            agent_name=None,
            score=number % 5 + 1 if number % 4 == 0 else None,
        )


def _route(rig: Rig, plan: Plan, people: tuple[SampleCustomer, ...]) -> None:
    """Decide tickets, so that there are panels; the first is the busiest customer's."""
    flows = rig.flows
    route = RouteTickets(flows.light_store, flows.customers, flows.clock)
    for number, one in zip(range(1, plan.routed + 1), incoming(SEED, people), strict=False):
        now = flows.clock.now()
        ticket = Ticket(
            ref=TicketRef(CONNECTION, str(number)),
            subject=one.subject,
            text=one.text,
            requester_email=people[0].email if number == 1 else one.email,
            opened_at=now,
            channel="mail",
        )
        reading = Reading(ticket, (), now)
        with flows.store.work() as work:
            (stored,) = work.tickets.hold([reading])
            work.commit()
        route([(stored, reading)], now)


def _ask(rig: Rig, tickets: range, seconds: float) -> Heard:
    """Ask for these tickets' panels in turn."""
    head = f"Host: {HOST}:{rig.ports[0]}\r\nAccept: text/html\r\nCookie: {_cookie(rig)}\r\n\r\n"
    wanted = cycle(f"GET /panel/{CONNECTION}/{one} HTTP/1.1\r\n{head}".encode() for one in tickets)
    address = (HOST, rig.ports[0])
    at_rate(address, lambda: next(wanted), RATE, 3.0)  # templates are compiled, statements cached
    return at_rate(address, lambda: next(wanted), RATE, seconds)


def _cookie(rig: Rig) -> str:
    """The cookie of an agent who has signed in."""
    flows = rig.flows
    email, password = "bench@halden.example", rig.secret
    flows.sign_in.save(email, "Bench", Role.AGENT, password)
    token = flows.sign_in.start(flows.sign_in.check(email, password, HOST))
    app: Flask = build_app(flows)
    kept = app.session_interface
    assert isinstance(kept, Cookies)
    signer = kept.pages.get_signing_serializer(app)
    assert signer is not None
    return f"{kept.pages.get_cookie_name(app)}={signer.dumps({SIGNED_IN: token})}"


def _row(kind: str, what: str, heard: Heard) -> dict[str, object]:
    return {
        "database": kind,
        "what": f"the panel of {what}, {RATE}/s",
        "p50_ms": round(heard.percentile(0.5) * 1e3, 1),
        "p95_ms": round(heard.percentile(0.95) * 1e3, 1),
        "p99_ms": round(heard.percentile(0.99) * 1e3, 1),
        "non_2xx": heard.others,
    }


if __name__ == "__main__":
    show(run(Plan()), Console())
