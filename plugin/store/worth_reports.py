"""What customers are worth by segment, as it was last counted; it can be counted again any time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from plugin.store.rows import table
from plugin.store.schema import WorthReportRow
from routing.worth.report import WorthReport, report_in, report_out

REPORTS = table(WorthReportRow)


class SqlWorthReports:
    """The report in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def latest(self) -> WorthReport | None:
        """The newest report; None before the first."""
        newest = select(REPORTS.c.report).order_by(REPORTS.c.id.desc()).limit(1)
        raw = self._c.execute(newest).scalar_one_or_none()
        return None if raw is None else report_in(raw)

    def made(self) -> tuple[datetime, int, int] | None:
        """When it was made, about which playbook, and of how many rows of customers."""
        newest = select(REPORTS.c.made_at, REPORTS.c.playbook, REPORTS.c.rows)
        row = self._c.execute(newest.order_by(REPORTS.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else (row.made_at, row.playbook, row.rows)

    def keep(self, report: WorthReport, rows: int) -> None:
        """Keep a report on so many rows of customers, in the place of those before."""
        self._c.execute(delete(REPORTS))
        values = {"made_at": report.made_at, "playbook": report.playbook, "rows": rows}
        self._c.execute(insert(REPORTS).values(**values, report=report_out(report)))
