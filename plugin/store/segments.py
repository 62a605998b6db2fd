"""Reports on segments, one a day, and what people wrote about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from plugin.records.customers import CustomerSample, TrustedSource
from plugin.store.definitions import past_definitions
from plugin.store.rows import TICKET_COLUMNS, TICKETS, table, upsert
from plugin.store.sample import sample_customers
from plugin.store.schema import SegmentNoteRow, SegmentReportRow, SegmentReviewRow
from plugin.views.segments import SegmentNote, SegmentReview, SegmentTicket
from routing.population.report import Overlap, SegmentReport, SegmentSize
from routing.record import Json
from routing.segments.history import Definition

REPORTS = table(SegmentReportRow)
NOTES = table(SegmentNoteRow)
REVIEWS = table(SegmentReviewRow)

MOST_NOTES = 200
"""Notes of one segment that are shown; older ones are kept."""


class SqlSegments:
    """Reports, notes and reviews in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def add_report(self, report: SegmentReport) -> None:
        """Keep a report. An earlier one of the same day (UTC) makes room for it."""
        day = datetime.combine(report.made_at.astimezone(UTC).date(), time(), UTC)
        self._c.execute(
            delete(REPORTS).where(REPORTS.c.made_at >= day, REPORTS.c.made_at <= report.made_at)
        )
        values = {"made_at": report.made_at, "playbook": report.playbook}
        self._c.execute(insert(REPORTS).values(**values, report=report_to_json(report)))

    def latest(self) -> SegmentReport | None:
        """The newest report; None before the first."""
        newest = select(REPORTS).order_by(REPORTS.c.made_at.desc(), REPORTS.c.id.desc()).limit(1)
        row = self._c.execute(newest).one_or_none()
        return None if row is None else report_from_json(row.report, row.made_at, row.playbook)

    def history(self, since: datetime) -> list[SegmentReport]:
        """The reports made since then, one a day, oldest first."""
        rows = self._c.execute(
            select(REPORTS)
            .where(REPORTS.c.made_at >= since)
            .order_by(REPORTS.c.made_at, REPORTS.c.id)
        )
        daily = {row.made_at.date(): row for row in rows}
        return [report_from_json(row.report, row.made_at, row.playbook) for row in daily.values()]

    def notes(self, segment: str) -> list[SegmentNote]:
        """What people wrote about a segment, newest first."""
        rows = self._c.execute(
            select(NOTES)
            .where(NOTES.c.segment == segment)
            .order_by(NOTES.c.at.desc(), NOTES.c.id.desc())
            .limit(MOST_NOTES)
        )
        return [SegmentNote(row.by, row.at, row.text) for row in rows]

    def add_note(self, segment: str, text: str, by: str, now: datetime) -> None:
        """Keep a note."""
        self._c.execute(insert(NOTES).values(segment=segment, text=text, by=by, at=now))

    def reviews(self) -> dict[str, SegmentReview]:
        """When each segment was last looked at and found right."""
        return {
            row.segment: SegmentReview(row.by, row.at) for row in self._c.execute(select(REVIEWS))
        }

    def review(self, segment: str, by: str, now: datetime) -> None:
        """Somebody looked at a segment's definition and found it right."""
        values = {"by": by, "at": now}
        self._c.execute(
            upsert(self._c, SegmentReviewRow)
            .values(segment=segment, **values)
            .on_conflict_do_update(index_elements=["segment"], set_=values)
        )

    def tickets(self, segment: str, limit: int) -> list[SegmentTicket]:
        """The latest tickets whose primary segment it was, newest first."""
        rows = self._c.execute(
            select(*TICKET_COLUMNS)
            .where(TICKETS.c.segment == segment)
            .order_by(TICKETS.c.opened_at.desc(), TICKETS.c.id.desc())
            .limit(limit)
        )
        return [
            SegmentTicket(
                connection=row.connection,
                ticket=row.desk_id,
                subject=row.subject,
                queue=row.queue_name,
                agent=row.agent_name,
                opened_at=row.opened_at,
                solved_at=row.solved_at,
                score=row.score,
                decision=row.decision,
            )
            for row in rows
        ]

    def sample(
        self, sources: Sequence[TrustedSource], fields: Collection[str], limit: int
    ) -> CustomerSample:
        """About ``limit`` customers, or all where there are no more; the same ones each time."""
        return sample_customers(self._c, sources, fields, limit)

    def past(self, limit: int) -> list[tuple[int, tuple[Definition, ...]]]:
        """The segments in words as the newest ``limit`` playbook versions had them."""
        return past_definitions(self._c, limit)

    def rename(self, before: str, after: str) -> None:
        """Notes and the review of a segment follow it to its new name."""
        self._c.execute(update(NOTES).where(NOTES.c.segment == before).values(segment=after))
        taken = select(func.count()).select_from(REVIEWS).where(REVIEWS.c.segment == after)
        if not self._c.execute(taken).scalar_one():
            self._c.execute(
                update(REVIEWS).where(REVIEWS.c.segment == before).values(segment=after)
            )


def report_to_json(report: SegmentReport) -> Json:
    """A report as JSON, without what its row says by itself. Short, since one is kept a day."""
    return {
        "customers": report.customers,
        "in_none": report.in_none,
        "revenue": report.revenue,
        "top_fifth": report.top_fifth,
        "disputed": dict(report.disputed),
        "sizes": [_size_to_json(size) for size in report.sizes],
        "overlaps": [[one.first, one.second, one.customers] for one in report.overlaps],
    }


def report_from_json(raw: Json, made_at: datetime, playbook: int) -> SegmentReport:
    """A report from JSON, as ``report_to_json`` wrote it."""
    return SegmentReport(
        made_at=made_at,
        playbook=playbook,
        customers=raw["customers"],
        in_none=raw["in_none"],
        revenue=raw["revenue"],
        sizes=tuple(_size_from_json(size) for size in raw["sizes"]),
        overlaps=tuple(starmap(Overlap, raw["overlaps"])),
        top_fifth=raw["top_fifth"],
        disputed=raw["disputed"],
    )


def _size_to_json(size: SegmentSize) -> Json:
    return {
        "name": size.name,
        "customers": size.customers,
        "primary": size.primary,
        "unknown": size.unknown,
        "revenue": size.revenue,
        "missing": dict(size.missing),
        "stale": dict(size.stale),
    }


def _size_from_json(raw: dict[str, Any]) -> SegmentSize:
    return SegmentSize(
        name=raw["name"],
        customers=raw["customers"],
        primary=raw["primary"],
        unknown=raw["unknown"],
        revenue=raw["revenue"],
        missing=raw["missing"],
        stale=raw["stale"],
    )
