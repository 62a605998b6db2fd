"""What was last worked out about the rules; it can be worked out again at any time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from plugin.store.rows import table, upsert
from plugin.store.schema import RuleReportRow
from routing.quality.lessons import Lessons, lessons_in, lessons_out
from routing.quality.report import QualityReport, report_in, report_out

REPORTS = table(RuleReportRow)

QUALITY, LESSONS = "quality", "lessons"


class SqlRuleReports:
    """Reports on rules in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def quality(self) -> QualityReport | None:
        """How well each rule routes, as it was last measured."""
        raw = self._report(QUALITY)
        return None if raw is None else report_in(raw)

    def keep_quality(self, report: QualityReport) -> None:
        """Keep a measurement in the place of the one before."""
        self._keep(QUALITY, report.made_at, report.playbook, report_out(report))

    def lessons(self) -> Lessons | None:
        """What transfers taught, as it was last looked for."""
        raw = self._report(LESSONS)
        return None if raw is None else lessons_in(raw)

    def keep_lessons(self, lessons: Lessons) -> None:
        """Keep lessons in the place of those before."""
        self._keep(LESSONS, lessons.made_at, lessons.playbook, lessons_out(lessons))

    def made(self) -> dict[str, tuple[datetime, int]]:
        """When each kind of report was made, and about which playbook."""
        rows = self._c.execute(select(REPORTS.c.kind, REPORTS.c.made_at, REPORTS.c.playbook))
        return {row.kind: (row.made_at, row.playbook) for row in rows}

    def _report(self, kind: str) -> object | None:
        return self._c.execute(
            select(REPORTS.c.report).where(REPORTS.c.kind == kind)
        ).scalar_one_or_none()

    def _keep(self, kind: str, made_at: datetime, playbook: int, report: object) -> None:
        values = {"made_at": made_at, "playbook": playbook, "report": report}
        self._c.execute(
            upsert(self._c, RuleReportRow)
            .values(kind=kind, **values)
            .on_conflict_do_update(index_elements=["kind"], set_=values)
        )
