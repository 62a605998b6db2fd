"""Customer sources, as admins see them, and a file uploaded as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from plugin.flows.import_history import ImportHistory, Line
from plugin.ports import Refused
from plugin.records import Store
from plugin.views import SourceLine, Uploaded

SHOWN = 20
"""Refused rows that a page names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class SeeSources:
    """The page of customer sources. ``read`` gives the rows of a file."""

    store: Store
    imports: ImportHistory
    read: Callable[[Path], Iterable[Line]]

    def view(self) -> tuple[SourceLine, ...]:
        """Every source, the most trusted first."""
        with self.store.look() as work:
            records = work.connections.sources()
            counts = work.customers.counts()
        lines = []
        for record in records:
            count, newest = counts.get(record.name, (None, None))
            lines.append(SourceLine(record.name, record.kind, count, newest))
        return tuple(lines)

    def upload(self, source: str, path: Path, *, dry: bool) -> Uploaded:
        """Take a file's customers over as this source."""
        with self.store.look() as work:
            kinds = {record.name: record.kind for record in work.connections.sources()}
        if kinds.get(source, "uploaded") != "uploaded":
            raise Refused(f"“{source}” is a source of another kind. Choose another name.")
        report = self.imports.customers(source, self.read(path), dry=dry)
        return Uploaded(
            source=source,
            dry=dry,
            read=report.read,
            changed=report.changed,
            refused_count=report.refused,
            refused=tuple((row.line, row.why) for row in report.named[:SHOWN]),
            passed_over=tuple(report.unknown_columns),
        )
