"""Customers from a file: read row by row, refused with a reason, kept as one source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugin.flows.customers.worked_out import UPLOADED, called, next_place, uploaded_as
from plugin.flows.import_rows import (
    BadColumns,
    ImportReport,
    Line,
    Row,
    addresses,
    readable,
    refuse_forgotten,
    text,
)
from plugin.ports import Clock
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.conditions.values import Kind, read_value
from routing.tickets import Fact

MANY = 5_000
"""Customers kept in one transaction: their rows are short, and there may be a million of them."""

MOST_KNOWN, LONGEST_KNOWN = 10_000, 60
"""Cells of one column that are remembered as read, and their greatest length."""

CUSTOMER_COLUMNS: Mapping[str, str] = {
    "id": "the customer's id (needed, unless there is an e-mail)",
    "email": "the customer's e-mail",
}
"""What a file of customers may tell beside the fields of the playbook."""


@dataclass(frozen=True, slots=True)
class ImportCustomers:
    """Takes customers over. Importing the same rows again changes nothing."""

    store: Store
    clock: Clock

    def __call__(self, source: str, rows: Iterable[Line], *, dry: bool) -> ImportReport:
        """Import customers as a source of this name; without any, no source is made.

        A value that cannot be read refuses its row, so that nobody is put into a segment by half
        a record. With ``dry`` everything is read and nothing is kept. Raises BadColumns, and
        Refused where the name is taken.
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
        for batch in readable(rows, report, MANY):
            if batch and not checked:
                report.unknown_columns = _check_columns(batch[0][1], fields)
                checked = True
            records = []
            with self.store.look() as work:
                gone = work.privacy.forgotten(addresses(batch, "email"))
            for line, row in batch:
                try:
                    read = reader.read(row)
                    refuse_forgotten(read.email, gone)
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
        return report.in_order()


def _check_columns(row: Row, fields: Fields) -> list[str]:
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
        email = text(row, "email").casefold() or None
        if email is not None and "@" not in email:
            raise ValueError(f"“{email[:60]}” is not an e-mail address.")
        external_id = text(row, "id") or email
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
