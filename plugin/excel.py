"""Tables as Excel files: cells with types, written row by row in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from plugin.spreadsheet import Column, Kind, Table

MOST_ROWS = 1_048_575
"""Rows of one sheet below its header; more go onto a next one."""

LONGEST = 32_767
"""Most characters of a cell."""

_FORMATS: dict[Kind, str] = {
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.DURATION: "[h]:mm:ss",
    Kind.SHARE: "0.0%",
}

_WIDTHS = {Kind.TEXT: 22, Kind.MOMENT: 19, Kind.DURATION: 11}
_WIDTH = 10
"""Characters that a column is wide; with rows written one by one nobody knows the longest cell."""

Write = Callable[[Worksheet, int, int, Any], object]


def write_excel(table: Table, into: IO[bytes], most_rows: int = MOST_ROWS) -> None:
    """Write a table as an .xlsx file, with a header that stays and can be filtered by.

    A text is written as a text whatever it says: nothing becomes a formula or a link. Moments are
    in UTC, since Excel knows no time zones. What does not fit on a sheet goes onto a next one.
    """
    book = Workbook(into, {"constant_memory": True})
    book.set_properties({"title": table.name})
    head = book.add_format({"bold": True})
    writes = [_writing(column.kind, book) for column in table.columns]
    for number in count(1):
        sheet = _sheet(book, f"Sheet {number}", table.columns, head)
        last = 0
        for last, row in enumerate(islice(table.rows, most_rows), 1):
            for place, (write, cell) in enumerate(zip(writes, row, strict=True)):
                if cell is not None:
                    write(sheet, last, place, cell)
        sheet.autofilter(0, 0, last, len(table.columns) - 1)
        if last < most_rows:
            break
    book.close()


def _sheet(book: Workbook, name: str, columns: Sequence[Column], head: Format) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, max(_WIDTHS.get(column.kind, _WIDTH), len(column.name) + 3))
        sheet.write_string(0, place, column.name, head)
    return sheet


def _writing(kind: Kind, book: Workbook) -> Write:
    """How a cell of this kind is written."""
    form = book.add_format({"num_format": _FORMATS[kind]}) if kind in _FORMATS else None
    match kind:
        case Kind.TEXT:
            return lambda sheet, row, place, cell: sheet.write_string(
                row, place, str(cell)[:LONGEST]
            )
        case Kind.MOMENT:
            return lambda sheet, row, place, cell: sheet.write_datetime(
                row, place, _in_utc(cell), form
            )
        case Kind.DURATION:
            # Excel counts in days.
            return lambda sheet, row, place, cell: sheet.write_number(row, place, cell / _DAY, form)
        case Kind.NUMBER | Kind.SHARE:
            return lambda sheet, row, place, cell: sheet.write_number(row, place, cell, form)
        case Kind.YES_NO:
            return lambda sheet, row, place, cell: sheet.write_boolean(row, place, cell)


_DAY = timedelta(days=1)


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
