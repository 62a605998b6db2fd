"""The mails people get, and who gets which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.views.segments import SegmentKpis
from routing.outcomes.figures import Difference as Apart
from routing.outcomes.figures import Kpis
from routing.outcomes.medians import MediansApart
from routing.population.goal import Standing


@dataclass(frozen=True, slots=True)
class LetterFinding:
    """One thing in a mail that needs somebody: what, more of it, and where an action leads."""

    what: str
    more: str
    link: str
    action: str


@dataclass(frozen=True, slots=True)
class MissedGoal:
    """A goal that a segment has clearly missed since then, and how it stood when that began."""

    segment: str
    standing: Standing
    since: datetime
    link: str


@dataclass(frozen=True, slots=True)
class Change:
    """How a KPI differs from the period before; ``shown`` says that it is no chance.

    ``difference`` is of shares (−1 to 1) or how many times as fast it goes now; ``medians`` how
    far the medians of a time lie apart.
    """

    difference: Apart
    medians: MediansApart | None
    shown: bool


@dataclass(frozen=True, slots=True)
class DigestLetter:
    """What a digest says of one week. ``before`` are the tickets of the week before it.

    ``changes`` are those of the KPIs since then, by key. ``picture`` is the content id of the KPIs
    drawn over time. ``house`` is the playbook's name. ``why`` says why somebody gets it; ``stop``
    leads to where it can be changed.
    """

    house: str
    title: str
    total: Kpis
    before: int | None
    changes: Mapping[str, Change]
    segments: tuple[SegmentKpis, ...]
    picture: str | None
    missed: tuple[MissedGoal, ...]
    findings: tuple[LetterFinding, ...]
    overview: str
    why: str
    stop: str


@dataclass(frozen=True, slots=True)
class AlertLetter:
    """What an alert says: that a goal is ``missed``, or no longer. ``days`` were looked at."""

    house: str
    title: str
    missed: bool
    segment: str
    standing: Standing
    days: int
    link: str
    why: str
    stop: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's two forms, and the PNG pictures that the second shows, by content id."""

    text: str
    html: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class MailKind(StrEnum):
    """The mails that somebody can ask for."""

    DIGEST = "digest"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which mail somebody wants, and when. ``weekday`` is 0 for Monday; ``zone`` names a time zone.

    ``segments`` are those it is about; none means all. ``id`` is 0 before it is kept.
    """

    email: str
    kind: MailKind
    weekday: int = 0
    hour: int = 8
    zone: str = "UTC"
    segments: tuple[str, ...] = ()
    since: datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class MyMails:
    """Which mails a person gets, and could; ``offered`` are the kinds for their role."""

    email: str
    offered: tuple[MailKind, ...]
    digest: Subscription | None
    alert: Subscription | None
    segments: tuple[str, ...]
    owns: tuple[str, ...]
