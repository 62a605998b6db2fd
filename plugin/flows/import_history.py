"""Tickets and customers from files: read row by row, refused with a reason, kept once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from plugin.flows.worked_out import UPLOADED, called, next_place, uploaded_as
from plugin.pages import BadFile
from plugin.ports import Clock
from plugin.records import CustomerRecord, PastTicket, SourceRecord, Store, Work
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.conditions.values import Kind, read_value
from routing.decide import primary_segment
from routing.languages import recognise
from routing.outcomes.outcome import Outcome
from routing.playbook import Playbook
from routing.tickets import Fact, Facts, Priority, Status, Ticket, TicketRef

BATCH = 500
"""Rows kept in one transaction."""

MANY = 5_000
"""The same for customers, whose rows are short, and of whom there may be a million."""

MOST_KNOWN, LONGEST_KNOWN = 10_000, 60
"""Cells of one column that are remembered as read, and their greatest length."""

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""No ticket was opened before, or will be solved after."""

SHOWN = 1_000
"""Refused rows that a report names; the rest is counted."""

Row = Mapping[str, object]

Line = tuple[int, Row | str]
"""A row with its line in the file; in place of a row that cannot be read, the reason."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, by its line in the file, and why."""

    line: int
    why: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file's rows. ``changed`` are those that were new or different."""

    read: int = 0
    changed: int = 0
    refused: int = 0
    named: list[RefusedRow] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """How many rows were not refused."""
        return self.read - self.refused

    def refuse(self, line: int, why: str) -> None:
        """Count a refused row, and name it while there is room."""
        self.refused += 1
        if len(self.named) < SHOWN:
            self.named.append(RefusedRow(line, why))


TICKET_COLUMNS: Mapping[str, str] = {
    "id": "the desk's own id of the ticket (needed)",
    "subject": "its subject (needed)",
    "opened_at": "when it was opened (needed)",
    "text": "the first message",
    "requester_email": "who asked",
    "requester_name": "their name",
    "channel": "web, mail, chat, phone or api",
    "queue": "the queue that solved it, by name",
    "agent": "the agent who solved it, by name",
    "priority": "low, normal, high or urgent",
    "first_reply_at": "the first public reply by a person",
    "solved_at": "the last solving; empty while it is open",
    "reopens": "how often it was opened again",
    "transfers": "how often people moved it to another queue",
    "rating": "1 to 5",
}
"""What a file of tickets may tell, by column."""

CUSTOMER_COLUMNS: Mapping[str, str] = {
    "id": "the customer's id (needed, unless there is an e-mail)",
    "email": "the customer's e-mail",
}
"""What a file of customers may tell beside the fields of the playbook."""


class BadColumns(BadFile):
    """A file whose columns cannot be what was asked for."""


@dataclass(frozen=True, slots=True)
class ImportHistory:
    """Takes rows over. With ``dry`` everything is read and nothing is kept."""

    store: Store
    clock: Clock

    def tickets(self, connection: str, rows: Iterable[Line], *, dry: bool) -> ImportReport:
        """Import past tickets; their segments are worked out by the live playbook.

        Importing the same rows again changes nothing. Raises BadColumns.
        """
        report = ImportReport()
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
        reader = TicketReader(connection, now)
        checked = False
        for batch in _batches(rows, report):
            if batch and not checked:
                report.unknown_columns = _check_ticket_columns(batch[0][1])
                checked = True
            past = []
            with self.store.look() as work:
                known = _Known(work)
                gone = work.privacy.forgotten(_addresses(batch, "requester_email"))
                for line, row in batch:
                    try:
                        read = reader.read(row)
                        _refuse_forgotten(read.ticket.requester_email, gone, read.ticket.opened_at)
                        past.append(_with_segment(read, playbook, known))
                    except ValueError as error:
                        report.refuse(line, str(error))
            if past and not dry:
                with self.store.work() as work:
                    report.changed += work.tickets.add_past(past, now)
                    work.commit()
        report.named.sort(key=lambda refused: refused.line)
        return report

    def customers(self, source: str, rows: Iterable[Line], *, dry: bool) -> ImportReport:
        """Import customers as a source of this name; without any, no source is made.

        A value that cannot be read refuses its row, so that nobody is put into a segment by half
        a record. Raises BadColumns, and Refused where the name is taken.
        """
        report = ImportReport()
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
            sources = work.connections.sources()
        source = uploaded_as(source, sources)
        fields = CUSTOMER_FIELDS if playbook is None else playbook.fields
        reader = _CustomerReader(fields, source)
        checked = False
        for batch in _batches(rows, report, MANY):
            if batch and not checked:
                report.unknown_columns = _check_customer_columns(batch[0][1], fields)
                checked = True
            records = []
            with self.store.look() as work:
                gone = work.privacy.forgotten(_addresses(batch, "email"))
            for line, row in batch:
                try:
                    read = reader.read(row)
                    _refuse_forgotten(read.email, gone)
                    records.append(read)
                except ValueError as error:
                    report.refuse(line, str(error))
            if records and not dry:
                with self.store.work() as work:
                    report.changed += work.customers.put(source, records, now)
                    work.commit()
        if report.taken and called(source, sources) is None and not dry:
            record = SourceRecord(source, UPLOADED, {}, {}, next_place(sources))
            with self.store.work() as work:
                work.connections.save_source(record, now)
                work.commit()
        report.named.sort(key=lambda refused: refused.line)
        return report


class _Known:
    """What the uploaded sources know of customers; each customer is looked up once."""

    def __init__(self, work: Work) -> None:
        records = work.connections.sources()
        self._sources = [one.name for one in reversed(records) if one.kind == "uploaded"]
        self._work = work
        self._facts: dict[str | None, dict[str, Fact]] = {}

    def of(self, email: str | None) -> dict[str, Fact]:
        """The facts of one customer; of two sources the first one's count."""
        if email not in self._facts:
            facts: dict[str, Fact] = {}
            for source in self._sources:
                facts |= self._work.customers.find(source, email, None) or {}
            self._facts[email] = facts
        return self._facts[email]


def _with_segment(past: PastTicket, playbook: Playbook | None, known: _Known) -> PastTicket:
    if playbook is None:
        return past
    ticket = past.ticket
    language = recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages)
    customer = known.of(ticket.requester_email)
    facts = Facts(ticket=ticket, now=ticket.opened_at, language=language, customer=customer)
    return replace(past, language=language, segment=primary_segment(facts, playbook))


def _batches(
    rows: Iterable[Line], report: ImportReport, size: int = BATCH
) -> Iterator[list[tuple[int, Row]]]:
    """The readable rows, some at a time; the others are refused in the report."""
    lines = iter(rows)
    while batch := list(islice(lines, size)):
        report.read += len(batch)
        good = []
        for line, row in batch:
            if isinstance(row, str):
                report.refuse(line, row)
            else:
                good.append((line, row))
        yield good


def _check_ticket_columns(row: Row) -> list[str]:
    """The columns that are passed over. Raises BadColumns where a needed one is missing."""
    missing = [name for name in ("id", "subject", "opened_at") if name not in row]
    if missing:
        raise BadColumns(
            f"The file has no column {' and no column '.join(missing)}. It has: "
            f'{", ".join(row)}. Name one with --map, for example --map {missing[0]}="Its name".'
        )
    return [name for name in row if name not in TICKET_COLUMNS]


def _check_customer_columns(row: Row, fields: Fields) -> list[str]:
    """The columns that are no field. Raises BadColumns where nobody could be recognised."""
    if "email" not in row and "id" not in row:
        raise BadColumns(
            f"The file has neither a column email nor a column id. It has: {', '.join(row)}. "
            'Name one with --map, for example --map email="E-mail address".'
        )
    return [name for name in row if name not in fields and name not in CUSTOMER_COLUMNS]


class _CustomerReader:
    """Reads rows of customers. What stands in many rows, such as a plan, is read once."""

    def __init__(self, fields: Fields, source: str) -> None:
        self._source = source
        self._columns = {
            name: _Column(name, field.kind, source)
            for name, field in fields.items()
            if field.read is None
        }

    def read(self, row: Row) -> CustomerRecord:
        """One customer. Raises ValueError with a sentence for people."""
        email = _text(row, "email").casefold() or None
        if email is not None and "@" not in email:
            raise ValueError(f"“{email[:60]}” is not an e-mail address.")
        external_id = _text(row, "id") or email
        if external_id is None:
            raise ValueError("It has neither an id nor an e-mail.")
        facts = {}
        for name, raw in row.items():
            column = self._columns.get(name)
            if column is not None and (fact := column.fact(raw)) is not None:
                facts[name] = fact
        if email is not None and "customer.email" not in facts:
            facts["customer.email"] = Fact(email, self._source, None)
        return CustomerRecord(external_id[:200], email, facts)


class _Column:
    """One column that is a field."""

    def __init__(self, name: str, kind: Kind, source: str) -> None:
        self._name = name
        self._kind = kind
        self._source = source
        self._known: dict[str, Fact | None] = {}

    def fact(self, raw: object) -> Fact | None:
        """What a cell says; None if it says nothing. Raises ValueError."""
        if type(raw) is not str:
            return self._read(raw)
        try:
            return self._known[raw]
        except KeyError:
            fact = self._read(raw)
        if len(self._known) < MOST_KNOWN and len(raw) <= LONGEST_KNOWN:
            self._known[raw] = fact
        return fact

    def _read(self, raw: object) -> Fact | None:
        try:
            value = read_value(self._kind, raw)
        except ValueError as error:
            raise ValueError(f"{self._name}: {error}") from None
        # When a fact was true is kept once for the row, and set as long as it stays the same.
        return None if value is None else Fact(value, self._source, None)


def _addresses(batch: list[tuple[int, Row]], column: str) -> set[str]:
    return {address for _, row in batch if (address := _text(row, column))}


def _refuse_forgotten(
    address: str | None, gone: Mapping[str, datetime], opened: datetime | None = None
) -> None:
    """Raises ValueError for a customer who was forgotten, or a ticket of theirs from before."""
    at = None if address is None else gone.get(address)
    if at is not None and (opened is None or opened < at):
        raise ValueError("Its customer was forgotten, so it is not taken over.")


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # spreadsheets hold every number as a float
    # Without what no database takes, so that it is found again as it was kept.
    text = "" if value is None else str(value).replace("\0", "")
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()).strip()


@dataclass(frozen=True, slots=True)
class TicketReader:
    """Reads rows of past tickets; ``now`` is when, for a ticket cannot come from the future."""

    connection: str
    now: datetime

    def read(self, row: Row) -> PastTicket:
        """One past ticket. Raises ValueError with a sentence for people."""
        key, subject = _text(row, "id"), _text(row, "subject")
        if not key:
            raise ValueError("It has no id.")
        opened = self._time(row, "opened_at")
        if opened is None:
            raise ValueError("It has no opened_at.")
        if opened > self.now + timedelta(days=1):
            raise ValueError(f"It was opened in the future: {opened.isoformat()}.")
        replied, solved = self._time(row, "first_reply_at"), self._time(row, "solved_at")
        for name, at in (("first_reply_at", replied), ("solved_at", solved)):
            if at is not None and at < opened:
                raise ValueError(f"Its {name} is before its opened_at.")
        priority = _text(row, "priority").casefold()
        if priority and priority not in set(Priority):
            raise ValueError(f"“{priority}” is no priority. Known: {', '.join(Priority)}.")
        ticket = Ticket(
            ref=TicketRef(self.connection, key[:100]),
            subject=subject[:1000],
            text=_text(row, "text")[:100_000],
            requester_email=_text(row, "requester_email").casefold() or None,
            requester_name=_text(row, "requester_name") or None,
            opened_at=opened,
            channel=_text(row, "channel").casefold() or None,
            status=Status.OPEN if solved is None else Status.SOLVED,
            priority=Priority(priority) if priority else None,
        )
        outcome = Outcome(
            opened_at=opened,
            first_reply_at=replied,
            first_solved_at=solved,
            solved_at=solved,
            public_replies=0 if replied is None else 1,
            reopens=self._count(row, "reopens"),
            transfers=self._count(row, "transfers"),
        )
        return PastTicket(
            ticket=ticket,
            outcome=outcome,
            language=None,
            segment=None,
            queue_name=_text(row, "queue") or None,
            agent_name=_text(row, "agent") or None,
            score=self._rating(row),
        )

    def _time(self, row: Row, name: str) -> datetime | None:
        at = self._written_time(row, name)
        if at is not None and not FIRST_YEAR <= at.year < LAST_YEAR:
            raise ValueError(f"{name} is in the year {at.year}.")
        return at

    @staticmethod
    def _written_time(row: Row, name: str) -> datetime | None:
        raw = row.get(name)
        if isinstance(raw, datetime):
            return raw if raw.tzinfo else raw.replace(tzinfo=UTC)
        text = _text(row, name)
        if not text or text == "?":
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"{name} is “{text[:40]}”; write it like 2026-03-31T09:30:00+02:00, "
                "or say how it is written with --time-format."
            ) from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    @staticmethod
    def _count(row: Row, name: str) -> int:
        text = _text(row, name)
        if not text:
            return 0
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{name} is “{text[:40]}”; it must be a whole number.")
        return min(int(text[:6]), 10_000)

    @staticmethod
    def _rating(row: Row) -> int | None:
        text = _text(row, "rating")
        if not text:
            return None
        if text not in {"1", "2", "3", "4", "5"}:
            raise ValueError(f"rating is “{text[:40]}”; it must be 1 to 5.")
        return int(text)
