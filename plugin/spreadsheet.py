"""Tables that go out, and CSV that a spreadsheet opens as what it is: text, never a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from io import StringIO
from itertools import islice

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet does not take the file for UTF-8."""

AT_ONCE = 1_000
"""Rows that are written at once."""


class Kind(StrEnum):
    """What the cells of a column hold, besides None."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    DURATION = "duration"
    SHARE = "share"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of cells of one kind.

    They are a str, an int or float, an aware datetime, a timedelta, a share from 0 to 1, or a bool.
    """

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table that goes out once: its rows are read as they are written.

    ``name`` is that of its file, without the ending.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterator[Sequence[object]]


def csv_parts(table: Table) -> Iterator[str]:
    """The table as CSV, in parts. Moments are ISO 8601 in UTC, durations in seconds."""
    yield as_csv([[column.name for column in table.columns]])
    while rows := list(islice(table.rows, AT_ONCE)):
        yield as_csv([_plain(cell) for cell in row] for row in rows).removeprefix(BYTE_ORDER_MARK)


_AS_THEY_ARE = frozenset({str, int, float, type(None)})


def _plain(cell: object) -> object:
    if type(cell) in _AS_THEY_ARE:  # nearly all of them, however many there are
        return cell
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(cell, timedelta):
        return round(cell.total_seconds())
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV (RFC 4180). A cell that could be a formula gets an apostrophe in front."""
    written = StringIO(newline="")
    csv.writer(written).writerows([safe(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + written.getvalue()


def safe(cell: object) -> str:
    """A cell's text, which no spreadsheet runs."""
    text = "" if cell is None else str(cell)
    if isinstance(cell, int | float):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) else text
