"""Files of customers and past tickets: taken over once, refused by the line, whatever they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import openpyxl
import pytest
from sqlalchemy import select
from world import KEY, NOON, ON_SQLITE, FakeClock, dump

from plugin.files import Line, count_rows, read_rows
from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.import_rows import BadColumns, ImportReport
from plugin.pages.refusals import BadFile
from plugin.records.page import Page
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store
from plugin.store.database import Database, open_engine
from plugin.store.schema import TicketRow
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from routing.tickets import Fact, Priority, Status

AT = datetime(2024, 1, 31, 8, 30, tzinfo=UTC).replace(tzinfo=None)
"""Spreadsheets know no time zones."""

CUSTOMERS = """\
id,email,customer.plan,account.employees,customer.signed_up,favourite colour
c-1,Lena@Kontor.example,Enterprise,900,2024-01-31,blue
c-2,mia@kontor.example,Basic,,,
c-3,,Basic,12.5,,red
"""

TICKETS = """\
id,subject,opened_at,text,requester_email,channel,queue,agent,priority,first_reply_at,solved_at,\
reopens,transfers,rating
17,Cannot sign in,2026-01-05T09:00:00+01:00,Help me,lena@kontor.example,Mail,Priority,Mara,High,\
2026-01-05T09:30:00+01:00,2026-01-06T08:00:00Z,1,2,4
18,Invoice wrong,2026-01-05 10:00,,mia@kontor.example,,,,,,,,,
"""


@dataclass(frozen=True)
class Imports:
    """Files of both kinds."""

    customers: ImportCustomers
    tickets: ImportTickets


@pytest.fixture
def imports(published: Store, clock: FakeClock) -> Imports:
    return Imports(ImportCustomers(published, clock), ImportTickets(published, clock))


class Write(Protocol):
    """Writes a file and tells where it is."""

    def __call__(self, content: str | bytes, name: str = "file.csv") -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def customers(imports: Imports, path: Path, *, dry: bool = False, **maps: str) -> ImportReport:
    return imports.customers("Upload", read_rows(path, maps), dry=dry)


def tickets(
    imports: Imports,
    path: Path,
    *,
    dry: bool = False,
    time_format: str | None = None,
    **maps: str,
) -> ImportReport:
    return imports.tickets("history", read_rows(path, maps, time_format), dry=dry)


def ticket(store: Store, key: str = "17") -> StoredTicket:
    with store.look() as work:
        found = work.tickets.find("history", key)
    assert found is not None
    return found


def found(store: Store, email: str | None, key: str | None = None) -> dict[str, object] | None:
    with store.look() as work:
        facts = work.customers.find("Upload", email, key)
    return None if facts is None else {name: fact.value for name, fact in facts.items()}


def refusals(report: ImportReport) -> list[tuple[int, str]]:
    return [(one.line, one.why) for one in report.named]


# Customers.


def test_customers_of_a_csv_file_are_known_by_mail_and_by_id(
    imports: Imports, published: Store, write: Write
) -> None:
    report = customers(imports, write(CUSTOMERS))
    assert (report.read, report.changed, report.refused) == (3, 3, 0)
    assert report.unknown_columns == ["favourite colour"]
    wanted = {
        "customer.plan": "Enterprise",
        "account.employees": 900.0,
        "customer.signed_up": date(2024, 1, 31),
        "customer.email": "lena@kontor.example",
    }
    assert found(published, "LENA@kontor.example") == wanted
    assert found(published, None, "c-1") == wanted
    assert found(published, None, "c-3") == {"customer.plan": "Basic", "account.employees": 12.5}
    with published.look() as work:
        facts = work.customers.find("Upload", None, "c-1")
        assert work.connections.sources()[0].name == "Upload"
    assert facts is not None
    assert facts["customer.plan"] == Fact("Enterprise", "Upload", NOON)


def test_importing_customers_again_changes_nothing(
    imports: Imports, clock: FakeClock, write: Write, database: Database
) -> None:
    path = write(CUSTOMERS)
    customers(imports, path)
    before = dump(database)
    clock.turn(days=1)
    report = customers(imports, path)
    assert (report.read, report.changed) == (3, 0)
    assert dump(database) == before


def test_a_changed_row_is_counted_and_kept(
    imports: Imports, published: Store, write: Write
) -> None:
    customers(imports, write(CUSTOMERS))
    changed = CUSTOMERS.replace("c-2,mia@kontor.example,Basic", "c-2,mia@kontor.example,Enterprise")
    assert customers(imports, write(changed)).changed == 1
    known = found(published, "mia@kontor.example")
    assert known is not None
    assert known["customer.plan"] == "Enterprise"


def test_a_dry_run_reads_everything_and_keeps_nothing(
    imports: Imports, write: Write, database: Database
) -> None:
    before = dump(database)
    report = customers(imports, write(CUSTOMERS + "c-4,nobody,,,,\n"), dry=True)
    assert (report.read, report.changed, report.refused) == (4, 0, 1)
    report = tickets(imports, write(TICKETS), dry=True)
    assert (report.read, report.changed, report.refused) == (2, 0, 0)
    assert dump(database) == before


@ON_SQLITE
def test_a_row_that_cannot_be_believed_is_refused_by_its_line_and_the_others_are_taken(
    imports: Imports, published: Store, write: Write
) -> None:
    report = customers(
        imports,
        write(
            "id,email,account.employees\n"
            "c-1,lena@kontor.example,many\n"
            "c-2,not an address,5\n"
            ",,5\n"
            "c-4,mia@kontor.example,5\n"
            "c-5,too,many,cells\n"
            "\n"
            "c-6\n"
        ),
    )
    assert refusals(report) == [
        (2, "account.employees: “many” is not a number. Write it like 1234.5."),
        (3, "“not an address” is not an e-mail address."),
        (4, "It has neither an id nor an e-mail."),
        (6, "It has 4 cells where the header has 3."),
        (8, "It has 1 cells where the header has 3."),
    ]
    assert (report.read, report.changed, report.refused) == (6, 1, 5)
    assert found(published, "lena@kontor.example") is None
    assert found(published, "mia@kontor.example") is not None


@ON_SQLITE
def test_a_column_that_changes_its_type_half_way_refuses_only_those_rows(
    imports: Imports, write: Write
) -> None:
    rows = "".join(
        f"c-{number},{number if number <= 600 else f'{number} people'}\n"
        for number in range(1, 1_201)
    )
    report = customers(imports, write("id,account.employees\n" + rows))
    assert (report.read, report.changed, report.refused) == (1_200, 600, 600)
    assert refusals(report)[0][0] == 602


@ON_SQLITE
def test_more_refusals_than_anybody_reads_are_counted_but_not_all_named(
    imports: Imports, write: Write
) -> None:
    report = customers(imports, write("id,email\n" + "c,bad\n" * 1_500))
    assert report.refused == 1_500
    assert len(report.named) == 1_000


# How files are written.


@ON_SQLITE
@pytest.mark.parametrize("name", ["people.json", "setup.exe", "people.pdf"])
def test_a_file_that_is_no_table_is_refused_by_its_name(
    imports: Imports, published: Store, write: Write, name: str
) -> None:
    with pytest.raises(BadFile, match="not a table that can be read here"):
        customers(imports, write('{"email": "lena@kontor.example"}', name))
    with published.look() as work:
        assert not work.connections.sources()


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CUSTOMERS.encode("utf-8-sig"), None),
        (CUSTOMERS.replace("\n", "\r\n"), None),
        (CUSTOMERS.replace(",", ";"), None),
        (CUSTOMERS.replace(",", "\t"), None),
        (CUSTOMERS.replace("Enterprise", "Enter\0prise"), None),
        ("\n\n" + CUSTOMERS, None),
        (CUSTOMERS.replace("Basic", "Grundgebühr").encode("latin-1"), "not UTF-8"),
        (CUSTOMERS.encode("utf-16"), "not UTF-8"),
        ("", "is empty"),
        ("id,email\n", "has no rows"),
        ("MZ\0\x03\0\nid\n1\n", "is not text"),
        (" \n\n ", "is empty"),
        ("\0\0\0", "is empty"),
        (CUSTOMERS.replace("favourite colour", "email"), "the column “email” twice"),
        ("id,email\n" + 'c-1,"never closed\n' * 3 + "x" * 1_100_000, "not readable as CSV"),
        (",".join(f"column{n}" for n in range(501)) + "\n1", "501 columns; 500 is the most"),
        ("name,town\nLena,Oslo\n", "neither a column email nor a column id"),
    ],
)
def test_a_csv_file_is_read_however_it_was_saved_or_refused_in_words(
    imports: Imports, published: Store, write: Write, content: str | bytes, words: str | None
) -> None:
    path = write(content)
    if words is None:
        assert customers(imports, path).changed == 3
        known = found(published, "lena@kontor.example")
        assert known is not None
        assert known["customer.plan"] == "Enterprise"
    else:
        with pytest.raises((BadFile, BadColumns), match=words):
            customers(imports, path)
        assert found(published, "lena@kontor.example") is None


def test_a_line_that_is_not_utf8_is_named_however_far_down(write: Write) -> None:
    rows = b"id,email\n" + b"c-1,lena@kontor.example\n" * 20_000
    with pytest.raises(BadFile, match=r"\(line 20,002 is not\)"):
        list(read_rows(write(rows + b"c-2,\xff@kontor.example\n"), {}))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="There is no file"):
        list(read_rows(tmp_path / "nothing.csv", {}))
    with pytest.raises(BadFile, match="There is no file"):
        list(read_rows(tmp_path, {}))


@ON_SQLITE
def test_a_cell_with_line_breaks_and_commas_stays_one_cell(
    imports: Imports, published: Store, write: Write
) -> None:
    text = 'id,email,customer.plan\nc-1,a@b.example,"two\nlines, and a ""comma"""\nc-2,bad,x\n'
    report = customers(imports, write(text))
    known = found(published, "a@b.example")
    assert known is not None
    assert known["customer.plan"] == 'two\nlines, and a "comma"'
    assert refusals(report) == [(4, "“bad” is not an e-mail address.")]


def test_json_lines_are_read_and_what_is_none_is_refused_by_its_line(
    imports: Imports, published: Store, write: Write
) -> None:
    lines = [
        (
            '{"id": 1, "email": "lena@kontor.example", "account.employees": 900,'
            ' "customer.devices": ["laptop", "phone"],'
            ' "customer.plan": "Enter\\u0000prise\\ud800"}'
        ),
        "",
        "[1, 2]",
        '{"id": 2',
        '{"id": 3, "account.employees": NaN}',
        '{"id": 4, "account.employees": ' + "9" * 5_000 + "}",
        '{"id": 5, "email": ["a@b.example"], "account.employees": {"a": 1}}',
        "[" * 100_000,
        "\ufeff",
        '{"id": "6\\u0000", "account.employees": 1e400}',
        '{"id": "seven\\u0000\\ud800", "account.employees": true}',
        '{"id": 8, "account.employees": ' + "9" * 300 + "}",
    ]
    path = write("\n".join(lines), "file.jsonl")
    report = customers(imports, path)
    assert [line for line, _ in refusals(report)] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert report.changed == 2
    known = found(published, "lena@kontor.example")
    assert known is not None
    assert known["customer.devices"] == frozenset({"laptop", "phone"})
    assert str(known["customer.plan"]).startswith("Enterprise")
    assert found(published, None, "1") == known
    assert customers(imports, path).changed == 0


def test_json_lines_may_leave_out_what_they_do_not_know(
    imports: Imports, published: Store, write: Write
) -> None:
    lines = (
        '{"key": "c-1", "mail": "a@b.example", "tier": "Basic"}\n'
        '{"key": "c-2", "tier": "Enterprise"}\n'
    )
    maps = {"id": "key", "email": "mail", "customer.plan": "tier"}
    report = imports.customers(
        "Upload",
        read_rows(write(lines, "file.jsonl"), maps),
        dry=False,
    )
    assert (report.changed, report.refused) == (2, 0)
    assert found(published, None, "c-2") == {"customer.plan": "Enterprise"}


def sheet(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_spreadsheet_with_its_own_dates_and_numbers_is_read(
    imports: Imports, published: Store, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path / "file.xlsx",
        (
            "id",
            "email",
            "customer.plan",
            "account.employees",
            "customer.signed_up",
            "customer.city",
        ),
        (1, "lena@kontor.example", 2024, 900, AT, "Oslo"),
        (2.0, "mia@kontor.example", True, 12.5, date(2024, 2, 29), None),
        (None, None, None, None, None, None),
        (3, "nobody", None, None, None, None),
    )
    report = customers(imports, path)
    assert (report.read, report.changed) == (3, 2)
    assert refusals(report) == [(5, "“nobody” is not an e-mail address.")]
    assert found(published, None, "1") == {
        "customer.plan": "2024",
        "account.employees": 900.0,
        "customer.signed_up": date(2024, 1, 31),
        "customer.city": "Oslo",
        "customer.email": "lena@kontor.example",
    }
    known = found(published, None, "2")
    assert known is not None
    assert known["customer.signed_up"] == date(2024, 2, 29)
    assert known["account.employees"] == pytest.approx(12.5)
    assert customers(imports, path).changed == 0


def test_tickets_of_a_spreadsheet_keep_their_times(
    imports: Imports, published: Store, tmp_path: Path
) -> None:
    at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).replace(tzinfo=None)
    path = sheet(
        tmp_path / "file.xlsx",
        ("id", "subject", "opened_at", "solved_at", "rating", "reopens"),
        (17, "Cannot sign in", at, at + timedelta(hours=2), 4, 1),
    )
    assert tickets(imports, path).changed == 1
    outcome = ticket(published).outcome
    assert outcome.opened_at == at.replace(tzinfo=UTC)
    assert outcome.solved_at == at.replace(tzinfo=UTC) + timedelta(hours=2)
    assert (ticket(published).score, outcome.reopens) == (4, 1)


@ON_SQLITE
@pytest.mark.parametrize("name", ["file.xlsx", "file.xls", "file.xlsb", "file.ods"])
@pytest.mark.parametrize("content", [b"", b"no spreadsheet", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_spreadsheet_is_refused_in_words(
    imports: Imports, write: Write, name: str, content: bytes
) -> None:
    with pytest.raises(BadFile, match="not readable as a spreadsheet"):
        customers(imports, write(content, name))


@ON_SQLITE
def test_an_empty_sheet_is_said_to_be_empty(imports: Imports, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="is empty"):
        customers(imports, sheet(tmp_path / "file.xlsx"))


# Tickets.


def test_a_past_ticket_is_kept_with_all_the_file_tells(
    imports: Imports, published: Store, write: Write
) -> None:
    customers(imports, write(CUSTOMERS))
    report = tickets(imports, write(TICKETS))
    assert (report.read, report.changed, report.refused) == (2, 2, 0)
    kept = ticket(published)
    assert (kept.ticket.status, kept.ticket.priority) == (Status.SOLVED, Priority.HIGH)
    assert (kept.ticket.channel, kept.queue_name, kept.agent_name) == ("mail", "Priority", "Mara")
    assert kept.segment == "Enterprise"  # worked out from the uploaded customers
    assert kept.outcome.opened_at == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert kept.outcome.first_reply_time == timedelta(minutes=30)
    assert kept.outcome.solved_at == datetime(2026, 1, 6, 8, 0, tzinfo=UTC)
    assert (kept.outcome.reopens, kept.outcome.transfers, kept.score) == (1, 2, 4)
    assert (kept.imported, kept.decision) == (True, None)
    other = ticket(published, "18")
    assert (other.ticket.status, other.segment, other.score) == (Status.OPEN, None, None)
    assert other.outcome.opened_at == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def test_replies_are_unknown_where_no_column_of_a_file_tells_of_any(
    imports: Imports, database: Database, write: Write
) -> None:
    # The first row has no reply: it is the column that says that replies were counted.
    for n, (head, cell) in enumerate(
        (("", ""), (",first_reply_at", ","), (",public_replies", ","))
    ):
        row = f"2{n},Hello,2026-01-05,2026-01-06{cell}\n"
        assert tickets(imports, write(f"id,subject,opened_at,solved_at{head}\n{row}")).changed == 1
    with database.read() as connection:
        query = select(TicketRow.public_replies).order_by(TicketRow.desk_id)
        assert connection.execute(query).scalars().all() == [None, 0, 0]


def test_what_is_measured_is_taken_over_where_the_file_tells_it(
    imports: Imports, database: Database, write: Write
) -> None:
    head = (
        "id,subject,opened_at,first_solved_at,solved_at,public_replies,language,nps,ces,"
        "first_reply_target,resolution_target,tags,reopens\n"
    )
    whole = '17,Hello,2026-01-05,2026-01-06,2026-01-08,3,de,10,1,30 min,2 d,"vpn, mail",1\n'
    again = "18,Hello,2026-01-05,2026-01-06,,,,0,7,,,,1\n"
    assert tickets(imports, write(head + whole + again)).changed == 2
    with database.read() as connection:
        first, second = connection.execute(
            select(*TicketRow.__table__.c).order_by(TicketRow.desk_id)
        ).all()
    assert (first.first_solved_at.day, first.solved_at.day, first.public_replies) == (6, 8, 3)
    assert (first.language, first.nps, first.ces) == ("de", 10, 1)
    assert (first.first_reply_target, first.resolution_target) == (1_800, 172_800)
    assert first.tags == ["mail", "vpn"]
    # Solved once, and open again.
    assert (second.first_solved_at.day, second.solved_at, second.status) == (6, None, "open")
    assert (second.nps, second.ces, second.first_reply_target) == (0, 7, None)


def test_importing_tickets_again_changes_nothing_and_a_change_counts_once(
    imports: Imports, published: Store, clock: FakeClock, write: Write, database: Database
) -> None:
    tickets(imports, write(TICKETS))
    before = dump(database)
    clock.turn(days=1)
    assert tickets(imports, write(TICKETS)).changed == 0
    assert dump(database) == before
    assert tickets(imports, write(TICKETS.replace(",2,4\n", ",2,5\n"))).changed == 1
    assert ticket(published).score == 5


def test_past_tickets_are_nobodys_load_and_ask_no_surveys(
    imports: Imports, published: Store, write: Write
) -> None:
    tickets(imports, write(TICKETS.replace(",,,,,,,,,", ",,Priority,Mara Lindqvist,,,,,,")))
    with published.look() as work:
        assert work.tickets.loads() == {}
        assert work.decisions.lines(Page()) == []


BAD_TICKETS = {
    "17,,": "It has no opened_at.",
    ",No id,2026-01-05": "It has no id.",
    "17,x,yesterday": "opened_at is “yesterday”; write it like",
    "17,x,31/12/2025": "opened_at is “31/12/2025”; write it like",
    "17,x,2030-01-01": "It was opened in the future",
    "17,x,0001-01-01T00:00:00+05:00": "opened_at",
    "17,x,9999-12-31T23:59:59-10:00": "opened",
    "17,x,1700000000": "opened_at",
}


@ON_SQLITE
def test_a_ticket_whose_times_make_no_sense_is_refused_with_the_reason(
    imports: Imports, write: Write
) -> None:
    for row, why in BAD_TICKETS.items():
        report = tickets(imports, write(f"id,subject,opened_at\n{row}\n"))
        assert (report.changed, report.refused) == (0, 1), row
        assert why in report.named[0].why


@ON_SQLITE
def test_a_ticket_with_a_value_that_makes_no_sense_is_refused_with_the_reason(
    imports: Imports, write: Write
) -> None:
    for column, value, why in (
        ("solved_at", "2026-01-01", "Its solved_at is before its opened_at."),
        ("first_reply_at", "2026-01-01", "Its first_reply_at is before its opened_at."),
        ("solved_at", "9999-12-31T23:59:59-10:00", "solved_at"),
        ("priority", "highest", "“highest” is no priority. Known: low, normal, high, urgent."),
        ("reopens", "many", "reopens is “many”; it must be a whole number."),
        ("reopens", "-1", "reopens is “-1”; it must be a whole number."),
        ("reopens", "²", "reopens is “²”; it must be a whole number."),
        ("transfers", "1.5", "transfers is “1.5”; it must be a whole number."),
        ("rating", "6", "rating is “6”; it must be 1 to 5."),
        ("nps", "11", "nps is “11”; it must be 0 to 10."),
        ("ces", "0", "ces is “0”; it must be 1 to 7."),
        ("language", "german", "“german” is no language. Write two letters, like en."),
        ("public_replies", "one", "public_replies is “one”; it must be a whole number."),
        ("first_solved_at", "2026-01-01", "Its first_solved_at is before its opened_at."),
        ("resolution_target", "90", "resolution_target is “90”. Write a time like 30 min"),
    ):
        text = f"id,subject,opened_at,{column}\n17,x,2026-01-05,{value}\n"
        report = tickets(imports, write(text))
        assert (report.changed, report.refused) == (0, 1), (column, value)
        assert why in report.named[0].why


@ON_SQLITE
def test_a_file_without_a_needed_column_says_which_and_how_to_name_it(
    imports: Imports, write: Write
) -> None:
    with pytest.raises(BadColumns) as bad:
        tickets(imports, write("Ticket,subject\n17,x\n"))
    assert str(bad.value) == (
        "The file has no column id and no column opened_at. It has: Ticket, subject. "
        'Name one with --map, for example --map id="Its name".'
    )


@ON_SQLITE
def test_columns_of_another_name_are_mapped_and_a_wrong_map_names_what_there_is(
    imports: Imports, published: Store, write: Write
) -> None:
    path = write("Ticket;Betreff;Erstellt\n17;Hallo;2026-01-05\n")
    assert tickets(imports, path, id="Ticket", subject="Betreff", opened_at="Erstellt").changed == 1
    assert ticket(published).ticket.subject == "Hallo"
    with pytest.raises(BadFile) as bad:
        tickets(imports, path, id="Nummer")
    assert str(bad.value) == ("file.csv has no column “Nummer”. It has: Ticket, Betreff, Erstellt.")


@ON_SQLITE
def test_day_first_times_are_read_with_a_format_and_never_guessed(
    imports: Imports, published: Store, write: Write
) -> None:
    path = write(
        "id,subject,opened_at,solved_at\n"
        "17,x,03/02/2026 10:15,04/02/2026 09:00\n"
        "18,x,2026-02-03,\n"
        "19,x,31/02/2026 10:15,?\n"
    )
    report = tickets(imports, path, time_format="%d/%m/%Y %H:%M")
    assert ticket(published).outcome.opened_at == datetime(2026, 2, 3, 10, 15, tzinfo=UTC)
    assert [line for line, _ in refusals(report)] == [3, 4]
    assert "which is not written as %d/%m/%Y %H:%M" in refusals(report)[0][1]
    assert tickets(imports, path).refused == 2  # without the format nothing is guessed


@ON_SQLITE
def test_a_format_that_is_none_refuses_the_rows_and_does_not_crash(
    imports: Imports, write: Write
) -> None:
    path = write("id,subject,opened_at\n17,x,2026-01-05\n")
    for time_format in ("%", "%Q", "%Y-%m-%d %", "%d%d"):
        assert tickets(imports, path, time_format=time_format).refused == 1


def test_texts_of_any_length_and_kind_are_kept_within_bounds(
    imports: Imports, published: Store, write: Write
) -> None:
    row = {
        "id": "17" + "x" * 500,
        "subject": "Zoë \0\ud800 😀 " + "s" * 5_000,
        "opened_at": "2026-01-05",
        "text": "t" * 500_000,
        "queue": "q\0\ud800" * 100,
        "agent": "a\0",
        "channel": "c\0\ud800",
        "requester_email": "\0lena@kontor.example",
    }
    path = write(json.dumps(row), "file.jsonl")
    for changed in (1, 0):
        assert tickets(imports, path).changed == changed
    kept = ticket(published, ("17" + "x" * 500)[:100])
    assert kept.ticket.subject.startswith("Zoë")
    assert len(kept.ticket.text) == 100_000
    assert kept.ticket.requester_email == "lena@kontor.example"


def test_a_file_with_the_same_ticket_twice_keeps_the_later_line(
    imports: Imports, published: Store, write: Write
) -> None:
    path = write("id,subject,opened_at\n17,before,2026-01-05\n17,after,2026-01-05\n")
    tickets(imports, path)
    assert ticket(published).ticket.subject == "after"
    assert tickets(imports, path).changed == 0


def test_a_file_with_the_same_customer_twice_keeps_the_later_line_and_stays_still(
    imports: Imports, published: Store, write: Write
) -> None:
    path = write("id,customer.plan\nc-1,Basic\nc-1,Enterprise\n")
    customers(imports, path)
    assert found(published, None, "c-1") == {"customer.plan": "Enterprise"}
    assert customers(imports, path).changed == 0


# Size.


def test_many_rows_are_read_without_being_held(write: Write) -> None:
    rows = "".join(f"c-{n},c{n}@kontor.example,Basic,{'x' * 900}\n" for n in range(20_000))
    path = write("id,email,customer.plan,note\n" + rows)
    del rows
    tracemalloc.start()
    read = sum(1 for _ in read_rows(path, {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 20_000
    assert peak < path.stat().st_size / 10


def test_many_customers_are_imported_in_batches_and_all_are_there(
    migrated_file: Path, tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "many.sqlite"
    shutil.copy(migrated_file, path)
    engine = open_engine(f"sqlite:///{path}")
    store = SqlStore(Database(engine), Vault([KEY]))
    rows = ((n, {"id": f"c-{n}", "customer.plan": "Basic"}) for n in range(20_000))
    report = ImportCustomers(store, clock)("Upload", rows, dry=False)
    assert (report.read, report.changed, report.refused) == (20_000, 20_000, 0)
    assert found(store, None, "c-19999") == {"customer.plan": "Basic"}
    engine.dispose()


# By hand.


def test_the_command_imports_a_file_and_tells_what_became_of_it(
    migrated_file: Path, write: Write, tmp_path: Path
) -> None:
    path = write("Ticket,Betreff,Erstellt\n17,[red]Hallo,03/02/2026\n18,x,gestern\n")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DESKROUTE_")},
        "DESKROUTE_DATABASE_URL": f"sqlite:///{migrated_file}",
        "DESKROUTE_DATA": str(tmp_path / "data"),
        "DESKROUTE_KEYS": KEY,
    }
    words = ["import", "tickets", str(path), "--dry-run", "--time-format", "%d/%m/%Y"]
    maps = ["--map", "id=Ticket", "--map", "subject=Betreff", "--map", "opened_at=Erstellt"]
    code = "from plugin.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words, *maps],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "line 3: opened_at is “gestern”, which is not written as %d/%m/%Y." in done.stdout
    assert "2 rows read, 1 refused, nothing kept, this was a dry run." in done.stdout


def test_the_rows_of_a_file_are_counted_beforehand_for_the_progress(tmp_path: Path) -> None:
    text = tmp_path / "c.csv"
    text.write_text("id,customer.plan\nc-1,Basic\nc-2,Team\n", encoding="utf-8")
    assert count_rows(text) == 2
    lines = tmp_path / "c.jsonl"
    lines.write_text('{"id": "c-1"}\n{"id": "c-2"}\n', encoding="utf-8")
    assert count_rows(lines) == 2
    assert count_rows(tmp_path / "c.xlsx") is None


def test_a_cell_that_stands_in_many_rows_is_the_same_in_all_and_refused_in_all(
    imports: Imports, published: Store
) -> None:
    rows: list[Line] = [
        (2, {"id": "a", "customer.orders": "3"}),
        (3, {"id": "b", "customer.orders": "many"}),
        (4, {"id": "c", "customer.orders": "3"}),
        (5, {"id": "d", "customer.orders": "many"}),
        (6, {"id": "e", "customer.orders": ""}),
        (7, {"id": "f", "customer.orders": ""}),
    ]
    report = imports.customers("Accounts", rows, dry=False)
    assert [row.line for row in report.named] == [3, 5]
    with published.look() as work:
        told = {key: work.customers.find("Accounts", None, key) for key in "aceg"}
    assert {key: None if one is None else len(one) for key, one in told.items()} == {
        "a": 1,
        "c": 1,
        "e": 0,
        "g": None,
    }
