"""A benchmark's result: the machine, the rows measured, and each promise with what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

Result = dict[str, object]
"""``what`` was measured, on which ``machine``, ``rows`` of figures, and ``bars``."""

Entries = Sequence[dict[str, object]]


def bar(what: str, measured: float, *, met: bool) -> dict[str, object]:
    """A promise and whether it holds."""
    return {"bar": what, "measured": round(measured, 3 if abs(measured) < 10 else 2), "met": met}


def entries(result: Result, part: str) -> Entries:
    """The rows or the bars of a result."""
    found = result[part]
    assert isinstance(found, list)
    return found


def columns(rows: Entries) -> list[str]:
    """Every name that occurs, in the order of its first occurrence."""
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: object) -> str:
    """A figure as people read it."""
    if isinstance(value, bool):
        return "met" if value else "MISSED"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def show(result: Result, console: Console) -> None:
    """Print both tables."""
    for part in ("rows", "bars"):
        rows = entries(result, part)
        names = columns(rows)
        table = Table(*names, title=f"{result['what']}: {part}")
        for row in rows:
            table.add_row(*(cell(row.get(name, "")) for name in names))
        console.print(table)


def as_markdown(result: Result) -> str:
    """Both tables as Markdown, the promises first."""
    lines = [f"## {result['what']}", ""]
    for part in ("bars", "rows"):
        rows = entries(result, part)
        names = columns(rows)
        table = [[name.replace("_", " ") for name in names], ["---"] * len(names)]
        table += [[cell(row.get(name, "")) for name in names] for row in rows]
        lines += [*map(_line, table), ""]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
