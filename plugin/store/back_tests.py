"""Back-tests that somebody asked for, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from plugin.records.past import BackTestRecord
from plugin.store.rows import table
from plugin.store.schema import BackTestRow
from routing.back_test.report import BackTestReport, report_in, report_out

BACK_TESTS = table(BackTestRow)

KEPT = 50
"""How many are kept; they can be made again."""

_LINE = [column for column in BACK_TESTS.c if column.name not in {"draft", "report"}]


class SqlBackTests:
    """Back-tests in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def add(self, record: BackTestRecord) -> int:
        """Keep one that begins now; the answer is its id. Only the newest ones are kept."""
        made = self._c.execute(
            insert(BACK_TESTS)
            .values(
                by=record.by,
                called=record.called,
                draft=record.draft,
                version=record.version,
                since=record.since,
                started_at=record.started_at,
                why="",
            )
            .returning(BACK_TESTS.c.id)
        ).scalar_one()
        newest = select(BACK_TESTS.c.id).order_by(BACK_TESTS.c.id.desc()).offset(KEPT).limit(1)
        last = self._c.execute(newest).scalar_one_or_none()
        if last is not None:
            self._c.execute(delete(BACK_TESTS).where(BACK_TESTS.c.id <= last))
        return int(made)

    def get(self, back_test: int) -> BackTestRecord | None:
        """One of them."""
        row = self._c.execute(select(BACK_TESTS).where(BACK_TESTS.c.id == back_test)).one_or_none()
        if row is None:
            return None
        report = None if row.report is None else report_in(row.report)
        return _record(row, row.draft, report)

    def recent(self, limit: int) -> list[BackTestRecord]:
        """The newest ones, newest first, without their drafts and reports."""
        rows = self._c.execute(select(*_LINE).order_by(BACK_TESTS.c.id.desc()).limit(limit))
        return [_record(row, "", None) for row in rows]

    def end(
        self, back_test: int, now: datetime, report: BackTestReport | None, why: str = ""
    ) -> None:
        """Keep what came of it."""
        told = None if report is None else report_out(report)
        self._c.execute(
            update(BACK_TESTS)
            .where(BACK_TESTS.c.id == back_test)
            .values(ended_at=now, report=told, why=why)
        )


def _record(
    row: Row[*tuple[Any, ...]], draft: str, report: BackTestReport | None
) -> BackTestRecord:
    return BackTestRecord(
        id=row.id,
        by=row.by,
        called=row.called,
        draft=draft,
        version=row.version,
        since=row.since,
        started_at=row.started_at,
        ended_at=row.ended_at,
        report=report,
        why=row.why,
    )
