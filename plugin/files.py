"""Rows of an uploaded file: CSV, JSON lines or a spreadsheet, with the line of each."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TextIO

import orjson
from python_calamine import CalamineError, CalamineWorkbook

from plugin.pages.refusals import BadFile

Row = dict[str, object]
Line = tuple[int, Row | str]

MOST_COLUMNS = 500
LONGEST_CELL = 1_000_000

EXCEL = frozenset({".xlsx", ".xls", ".xlsb", ".ods"})
JSON_LINES = frozenset({".jsonl", ".ndjson"})
TEXT = frozenset({".csv", ".tsv", ".txt", ""})


def read_rows(
    path: Path, renamed: Mapping[str, str], time_format: str | None = None
) -> Iterator[Line]:
    """The rows of a file, each with its line; in place of an unreadable row stands the reason.

    ``renamed`` maps our column names to the file's. ``time_format`` is how the columns ``at`` and
    ``…_at`` are written, as for strptime; without it they are ISO 8601. Raises BadFile.
    """
    theirs = {theirs: ours for ours, theirs in renamed.items()}
    # A line of JSON leaves out what it does not know.
    complete = path.suffix.casefold() not in JSON_LINES
    if not theirs and time_format is None:
        yield from _raw(path)
        return
    for line, row in _raw(path):
        if isinstance(row, str):
            yield line, row
            continue
        missing = [name for name in theirs if name not in row]
        if missing and complete:
            raise BadFile(f"{path.name} has no column “{missing[0]}”. It has: {', '.join(row)}.")
        named = {theirs.get(name, name): value for name, value in row.items()}
        yield line, _timed(named, time_format)


def count_rows(path: Path) -> int | None:
    """About how many rows a file of text has, without reading them; None for a spreadsheet."""
    if path.suffix.casefold() in EXCEL:
        return None
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(1 << 20), b"")
        lines = sum(piece.count(b"\n") for piece in pieces)
    return lines if path.suffix.casefold() in JSON_LINES else max(0, lines - 1)


def _timed(row: Row, time_format: str | None) -> Row | str:
    if time_format is None:
        return row
    for name, value in row.items():
        if (
            (name == "at" or name.endswith("_at"))
            and isinstance(value, str)
            and value.strip() not in {"", "?"}
        ):
            try:
                row[name] = _time(value.strip(), time_format)
            except (ValueError, re.error):  # strptime makes a pattern of the format
                return f"{name} is “{value[:40]}”, which is not written as {time_format}."
    return row


@lru_cache(20_000)
def _time(written: str, time_format: str) -> datetime:
    # In a log the same times stand in row after row.
    at = datetime.strptime(written, time_format)  # ruff: ignore[call-datetime-strptime-without-zone] — the next line
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def together(
    rows: Iterable[tuple[str, int, dict[str, str]]], most: int
) -> Iterator[tuple[str, int, list[tuple[int, dict[str, str]]]]]:
    """Rows of one key together, wherever in ``rows`` they stand; keys in order.

    Comes to each key with how many rows it has and the first ``most`` of them, each with its line.
    They wait in a file without a name, which is gone with the last of them, so that memory holds
    no more than the rows of one key.
    """
    with closing(sqlite3.connect("")) as waiting:
        waiting.execute("CREATE TABLE waiting (key TEXT, line INTEGER, cells BLOB)")
        told = ((key, line, orjson.dumps(cells)) for key, line, cells in rows)
        waiting.executemany("INSERT INTO waiting VALUES (?, ?, ?)", told)
        every = waiting.execute("SELECT key, line, cells FROM waiting ORDER BY key, line")
        for key, some in groupby(every, itemgetter(0)):
            first = [(line, orjson.loads(cells)) for _, line, cells in islice(some, most)]
            yield key, len(first) + sum(1 for _ in some), first


def _raw(path: Path) -> Iterator[Line]:
    if not path.is_file():
        raise BadFile(f"There is no file {path}.")
    rows = _reader(path)(path)
    first = next(rows, None)
    if first is None:
        raise BadFile(f"{path.name} has no rows, or only one with the names of the columns.")
    yield first
    yield from rows


def _reader(path: Path) -> Callable[[Path], Iterator[Line]]:
    kind = path.suffix.casefold()
    if kind in EXCEL:
        return _excel
    if kind in JSON_LINES:
        return _json_lines
    if kind in TEXT:
        return _csv
    raise BadFile(
        f"{path.name} is not a table that can be read here. "
        "Save it as .csv, as .xlsx or .ods, or as .jsonl with one JSON object a line."
    )


def _csv(path: Path) -> Iterator[Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _csv_rows(file, path)
    except UnicodeDecodeError:
        raise BadFile(
            f"{path.name} is not UTF-8 (line {_first_bad_line(path):,} is not). "
            "Save it again as CSV UTF-8, or as .xlsx."
        ) from None
    except csv.Error as error:
        raise BadFile(f"{path.name} is not readable as CSV: {error}.") from None


def _first_bad_line(path: Path) -> int:
    # The error tells a place in whichever piece of the file was read last.
    with path.open("rb") as file:
        return next((line for line, raw in enumerate(file, 1) if not _is_utf8(raw)), 1)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _csv_rows(file: TextIO, path: Path) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_CELL)
    sample = file.read(65_536)
    file.seek(0)
    lines = sample.splitlines()
    head = next((line for line in lines if line.replace("\0", "").strip()), None)
    if head is None:
        raise BadFile(f"{path.name} is empty.")
    if "\0" in head:
        raise BadFile(f"{path.name} is not text. Save it as CSV UTF-8, or as .xlsx.")
    reader = csv.reader(_without_nul(file), delimiter=_delimiter(head))
    header = _header(next(cells for cells in reader if any(map(str.strip, cells))), path)
    for cells in reader:
        if cells:
            yield reader.line_num, _row(header, cells)


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    return (line.replace("\0", "") for line in lines)


def _delimiter(head: str) -> str:
    # csv.Sniffer guesses wildly on long texts; the header line alone is a sure sign.
    return max(",;\t|", key=head.count)


def _header(cells: Sequence[object], path: Path) -> list[str]:
    names = [str(cell).strip() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise BadFile(f"{path.name} has {len(names)} columns; {MOST_COLUMNS} is the most.")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise BadFile(f"{path.name} has the column “{twice}” twice. Rename one.")
    return names


def _row(header: Sequence[str], cells: Sequence[object]) -> Row | str:
    if len(cells) != len(header):
        return f"It has {len(cells)} cells where the header has {len(header)}."
    row = dict(zip(header, cells, strict=True))
    row.pop("", None)  # a column without a name
    return row


def _json_lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for line, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            try:
                value = json.loads(raw)
            except (ValueError, RecursionError):
                yield line, "It is not a JSON object."
                continue
            if isinstance(value, dict) and len(value) <= MOST_COLUMNS:
                yield line, value
            else:
                yield line, "It is not a JSON object."


def _excel(path: Path) -> Iterator[Line]:
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise BadFile(f"{path.name} is not readable as a spreadsheet: {error}.") from None
    rows = iter(sheet.iter_rows())
    first = next(rows, None)
    if first is None:
        raise BadFile(f"{path.name} is empty.")
    header = _header(first, path)
    for line, cells in enumerate(rows, 2):
        if any(str(cell) for cell in cells):
            yield line, _row(header, [_cell(cell) for cell in cells])


def _cell(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)  # Excel holds every number as a float, also what is an id or a year
    if isinstance(cell, date | str | float | int | bool):
        return cell
    return str(cell)
