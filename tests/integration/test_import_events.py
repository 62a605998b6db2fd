"""Logs with one row per update: read in any order, refused by the line, the same whenever told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import NOON, ON_SQLITE, PLAYBOOK, Command, FakeClock, House, a_reading, dump, publish

from plugin.files import Line, together
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.history.import_events import MOST_ROWS, ImportEvents, LogTerms
from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.import_rows import BadColumns, ImportReport
from plugin.flows.results.remeasure import Remeasure, Remeasured
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.views.people import Person, Role
from routing.events import Actor, Event, TicketMoved, TicketOpened, TicketReopened, TicketSolved
from routing.tickets import Priority, Status, TicketRef

TERMS = LogTerms()
ADMIN = Person(1, "admin@halden.example", "Ada", Role.ADMIN)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 2, 3, hour, minute, tzinfo=UTC)


def a_row(
    hour: int, state: str = "?", queue: str = "?", key: str = "17", **more: str
) -> dict[str, object]:
    return {"id": key, "at": at(hour).isoformat(), "state": state, "queue": queue, **more}


LIFE = [
    a_row(8, "New", "Desk", opened_at="2026-02-03T07:45:00Z"),
    a_row(9, "Active", "?"),
    a_row(10, "Active", "Network"),
    a_row(11, "Resolved", "Network", agent="Mara"),
    a_row(12, "Active", "Desk"),
    a_row(14, "Resolved", "Desk", agent="Jonas"),
    a_row(20, "Closed", "Desk"),
]


def lines(rows: Sequence[dict[str, object]]) -> list[Line]:
    return list(enumerate(rows, 2))


def imported(
    store: Store, rows: Sequence[dict[str, object]], terms: LogTerms = TERMS, *, dry: bool = False
) -> ImportReport:
    return ImportEvents(store, FakeClock(), together)("history", lines(rows), terms, dry=dry)


def ticket(store: Store, key: str = "17") -> StoredTicket:
    with store.look() as work:
        found = work.tickets.find("history", key)
    assert found is not None
    return found


def events(store: Store) -> list[Event]:
    with store.look() as work:
        return work.tickets.events([ticket(store)])[ticket(store).id]


def test_updates_become_events_and_those_an_outcome(published: Store) -> None:
    report = imported(published, LIFE)
    assert (report.read, report.changed, report.refused) == (7, 1, 0)
    kept = ticket(published)
    assert (kept.imported, kept.ticket.status, kept.playbook) == (True, Status.SOLVED, None)
    assert (kept.queue_name, kept.agent_name, kept.ticket.subject) == ("Desk", "Jonas", "17")
    outcome = kept.outcome
    assert outcome.opened_at == at(7, 45)
    assert (outcome.first_solved_at, outcome.solved_at) == (at(11), at(14))
    assert (outcome.reopens, outcome.transfers, outcome.solved_by) == (1, 2, "Jonas")
    told = [(type(one), one.at, one.by) for one in events(published)]
    assert told == [
        (TicketOpened, at(7, 45), Actor.CUSTOMER),
        (TicketMoved, at(10), Actor.AGENT),
        (TicketSolved, at(11), Actor.AGENT),
        (TicketMoved, at(12), Actor.AGENT),
        (TicketReopened, at(12), Actor.DESK),
        (TicketSolved, at(14), Actor.AGENT),
    ]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(LIFE), st.lists(st.sampled_from(LIFE), max_size=6))
def test_in_any_order_and_with_rows_told_twice_it_is_the_same(
    published: Store,
    database: Database,
    rows: list[dict[str, object]],
    twice: list[dict[str, object]],
) -> None:
    imported(published, LIFE)
    before = dump(database)
    assert imported(published, [*rows, *twice]).changed == 0
    assert dump(database) == before


def test_rows_of_many_tickets_may_stand_among_each_other(published: Store) -> None:
    rows = [{**row, "id": str(key)} for row in LIFE for key in range(700)]
    random.Random(1).shuffle(rows)
    assert imported(published, rows).changed == 700
    assert {ticket(published, str(key)).outcome for key in range(700)} == {
        ticket(published, "0").outcome
    }


def test_a_longer_log_takes_the_place_of_the_shorter_one(
    published: Store, database: Database
) -> None:
    assert imported(published, LIFE[:4]).changed == 1
    assert ticket(published).outcome.solved_at == at(11)
    assert imported(published, LIFE[:5]).changed == 1
    assert ticket(published).outcome.solved_at is None
    assert imported(published, LIFE).changed == 1
    grown = dump(database)["events"]
    assert ticket(published).outcome.solved_at == at(14)
    assert imported(published, LIFE).changed == 0
    assert dump(database)["events"] == grown


def test_a_dry_run_keeps_nothing(published: Store, database: Database) -> None:
    before = dump(database)
    assert imported(published, LIFE, dry=True).taken == 7
    assert dump(database) == before


# When it was solved.


@ON_SQLITE
@pytest.mark.parametrize(
    ("column", "rows", "first", "last"),
    [
        # Of a ticket that was never opened again the column tells both.
        ("2026-02-03T10:45:00Z", LIFE[:4], at(10, 45), at(10, 45)),
        ("2026-02-03T18:00:00Z", LIFE[:4], at(18), at(18)),
        # Of one that was, the states tell the first one, and the column the last.
        ("2026-02-03T13:30:00Z", LIFE, at(11), at(13, 30)),
        ("2026-02-03T21:00:00Z", LIFE, at(11), at(21)),
        # A column that still has the solving before the reopening says nothing of the last one.
        ("2026-02-03T11:00:00Z", LIFE, at(11), at(14)),
        ("2026-02-03T11:00:00Z", LIFE[:5], at(11), None),
        # The log ends early, but the column holds the final value.
        ("2026-02-03T14:00:00Z", LIFE[:2], at(14), at(14)),
        ("?", LIFE, at(11), at(14)),
    ],
)
def test_a_column_of_the_last_solving_is_believed_before_the_states(
    published: Store,
    column: str,
    rows: list[dict[str, object]],
    first: datetime | None,
    last: datetime | None,
) -> None:
    imported(published, [{**row, "solved_at": column} for row in rows])
    outcome = ticket(published).outcome
    assert (outcome.first_solved_at, outcome.solved_at) == (first, last)


@ON_SQLITE
def test_which_states_are_solved_and_which_are_unknown_can_be_said(published: Store) -> None:
    rows = [*LIFE[:4], a_row(13, "-100"), *LIFE[6:]]
    imported(published, rows)
    assert ticket(published).outcome.reopens == 1
    imported(published, rows, LogTerms(missing=frozenset({"", "?", "-100"})))
    assert ticket(published).outcome.reopens == 0
    imported(published, rows, LogTerms(solved=frozenset({"closed"})))
    assert ticket(published).outcome.first_solved_at == at(20)


@ON_SQLITE
def test_solved_and_reopened_in_the_same_minute_stand_in_the_order_of_their_sequence(
    published: Store,
) -> None:
    rows = [
        a_row(8, "New", sequence="8"),
        a_row(9, "Resolved", sequence="9"),
        a_row(9, "Active", sequence="10"),
    ]
    for told in (rows, rows[::-1]):
        imported(published, told)
        outcome = ticket(published).outcome
        assert (outcome.reopens, outcome.solved_at) == (1, None)


@ON_SQLITE
def test_counts_that_a_log_tells_itself_are_believed(published: Store) -> None:
    imported(published, [*LIFE, a_row(21, reopens="4", transfers="7", public_replies="3")])
    outcome = ticket(published).outcome
    assert (outcome.reopens, outcome.transfers, outcome.public_replies) == (4, 7, 3)


@ON_SQLITE
@pytest.mark.parametrize(
    ("columns", "known"),
    [
        ({}, None),
        ({"first_reply_at": ""}, 0),
        ({"public_replies": ""}, 0),
        ({"reopens": "1"}, None),
    ],
)
def test_replies_are_unknown_where_no_column_tells_of_any(
    published: Store, columns: dict[str, str], known: int | None
) -> None:
    imported(published, [*LIFE, a_row(21, **columns)])
    outcome = ticket(published).outcome
    assert (outcome.public_replies, outcome.one_touch) == (known, None if known is None else False)


# Who, what and how it was rated.


def test_a_customer_is_known_by_their_own_id(published: Store, clock: FakeClock) -> None:
    known = {"id": "c-1", "email": "Lena@Kontor.example", "account.employees": 900}
    ImportCustomers(published, clock)("Upload", [(2, known)], dry=False)
    more = {"customer_id": "c-1", "channel": "Phone", "tags": "vpn, mail", "priority": "2 - High"}
    last = a_row(21, rating="4", nps="9", ces="7", language="de", resolution_target="2 d", **more)
    terms = LogTerms(priorities={"2 - high": Priority.HIGH})
    imported(published, [*LIFE, last], terms)
    kept = ticket(published)
    assert kept.ticket.requester_email == "lena@kontor.example"
    assert (kept.segment, kept.language, kept.score) == ("Enterprise", "de", 4)
    assert (kept.ticket.channel, kept.ticket.priority) == ("phone", Priority.HIGH)
    assert kept.ticket.tags == {"vpn", "mail"}


def test_a_customer_who_was_forgotten_does_not_come_back_by_their_id(
    published: Store, clock: FakeClock
) -> None:
    known = {"id": "c-1", "email": "lena@kontor.example"}
    ImportCustomers(published, clock)("Upload", [(2, known)], dry=False)
    rows = [{**row, "requester_email": "lena@kontor.example"} for row in LIFE]
    imported(published, rows)
    ForgetCustomers(published, clock).forget("lena@kontor.example", ADMIN)
    report = imported(published, rows)
    assert (report.changed, report.refused) == (0, 7)
    assert "was forgotten" in report.named[0].why


# What is refused.


@ON_SQLITE
@pytest.mark.parametrize(
    ("row", "line", "why"),
    [
        (a_row(9, "Active", at="yesterday"), 9, "at is “yesterday”"),
        (a_row(9, "Active", at=""), 9, "It has no at."),
        (a_row(9, opened_at="31/12/2025"), 9, "opened_at is “31/12/2025”"),
        (a_row(9, solved_at="2026-01-01"), 2, "Its solved_at is before its opened_at."),
        (a_row(9, priority="3"), 2, "“3” is no priority."),
        (a_row(9, rating="9"), 2, "rating is “9”; it must be 1 to 5."),
    ],
)
def test_a_ticket_with_a_row_that_cannot_be_read_is_refused_whole_by_its_line(
    published: Store, row: dict[str, object], line: int, why: str
) -> None:
    other = a_row(8, "New", key="18")
    report = imported(published, [*LIFE, row, other])
    assert (report.read, report.refused, report.changed) == (9, 8, 1)
    assert report.named[0].line == line
    assert why in report.named[0].why


@ON_SQLITE
def test_rows_without_a_ticket_or_with_too_many_are_refused(published: Store) -> None:
    many = [a_row(8, key="2", sequence=str(n)) for n in range(MOST_ROWS + 1)]
    report = imported(published, [a_row(8, key="?"), *many, a_row(8, key="3")])
    assert (report.read, report.refused, report.changed) == (MOST_ROWS + 3, MOST_ROWS + 2, 1)
    assert [one.why for one in report.named] == [
        "It has no id.",
        "Ticket 2 has 10,001 rows; 10,000 is the most.",
    ]


@ON_SQLITE
def test_a_log_without_a_needed_column_says_which(published: Store) -> None:
    with pytest.raises(BadColumns, match=r"no column at\. It has: number, id"):
        imported(published, [{"number": 1, "id": 2}])


# Beside what else is known of the ticket.


def test_a_live_ticket_is_left_alone(published: Store) -> None:
    ref = TicketRef("history", "17")
    RecordOutcomes(published)([a_reading("17", connection="history")])
    assert imported(published, LIFE).changed == 0
    assert ticket(published).ticket.ref == ref
    assert events(published) == []


def test_a_desk_that_tells_of_an_imported_ticket_is_believed_before_the_log(
    published: Store,
) -> None:
    imported(published, LIFE)
    opened = TicketOpened(ticket=TicketRef("history", "17"), at=at(7), key="o", by=Actor.CUSTOMER)
    reading = a_reading("17", opened, connection="history", at=NOON, opened_at=at(7))
    RecordOutcomes(published)([reading])
    outcome = ticket(published).outcome
    assert (outcome.opened_at, outcome.solved_at, outcome.reopens) == (at(7), None, 0)


HOURS = """\
hours: Office
schedules:
  - name: Office
    time_zone: UTC
    hours: {tue: "09:00-12:00"}
"""


def measures(store: Store) -> tuple[object, ...]:
    with store.work() as work:
        ((only),) = work.measures.after(0, 10)
    told = only.worked
    return told.schedule, told.first_reply, told.first_solved, told.solved


def test_imported_tickets_are_measured_by_the_hours_of_the_live_playbook(
    store: Store, clock: FakeClock
) -> None:
    publish(store, PLAYBOOK + HOURS, NOON)
    imported(store, LIFE)
    assert measures(store) == ("Office", None, 2 * 3_600, 3 * 3_600)
    row = {"id": "17", "subject": "x", "opened_at": at(8), "first_reply_at": at(9, 30)}
    ImportTickets(store, clock)("history", [(2, row)], dry=False)
    assert measures(store) == ("Office", 1_800, None, None)


def test_new_hours_change_nothing_until_a_lead_has_all_measured_again(
    store: Store, house: House, command: Command
) -> None:
    imported(store, LIFE)
    assert measures(store) == (None, None, None, None)
    publish(store, PLAYBOOK + HOURS, NOON, based_on=1)
    remeasure = Remeasure(store, house.clock)
    assert remeasure("lead", lambda _: None, dry=True) == Remeasured(1, 1)
    assert measures(store) == (None, None, None, None)
    done = command("outcomes", "remeasure")
    assert done.exit_code == 0, done.output
    assert "1 tickets measured, 1 come out otherwise, kept." in done.output
    assert measures(store) == ("Office", None, 2 * 3_600, 3 * 3_600)
    assert remeasure("lead", lambda _: None, dry=False) == Remeasured(1, 0)
    # A later version of the hours counts from its day on, and not for what was before.
    later = "  - {name: Office, from: 2026-02-04, time_zone: UTC, hours: {tue: 0:00-24:00}}\n"
    publish(store, PLAYBOOK + HOURS + later, NOON, based_on=2)
    assert remeasure("lead", lambda _: None, dry=False) == Remeasured(1, 0)
    past = HOURS.replace("09:00-12:00", "09:00-13:00")
    publish(store, PLAYBOOK + past, NOON, based_on=3)
    assert remeasure("lead", lambda _: None, dry=False) == Remeasured(1, 1)
    assert measures(store) == ("Office", None, 2 * 3_600, 4 * 3_600)


# By hand.


@ON_SQLITE
def test_the_command_takes_their_names_times_states_and_priorities(
    published: Store, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "Nr;Stand;Wann;Gelöst;Prio\n"
        "17;offen;03/02/2026 08:00;?;2\n"
        "17;fertig;03/02/2026 09:00;03/02/2026 08:59;2\n",
        encoding="utf-8",
    )
    names = ("id=Nr", "at=Wann", "state=Stand", "priority=Prio")
    maps = [word for one in names for word in ("--map", one)]
    words = ["import", "events", str(path), *maps, "--solved-at", "Gelöst"]
    more = ["--time-format", "%d/%m/%Y %H:%M", "--solved-state", "Fertig", "--priority", "2=high"]
    done = command(*words, *more)
    assert done.exit_code == 0, done.output
    assert "2 rows read, 0 refused, 1 tickets new or changed." in done.output
    assert ticket(published).outcome.solved_at == at(8, 59)
    assert ticket(published).ticket.priority is Priority.HIGH
    bad = command(*words, "--priority", "2=sehr hoch")
    assert bad.exit_code == 1
    assert "--priority takes THEIRS=OURS, with one of low, normal, high, urgent" in bad.output


def test_what_waits_is_put_together_by_key_and_only_so_much_of_it() -> None:
    rows = [(key, line, {"a": str(line)}) for line in range(6) for key in ("b", "a")]
    told = list(together(rows, 4))
    assert [(key, count, [line for line, _ in some]) for key, count, some in told] == [
        ("a", 6, [0, 1, 2, 3]),
        ("b", 6, [0, 1, 2, 3]),
    ]
