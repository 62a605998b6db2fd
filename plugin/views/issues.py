"""What the pages of issues ask for and show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.views.results import ResultLine
from routing.outcomes.figures import Kpis
from routing.topics.report import Among, Issue, IssueReport, Topic


class LookState(StrEnum):
    """How the look for topics stands."""

    NONE = "none"
    RUNNING = "running"
    BROKEN = "broken"
    TOO_FEW = "too few"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class IssuesAsked:
    """What of the topics is wanted: those of a scope and a language; or only those without a reply.

    ``language`` is None for all of them.
    """

    among: Among = Among()
    language: str | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One topic in one scope, with what it is called."""

    topic: Topic
    issue: Issue


@dataclass(frozen=True, slots=True)
class IssuesView:
    """The topics: ``growing`` ones, the surest first, and ``every`` one of the scope by its size.

    ``report`` is None before the first one.
    """

    asked: IssuesAsked
    now: datetime
    state: LookState
    report: IssueReport | None
    growing: tuple[IssueLine, ...] = ()
    every: tuple[IssueLine, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic: where it is, what is typical of it, and its tickets, newest first.

    ``kpis`` are those of its tickets, ``every`` those of all tickets of the same scope and time.
    ``more`` says that there are older ones.
    """

    topic: Topic
    among: Among
    report: IssueReport
    now: datetime
    issues: tuple[Issue, ...]
    typical: tuple[str, ...]
    kpis: Kpis
    every: Kpis
    lines: tuple[ResultLine, ...]
    more: bool
