"""A thousand orders of hearing the same events: the same row in the database, all the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from world import NOON, FakeClock, a_reading, publish

from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.ports import Reading
from plugin.records.decisions import NewDecision
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.rows import TICKETS
from routing.decide import decide
from routing.events import (
    Actor,
    Event,
    Gone,
    TicketFound,
    TicketGone,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.languages import recognise
from routing.outcomes.worked import worked
from routing.tickets import Facts, TicketRef

ORDERS = 1_000
PARTS = 5

PLAYBOOK = """\
playbook: Measured
default_queue: General
queues: [{name: General, ids: {demo: "1"}}, {name: Priority, ids: {demo: "2"}}]
hours: Office
schedules:
  - {name: Office, time_zone: Europe/Berlin, hours: {mon: "09:00-17:00", tue: "09:00-17:00"}}
  - {name: Office, from: 2026-03-03, time_zone: UTC, hours: {tue: "06:00-20:00"}}
rules:
  - {name: Promise, when: always, then: {queue: General, first_reply: 1 h, resolution: 2 d}}
"""


def at(hours: float) -> dict[str, object]:
    return {"at": NOON + timedelta(hours=hours), "ticket": TicketRef("demo", "0")}


def a_life() -> list[Event]:
    """Opened, answered, moved, solved, opened again, merged, found, solved once more, deleted."""
    told: list[tuple[type[Event], dict[str, object]]] = [
        (TicketOpened, {**at(-0.5), "by": Actor.CUSTOMER}),
        (TicketReplied, {**at(0.2), "by": Actor.DESK, "public": True}),
        (TicketReplied, {**at(0.3), "by": Actor.AGENT, "public": True, "agent": "5"}),
        (TicketMoved, {**at(1), "by": Actor.AGENT, "queue_before": "1", "queue": "2"}),
        (TicketMoved, {**at(2), "by": Actor.US, "queue_before": "2", "queue": "1"}),
        (TicketSolved, {**at(3), "by": Actor.AGENT, "agent": "5"}),
        # Closed and opened again at the same moment: then their keys say which came first.
        (TicketSolved, {**at(20), "by": Actor.DESK}),
        (TicketReopened, {**at(20), "by": Actor.CUSTOMER}),
        (TicketReplied, {**at(20), "by": Actor.CUSTOMER, "public": True}),
        (TicketGone, {**at(21), "by": Actor.DESK, "how": Gone.MERGED}),
        (TicketFound, {**at(22), "by": Actor.DESK}),
        (TicketReplied, {**at(23), "by": Actor.AGENT, "public": True, "agent": "6"}),
        (TicketSolved, {**at(24), "by": Actor.AGENT, "agent": "6"}),
        (TicketGone, {**at(30), "by": Actor.DESK, "how": Gone.DELETED}),
    ]
    return [kind(key=f"e{n:02}", **values) for n, (kind, values) in enumerate(told)]  # type: ignore[arg-type]


def heard(dice: random.Random, life: Sequence[Event]) -> list[tuple[Event, ...]]:
    """The life told in some parts, in no order, with some of it told again."""
    told = [*life, *dice.choices(life, k=dice.randrange(6))]
    dice.shuffle(told)
    cuts = sorted(dice.sample(range(len(told) + 1), PARTS - 1))
    return [tuple(told[a:b]) for a, b in zip([0, *cuts], [*cuts, len(told)], strict=True)]


def a_part(number: int, events: Sequence[Event], *, newest: bool) -> Reading:
    ref = TicketRef("demo", str(number))
    reading = a_reading(str(number), *(replace(event, ticket=ref) for event in events))
    # The newest reading is heard first: all others come late, and tell only what they know.
    return replace(reading, read_at=NOON + timedelta(days=2 if newest else 1))


def decide_all(store: Store, clock: FakeClock, held: Sequence[object]) -> None:
    with store.work() as work:
        playbook = work.playbooks.live()
        assert playbook is not None
        stored = work.tickets.some([one.id for one in held])  # type: ignore[attr-defined]
        made = []
        for one in stored.values():
            facts = Facts(one.ticket, clock.now(), recognise(one.ticket.text, ("en",)))
            said = decide(facts, playbook)
            hours = playbook.hours_of(said.queue)
            made.append(
                NewDecision(one.id, said, facts, "Promise", worked=worked(one.outcome, hours))
            )
        work.decisions.add(made, clock.now())
        work.commit()


def test_a_thousand_orders_of_the_same_events_come_to_the_same_row(
    store: Store, database: Database, clock: FakeClock
) -> None:
    publish(store, PLAYBOOK, NOON)
    record, dice, life = RecordOutcomes(store), random.Random(20260302), a_life()
    orders = [heard(dice, life) for _ in range(ORDERS)]
    made = record([a_part(n, (), newest=True) for n in range(ORDERS)])
    # They are decided in between, some before and some after the most has been heard.
    for part in range(PARTS):
        some = [stored for n, (stored, _) in enumerate(made) if n % PARTS == part]
        decide_all(store, clock, some)
        record([a_part(n, orders[n][part], newest=False) for n in range(ORDERS)])
    told_otherwise = {"id", "desk_id"}
    columns = [column for column in TICKETS.c if column.name not in told_otherwise]
    with database.read() as connection:
        rows = [repr(tuple(row)) for row in connection.execute(select(*columns))]
        one = connection.execute(select(TICKETS)).first()
    assert len(rows) == ORDERS
    assert len(set(rows)) == 1
    assert one is not None
    assert (one.gone, one.reopens, one.transfers, one.public_replies) == ("deleted", 1, 1, 2)
    assert (one.opened_at, one.solved_at) == (
        NOON - timedelta(minutes=30),
        NOON + timedelta(hours=24),
    )
    assert (one.schedule, one.first_reply_target, one.resolution_target) == (
        "Office",
        3_600,
        172_800,
    )
    # Monday 12:30 to 17:00 in Berlin, and Tuesday from 06:00 UTC by the later version.
    assert (one.first_reply_worked, one.first_solved_worked, one.solved_worked) == (
        48 * 60,
        int(3.5 * 3_600),
        int((4.5 + 6) * 3_600),
    )
