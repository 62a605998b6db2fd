"""Topics of tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from routing.topics.report import IssueReport


@dataclass(frozen=True, slots=True)
class IssueTicket:
    """A ticket as topics are looked for in it: the beginnings of its subject and its text.

    ``topic`` is the one of words that it was in when they were looked for last.
    """

    id: int
    desk: str
    language: str | None
    segment: str | None
    email: str | None
    name: str | None
    subject: str
    text: str
    tags: tuple[str, ...]
    opened_at: datetime
    answered: bool
    solved: bool
    topic: int | None


@dataclass(frozen=True, slots=True)
class IssueLook:
    """When topics were looked for last, and what was found when that last came to an end."""

    started_at: datetime
    report: IssueReport | None

    @property
    def is_done(self) -> bool:
        """Whether the last look has come to its end."""
        return self.report is not None and self.report.made_at >= self.started_at


class Issues(Protocol):
    """Topics of tickets. Spans are from their beginning to before their end."""

    def count(self, spans: Sequence[tuple[datetime, datetime]]) -> int:
        """How many tickets were opened in these spans; merged and deleted ones are left out."""
        ...

    def tickets(
        self, spans: Sequence[tuple[datetime, datetime]], share: float
    ) -> Iterator[IssueTicket]:
        """Them, or about such a share of them (0 to 1), the same ones each time, by their id."""
        ...

    def replies(self, since: datetime) -> dict[int, tuple[str, ...]]:
        """The replies that were inserted in tickets opened since then, by our id."""
        ...

    def latest(self) -> IssueLook | None:
        """The last look; None if there was none yet."""
        ...

    def last(self) -> tuple[datetime, int] | None:
        """When the last look began, and how many topics are kept; None before the first."""
        ...

    def begin(self, now: datetime) -> None:
        """A look begins."""
        ...

    def keep(self, report: IssueReport, tickets: Mapping[int, Collection[int]]) -> None:
        """Keep what was found, and the tickets (our ids) of each topic, in the place of before."""
        ...
