"""Rows of a file that is taken over: read some at a time, refused with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from plugin.pages.refusals import BadFile
from routing.conditions.durations import read_duration

BATCH = 500
"""Rows kept in one transaction."""

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Nothing happened before, or will after."""

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

    def refuse(self, line: int, why: str, rows: int = 1) -> None:
        """Count rows refused for one reason, and name it while there is room."""
        self.refused += rows
        if len(self.named) < SHOWN:
            self.named.append(RefusedRow(line, why))

    def in_order(self) -> ImportReport:
        """The same, with what is named in the order of the file."""
        self.named.sort(key=lambda refused: refused.line)
        return self


class BadColumns(BadFile):
    """A file whose columns cannot be what was asked for."""


def readable(
    rows: Iterable[Line], report: ImportReport, size: int
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


def passed_over(row: Row, needed: Sequence[str], known: Collection[str]) -> list[str]:
    """The columns that are passed over. Raises BadColumns where a needed one is missing."""
    missing = [name for name in needed if name not in row]
    if missing:
        raise BadColumns(
            f"The file has no column {' and no column '.join(missing)}. It has: "
            f'{", ".join(row)}. Name one with --map, for example --map {missing[0]}="Its name".'
        )
    return [name for name in row if name not in known]


def addresses(rows: Iterable[tuple[int, Row]], column: str) -> set[str]:
    """The e-mail addresses in a column."""
    return {address for _, row in rows if (address := text(row, column))}


def refuse_forgotten(
    address: str | None, forgotten: Mapping[str, datetime], opened: datetime | None = None
) -> None:
    """Raises ValueError for a customer who was forgotten, or a ticket of theirs from before."""
    at = None if address is None else forgotten.get(address)
    if at is not None and (opened is None or opened < at):
        raise ValueError("Its customer was forgotten, so it is not taken over.")


# What stands in a cell. Each raises ValueError with a sentence for people.


def text(row: Row, name: str) -> str:
    """A cell as text; empty where there is none."""
    value = row.get(name)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # spreadsheets hold every number as a float
    # Without what no database takes, so that it is found again as it was kept.
    told = "" if value is None else str(value).replace("\0", "")
    return (told if told.isascii() else told.encode("utf-8", "replace").decode()).strip()


def moment(row: Row, name: str) -> datetime | None:
    """A cell as a moment, in UTC where nothing else is written."""
    at = _written(row, name)
    if at is not None and not FIRST_YEAR <= at.year < LAST_YEAR:
        raise ValueError(f"{name} is in the year {at.year}.")
    return at


def _written(row: Row, name: str) -> datetime | None:
    raw = row.get(name)
    if isinstance(raw, datetime):
        return raw if raw.tzinfo else raw.replace(tzinfo=UTC)
    told = text(row, name)
    if not told or told == "?":
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise ValueError(
            f"{name} is “{told[:40]}”; write it like 2026-03-31T09:30:00+02:00, "
            "or say how it is written with --time-format."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def count(row: Row, name: str) -> int | None:
    """A cell as a whole number from 0 on."""
    told = text(row, name)
    if not told or told == "?":
        return None
    if not (told.isascii() and told.isdigit()):
        raise ValueError(f"{name} is “{told[:40]}”; it must be a whole number.")
    return min(int(told[:6]), 10_000)


def rating(row: Row, name: str, lowest: int, highest: int) -> int | None:
    """A cell as a rating on a scale."""
    told = text(row, name)
    if not told or told == "?":
        return None
    if told not in {str(one) for one in range(lowest, highest + 1)}:
        raise ValueError(f"{name} is “{told[:40]}”; it must be {lowest} to {highest}.")
    return int(told)


def promised(row: Row, name: str) -> int | None:
    """A cell as a time that was promised, in seconds."""
    told = text(row, name)
    if not told or told == "?":
        return None
    try:
        return int(read_duration(told).total_seconds())
    except ValueError as error:
        raise ValueError(f"{name} is “{told[:40]}”. {error}") from None
