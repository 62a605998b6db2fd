"""What was found of topics, as it is kept and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from routing.topics.weeks import COMPARED, RECENT

ENOUGH_TICKETS = 100
"""Tickets of a language from which on topics are looked for among them."""


class Kind(StrEnum):
    """Where a topic comes from."""

    WORDS = "words"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Topic:
    """What tickets have in common. ``typical`` are our ids of those that say it most clearly.

    ``language`` is None for a tag, and where it is not known. ``tickets`` are all it is in.
    """

    id: int
    kind: Kind
    name: str
    language: str | None
    tickets: int
    typical: tuple[int, ...]

    @property
    def is_words(self) -> bool:
        """Whether it was found in what people write; else it is a tag of the desk."""
        return self.kind is Kind.WORDS


class Part(StrEnum):
    """By what tickets are looked at in part."""

    ALL = "all"
    SEGMENT = "segment"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Among:
    """All tickets, or those of one segment (None: of none) or one desk."""

    part: Part = Part.ALL
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Grown:
    """How many times as large a part of all tickets a topic is as before, with a 95 % interval.

    ``grows`` says that it is no chance, all topics corrected together; ``beyond_season`` that what
    it grew by in the same weeks a year ago is taken out.
    """

    ratio: float
    low: float
    high: float
    beyond_season: bool
    grows: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it was used on tickets of a topic: inserted in so many, and so many are solved."""

    name: str
    used: int
    solved: int


@dataclass(frozen=True, slots=True)
class Issue:
    """One topic in one scope. ``weeks`` are its tickets in the last SHOWN weeks, oldest first.

    ``grown`` is None where there are too few tickets, or no past, to tell. ``reply`` is the one
    used most in the last eight weeks, in which ``by_hand`` tickets were answered without any.
    """

    topic: int
    among: Among
    weeks: tuple[int, ...]
    grown: Grown | None
    reply: Reply | None
    by_hand: int

    @property
    def recent(self) -> int:
        """Tickets in the last four weeks."""
        return sum(self.weeks[-RECENT:])

    @property
    def before(self) -> int:
        """Tickets in the four weeks before."""
        return sum(self.weeks[-COMPARED:-RECENT])

    @property
    def grows(self) -> bool:
        """Whether it grows, and that is no chance."""
        return self.grown is not None and self.grown.grows


@dataclass(frozen=True, slots=True)
class IssueReport:
    """All topics in all scopes, the surest growth first.

    The weeks end at ``until``. ``tickets`` were looked at, of ``every`` there were; ``other`` fit
    no topic of words. ``judged`` growths were corrected together. ``began`` is when the oldest
    ticket was opened that was looked at.
    """

    made_at: datetime
    until: datetime
    began: datetime | None
    tickets: int
    every: int
    other: int
    judged: int
    topics: tuple[Topic, ...]
    issues: tuple[Issue, ...]
    next_id: int

    def topic(self, number: int) -> Topic | None:
        """The topic of this number."""
        return next((one for one in self.topics if one.id == number), None)

    def growing(self, most: int | None = None) -> tuple[Issue, ...]:
        """Where topics grow: in segments, or in all tickets where it shows in no segment alone."""
        grown = [one for one in self.issues if one.grows and one.among.part is not Part.DESK]
        told = {one.topic for one in grown if one.among.part is Part.SEGMENT}
        return tuple(
            one for one in grown if one.among.part is Part.SEGMENT or one.topic not in told
        )[:most]

    def of(self, among: Among) -> tuple[Issue, ...]:
        """All topics of one scope, the largest of the last four weeks first."""
        here = [one for one in self.issues if one.among == among]
        return tuple(sorted(here, key=lambda one: (-one.recent, -one.before, one.topic)))

    @property
    def scopes(self) -> tuple[Among, ...]:
        """All tickets, then segments and desks by their names."""
        found = {Among(), *(one.among for one in self.issues)}
        return tuple(sorted(found, key=lambda one: (list(Part).index(one.part), one.label or "")))


def report_out(report: IssueReport) -> dict[str, Any]:
    """The report as plain JSON values."""
    return {
        "made_at": report.made_at.isoformat(),
        "until": report.until.isoformat(),
        "began": None if report.began is None else report.began.isoformat(),
        "tickets": report.tickets,
        "every": report.every,
        "other": report.other,
        "judged": report.judged,
        "next_id": report.next_id,
        "topics": [
            [one.id, one.kind.value, one.name, one.language, one.tickets, list(one.typical)]
            for one in report.topics
        ],
        "issues": [_issue_out(one) for one in report.issues],
    }


def _issue_out(one: Issue) -> dict[str, Any]:
    grown, reply = one.grown, one.reply
    return {
        "topic": one.topic,
        "part": one.among.part.value,
        "label": one.among.label,
        "weeks": list(one.weeks),
        "grown": None
        if grown is None
        else [grown.ratio, grown.low, grown.high, grown.beyond_season, grown.grows],
        "reply": None if reply is None else [reply.name, reply.used, reply.solved],
        "by_hand": one.by_hand,
    }


def report_in(raw: Mapping[str, Any]) -> IssueReport:
    """The report from JSON that ``report_out`` wrote."""
    return IssueReport(
        made_at=datetime.fromisoformat(raw["made_at"]),
        until=datetime.fromisoformat(raw["until"]),
        began=None if raw["began"] is None else datetime.fromisoformat(raw["began"]),
        tickets=raw["tickets"],
        every=raw["every"],
        other=raw["other"],
        judged=raw["judged"],
        next_id=raw["next_id"],
        topics=tuple(_topic_in(one) for one in raw["topics"]),
        issues=tuple(_issue_in(one) for one in raw["issues"]),
    )


def _topic_in(raw: Sequence[Any]) -> Topic:
    number, kind, name, language, tickets, typical = raw
    return Topic(number, Kind(kind), name, language, tickets, tuple(typical))


def _issue_in(raw: Mapping[str, Any]) -> Issue:
    return Issue(
        topic=raw["topic"],
        among=Among(Part(raw["part"]), raw["label"]),
        weeks=tuple(raw["weeks"]),
        grown=None if raw["grown"] is None else Grown(*raw["grown"]),
        reply=None if raw["reply"] is None else Reply(*raw["reply"]),
        by_hand=raw["by_hand"],
    )
