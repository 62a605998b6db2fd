"""Reports on segments, notes and reviews."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from plugin.records.customers import CustomerSample, TrustedSource
from plugin.views.segments import SegmentNote, SegmentReview, SegmentTicket
from routing.population.report import SegmentReport
from routing.segments.history import Definition
from routing.worth.report import WorthReport


class SegmentRecords(Protocol):
    """How the segments stood, day by day, and what people said of them."""

    def add_report(self, report: SegmentReport) -> None:
        """Keep a report. An earlier one of the same day (UTC) makes room for it."""
        ...

    def latest(self) -> SegmentReport | None:
        """The newest report; None before the first."""
        ...

    def history(self, since: datetime) -> list[SegmentReport]:
        """The reports made since then, one a day, oldest first."""
        ...

    def notes(self, segment: str) -> list[SegmentNote]:
        """What people wrote about a segment, newest first."""
        ...

    def add_note(self, segment: str, text: str, by: str, now: datetime) -> None:
        """Keep a note."""
        ...

    def reviews(self) -> dict[str, SegmentReview]:
        """When each segment was last looked at and found right."""
        ...

    def review(self, segment: str, by: str, now: datetime) -> None:
        """Somebody looked at a segment's definition and found it right."""
        ...

    def tickets(self, segment: str, limit: int) -> list[SegmentTicket]:
        """The latest tickets whose primary segment it was, newest first."""
        ...

    def sample(
        self, sources: Sequence[TrustedSource], fields: Collection[str], limit: int
    ) -> CustomerSample:
        """About ``limit`` customers, or all where there are no more; the same ones each time.

        ``sources`` come in order of trust; only these ``fields`` of the customers are told.
        """
        ...

    def past(self, limit: int) -> list[tuple[int, tuple[Definition, ...]]]:
        """The segments in words as the newest ``limit`` playbook versions had them, newest first.

        It ends before a version that cannot be read any more.
        """
        ...

    def rename(self, before: str, after: str) -> None:
        """Notes and the review of a segment follow it to its new name."""
        ...


class WorthReports(Protocol):
    """What the customers of each segment are worth."""

    def latest(self) -> WorthReport | None:
        """The newest report; None before the first."""
        ...

    def made(self) -> tuple[datetime, int, int] | None:
        """When it was made, about which playbook, and of how many rows of customers."""
        ...

    def keep(self, report: WorthReport, rows: int) -> None:
        """Keep a report on so many rows of customers, in the place of those before."""
        ...
