"""CSV that a spreadsheet opens as what it is: text, never a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet does not take the file for UTF-8."""


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
