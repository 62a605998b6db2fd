"""Whoever changes what is measured about a ticket says that it is not counted as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, update
from world import FAR, NOON, House, Knows, a_reading, claimed

from plugin.flows.results.remeasure import Remeasure
from plugin.records.surveys import PlannedSurvey
from plugin.records.tickets import PastTicket
from plugin.records.work import Store, Work
from plugin.store import rows
from plugin.store.database import Database
from plugin.store.rows import MEASURED, TICKETS
from routing.events import Actor, Gone, TicketReplied
from routing.outcomes.outcome import Outcome
from routing.outcomes.worked import Worked
from routing.surveys.survey import Kind
from routing.tickets import Fact, Status, Ticket, TicketRef

STORE = Path(rows.__file__).parent

UNMEASURED = frozenset(
    {
        *("id", "desk_id", "subject", "text", "requester_name", "status", "priority", "queue"),
        *("agent", "tags", "read_at", "mark", "solved_by", "waiting_since", "hand_back_at"),
        "counted",
    }
)
"""What no KPI is made of. A new column belongs here or into MEASURED."""


def test_each_column_of_a_ticket_is_either_measured_or_known_not_to_be() -> None:
    assert {column.name for column in TICKETS.c} == MEASURED | UNMEASURED
    assert not MEASURED & UNMEASURED


def test_tickets_are_changed_in_one_place_and_where_a_place_is_noted() -> None:
    writing = re.compile(r"update\(\s*(TICKETS|TicketRow)\b")
    found = {
        path.name: len(writing.findall(path.read_text("utf-8"))) for path in STORE.rglob("*.py")
    }
    # The other one notes where we have put a ticket, which is not measured.
    assert {name: count for name, count in found.items() if count} == {
        "rows.py": 1,
        "tickets.py": 1,
        # It says that they are counted.
        "measured_days.py": 1,
    }


@contextmanager
def no_change_uncounted(database: Database) -> Iterator[list[str]]:
    """Hears every UPDATE of tickets: one that sets a measured column sets ``counted`` as well."""
    heard: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        told = re.match(r"UPDATE tickets SET (.*) WHERE", statement, re.DOTALL)
        if told is not None:
            named = set(re.findall(r"(\w+)\s*=(?!=)", told[1].split(" END", 1)[0]))
            heard.append(statement)
            assert not named & MEASURED or "counted=" in statement, statement

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def count_all(database: Database) -> None:
    with database.write() as connection:
        connection.execute(update(TICKETS).values(counted=True))


def counted(database: Database, key: str = "17") -> bool:
    with database.read() as connection:
        query = select(TICKETS.c.counted).where(TICKETS.c.desk_id == key)
        return bool(connection.execute(query).scalar_one())


def change(store: Store, do: Callable[[Work], object]) -> None:
    with store.work() as work:
        do(work)
        work.commit()


def replied() -> TicketReplied:
    return TicketReplied(
        ticket=TicketRef("demo", "17"),
        at=NOON + timedelta(minutes=5),
        key="r",
        by=Actor.AGENT,
        agent="5",
        public=True,
    )


def test_every_flow_that_changes_what_is_measured_says_so_in_the_same_statement(
    house: House, database: Database
) -> None:
    solved = a_reading("17", replied(), status=Status.SOLVED)
    with no_change_uncounted(database) as heard:
        house.handle(claimed())
        assert not counted(database)
        for reading, is_counted in (
            (a_reading("17", replied(), agent="6"), False),
            (solved, False),
            # Only its words are others, and then not even those.
            (a_reading("17", replied(), status=Status.SOLVED, subject="Something else"), True),
            (a_reading("17", replied(), status=Status.SOLVED, subject="Something else"), True),
        ):
            house.desk.add(reading)
            count_all(database)
            house.clock.turn(minutes=1)
            house.handle(claimed())
            assert counted(database) is is_counted
        house.desk.gone["17"] = Gone.MERGED
        house.handle(claimed())
        assert not counted(database)
    assert len(heard) > 8


WRITERS: dict[str, Callable[[House, Work], object]] = {
    "a survey that is sent": lambda house, work: work.surveys.sent(_ask(house, work), NOON),
    "a survey that is answered": lambda house, work: work.surveys.answer(
        _ask(house, work), 4, "", "", NOON
    ),
    "an outcome": lambda house, work: work.tickets.set_outcomes(
        [(house.ticket().id, Outcome(NOON, reopens=3), Worked())]
    ),
    "a working time": lambda house, work: work.measures.put(
        [(house.ticket().id, Worked("Office", 5))]
    ),
    "a reading with another agent": lambda house, work: work.tickets.update(
        [(house.ticket(), a_reading(), "Somebody else")]
    ),
    "an imported ticket that differs": lambda _, work: work.tickets.add_past(
        [past(transfers=2)], NOON
    ),
    "a customer who is forgotten": lambda _, work: work.privacy.forget("lena@kontor.example", NOON),
}


def _ask(house: House, work: Work) -> int:
    planned = PlannedSurvey("CSAT", Kind.CSAT, "reply", "s", NOON, NOON, None)
    return work.surveys.plan(house.ticket(), planned, NOON)


def past(transfers: int = 0, key: str = "past") -> PastTicket:
    ticket = Ticket(TicketRef("demo", key), "Old", "", None, NOON, status=Status.SOLVED)
    outcome = Outcome(NOON, solved_at=NOON, transfers=transfers)
    return PastTicket(ticket, outcome, "en", None, "General", None, None)


@pytest.mark.parametrize("writer", WRITERS)
def test_after_each_writer_of_the_store_the_ticket_is_not_counted(
    house: House, database: Database, writer: str
) -> None:
    house.handle(claimed())
    change(house.store, lambda work: work.tickets.add_past([past()], NOON))
    count_all(database)
    key = "past" if "imported" in writer else "17"
    assert counted(database, key)
    change(house.store, lambda work: WRITERS[writer](house, work))
    assert not counted(database, key)


def test_a_repaired_decision_is_not_counted_either(house: House, database: Database) -> None:
    house.customers = Knows(silent=("CRM",))
    house.handle(claimed())
    count_all(database)
    house.customers = Knows({"account.employees": Fact(900.0, "CRM", NOON)})
    house.clock.turn(minutes=1)
    (ending,) = house.handling_all(house.store)([replace(claimed(), kind="repair")], FAR).values()
    assert "decided again" in str(ending)
    assert house.ticket().segment == "Enterprise"
    assert not counted(database)


def test_the_same_import_or_measure_again_leaves_it_counted(
    house: House, database: Database
) -> None:
    change(house.store, lambda work: work.tickets.add_past([past()], NOON))
    count_all(database)
    change(house.store, lambda work: work.tickets.add_past([past()], NOON))
    Remeasure(house.store, house.clock)("somebody", lambda _: None, dry=False)
    assert counted(database, "past")
