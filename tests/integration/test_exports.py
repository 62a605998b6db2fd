"""One row per ticket, from both databases, as CSV and Excel, without what is nobody's business."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update
from world import NOON, Command, FakeClock

from plugin.flows.results import export_tickets
from plugin.flows.results.export_tickets import ExportTickets
from plugin.ports import Refused
from plugin.records.page import Page
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.spreadsheet import csv_parts
from plugin.store.database import Database
from plugin.store.rows import TICKETS
from plugin.views.people import Person, Role
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef

ADMIN = Person(1, "ruben@halden.example", "Ruben", Role.ADMIN)
LEAD = Person(2, "ines@halden.example", "Ines", Role.LEAD)
HOUR = timedelta(hours=1)
ALWAYS = (NOON - timedelta(days=400), NOON + timedelta(days=1))
SECRETS = ("lena@kontor.example", "Lena Kontor", "my card is 4111")


def past(number: int, opened: datetime, subject: str = "Help", **more: object) -> PastTicket:
    ticket = Ticket(
        ref=TicketRef("demo", str(number)),
        subject=subject,
        text=SECRETS[2],
        requester_email=SECRETS[0],
        requester_name=SECRETS[1],
        opened_at=opened,
        channel="email",
        status=Status.SOLVED,
    )
    outcome = Outcome(
        opened_at=opened,
        first_reply_at=opened + HOUR,
        first_solved_at=opened + 2 * HOUR,
        solved_at=opened + 26 * HOUR,
        solved_by="5",
        public_replies=1,
        reopens=1,
    )
    one = PastTicket(ticket, outcome, "de", "Enterprise", "Priority", "Mara Lindqvist", 5)
    return replace(one, **more)  # type: ignore[arg-type]


def keep(store: Store, *tickets: PastTicket) -> None:
    with store.work() as work:
        work.tickets.add_past(tickets, NOON)
        work.commit()


def rows(
    store: Store,
    clock: FakeClock,
    person: Person = LEAD,
    period: tuple[datetime, datetime] = ALWAYS,
) -> list[dict[str, str]]:
    told = "".join(csv_parts(ExportTickets(store, clock).table(*period, person)))
    return list(csv.DictReader(StringIO(told.removeprefix("\ufeff"), newline="")))


def test_a_ticket_is_a_row_with_everything_that_is_measured(
    store: Store, clock: FakeClock, database: Database
) -> None:
    keep(store, past(17, NOON))
    with database.write() as connection:
        connection.execute(
            update(TICKETS).values(
                first_reply_worked=1_800,
                solved_worked=7_200,
                first_reply_target=3_600,
                resolution_target=28_800,
                nps=9,
                ces=6,
                gone="merged",
                rule="Enterprise to Priority",
                playbook=41,
            )
        )
    (row,) = rows(store, clock)
    assert row == {
        "desk": "demo",
        "ticket": "17",
        "channel": "email",
        "language": "de",
        "segment": "Enterprise",
        "queue": "Priority",
        "rule": "Enterprise to Priority",
        "playbook": "41",
        "opened_at": "2026-03-02T12:00:00+00:00",
        "first_reply_at": "2026-03-02T13:00:00+00:00",
        "first_solved_at": "2026-03-02T14:00:00+00:00",
        "solved_at": "2026-03-03T14:00:00+00:00",
        "first_reply": "3600",
        "first_resolution": "7200",
        "resolution": "93600",
        "first_reply_worked": "1800",
        "first_resolution_worked": "",
        "resolution_worked": "7200",
        "first_reply_target": "3600",
        "resolution_target": "28800",
        "public_replies": "1",
        "reopens": "1",
        "transfers": "0",
        "one_touch": "no",
        "surveyed": "no",
        "score": "5",
        "nps": "9",
        "ces": "6",
        "nps_asked": "no",
        "ces_asked": "no",
        "gone": "merged",
        "imported": "yes",
    }


@pytest.mark.parametrize("person", [ADMIN, LEAD])
@pytest.mark.parametrize("agents", [True, False])
def test_who_asked_and_what_never_goes_out(
    store: Store, clock: FakeClock, person: Person, agents: bool
) -> None:
    keep(store, past(17, NOON, "=cmd|' /C calc'!A0"))
    export = ExportTickets(store, clock)
    assert not export.form().agents
    export.allow_agents(ADMIN.email, allowed=agents)
    assert export.form().agents == agents
    (row,) = rows(store, clock, person)
    assert not any(secret in str(row) for secret in SECRETS)
    subject = "'=cmd|' /C calc'!A0" if person is ADMIN else None
    assert row.get("subject") == subject
    assert row.get("agent") == ("Mara Lindqvist" if agents else None)


def test_the_period_holds_its_beginning_and_not_its_end(store: Store, clock: FakeClock) -> None:
    keep(store, *(past(number, NOON + number * HOUR) for number in range(4)))
    period = (NOON + HOUR, NOON + 3 * HOUR)
    assert [row["ticket"] for row in rows(store, clock, period=period)] == ["1", "2"]
    with pytest.raises(Refused, match="ends before it begins"):
        rows(store, clock, period=period[::-1])


def test_every_ticket_comes_once_over_many_pages_though_some_were_opened_at_once(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_tickets, "BATCH", 7)
    keep(store, *(past(number, NOON - (number // 10) * HOUR) for number in range(35)))
    found = rows(store, clock)
    assert sorted(int(row["ticket"]) for row in found) == list(range(35))
    assert [row["opened_at"] for row in found] == sorted(row["opened_at"] for row in found)


def test_no_transaction_is_open_while_somebody_reads_slowly(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_tickets, "BATCH", 2)
    keep(store, *(past(number, NOON + number * HOUR) for number in range(5)))
    found: Iterator[object] = ExportTickets(store, clock).table(*ALWAYS, LEAD).rows
    next(found)
    keep(store, past(9, NOON + 20 * HOUR))
    assert len(list(found)) == 5


def test_taking_it_is_noted_before_the_first_row(store: Store, clock: FakeClock) -> None:
    export = ExportTickets(store, clock)
    export.table(*ALWAYS, LEAD)
    export.allow_agents(ADMIN.email, allowed=True)
    with store.look() as work:
        lines = [(line.by, line.did) for line in work.audit.lines(Page(), "")]
    assert lines == [
        (ADMIN.email, "allowed agents' names in reports"),
        (LEAD.email, "exported the tickets opened from 2025-01-26 12:00 to 2026-03-03 12:00"),
    ]


def test_the_command_line_writes_both_forms(command: Command, store: Store, tmp_path: Path) -> None:
    keep(store, past(17, datetime.now(UTC) - timedelta(days=2)))
    path = tmp_path / "t.xlsx"
    assert command("export", "tickets", "--since", "90 d", "--out", str(path)).exit_code == 0
    header, row = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert row[header.index("ticket")] == "17"
    assert row[header.index("subject")] == "Help"
    assert "17" in command("export", "tickets").output
    assert command("export", "tickets", "--out", str(tmp_path / "t.csv")).exit_code == 0
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfdesk,")
    assert "must end in" in command("export", "tickets", "--out", "t.pdf").output
    assert "--until is “soon”" in command("export", "tickets", "--until", "soon").output
    assert command("export", "agents", "on").exit_code == 0
    assert "agent" in command("export", "tickets").output.splitlines()[0]
