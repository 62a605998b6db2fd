"""What reports are made of: tickets in columns by day, and ticket by ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.records.page import Page
from plugin.views.results import Having, ResultLine
from routing.outcomes.dimensions import Dimension
from routing.outcomes.numbers import Numbers
from routing.outcomes.outcome import Outcome


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket with all that is measured of it, but nothing of its customer's own words.

    ``worked`` are the working seconds to the first reply, the first solving and the last one;
    ``targets`` the seconds promised to the first reply and to the solving.
    """

    id: int
    connection: str
    desk_id: str
    subject: str
    channel: str | None
    language: str | None
    segment: str | None
    queue: str | None
    agent: str | None
    rule: str | None
    playbook: int | None
    outcome: Outcome
    worked: tuple[int | None, int | None, int | None]
    targets: tuple[int | None, int | None]
    surveyed: bool
    score: int | None
    nps: int | None
    ces: int | None
    nps_asked: bool
    ces_asked: bool
    gone: str | None
    imported: bool


class TicketRows(Protocol):
    """Tickets in their order of opening, however many there are."""

    def some(
        self, since: datetime, until: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> list[TicketRow]:
        """Those opened in [since, until) behind the one opened then with this id, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Measurable:
    """How far tickets are in columns: ``tickets`` of them, the last day made at ``made_at``.

    ``stale`` days wait to be made anew. ``began`` is the first day with tickets.
    """

    made_at: datetime | None
    tickets: int
    stale: int
    began: datetime | None


class MeasuredDays(Protocol):
    """Days of tickets in columns, from which reports are counted. A day is UTC's, since 1970."""

    def take_changes(self, limit: int) -> bool:
        """Turn tickets that have changed into days that are stale; whether there were any."""
        ...

    def mark(self, days: Iterable[int]) -> None:
        """Let these days be made anew."""
        ...

    def mark_all(self) -> None:
        """Let every day be made anew."""
        ...

    def is_empty(self) -> bool:
        """Whether no day was ever made."""
        ...

    def stale(self) -> dict[int, int]:
        """The days to be made anew, newest first, each with its claim."""
        ...

    def of_day(self, day: int) -> list[Numbers]:
        """The tickets opened on one day."""
        ...

    def exactly(
        self,
        since: datetime,
        until: datetime,
        wanted: Mapping[Dimension, str | None],
        topic: int | None = None,
    ) -> list[Numbers]:
        """The tickets opened in a span that have all these labels, as they stand now.

        With a ``topic``, by its number in the report on issues, those of it.
        """
        ...

    def put(self, day: int, claim: int, columns: bytes, tickets: int, now: datetime) -> bool:
        """Keep a day's columns, unless somebody has claimed the day since."""
        ...

    def versions(self, first: int, last: int) -> dict[int, int]:
        """The days that are made, from the first to the last, each with its version."""
        ...

    def columns(self, days: Collection[int]) -> dict[int, tuple[int, bytes]]:
        """The columns of these days, each with its version."""
        ...

    def state(self) -> Measurable:
        """How far the days are made."""
        ...


class ResultLines(Protocol):
    """The tickets behind a number."""

    def __call__(
        self,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        having: Having,
        page: Page,
    ) -> list[ResultLine]:
        """Tickets opened in a span with these labels, newest first; merged and deleted left out."""
        ...

    def of_topic(
        self,
        topic: int,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        page: Page,
    ) -> list[ResultLine]:
        """The same of one topic, by its number in the report on issues."""
        ...
