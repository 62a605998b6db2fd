"""Drafts tried on past tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.views.playbook import VersionLine
from routing.back_test.report import BackTestReport
from routing.decide import Decision
from routing.tickets import Facts


@dataclass(frozen=True, slots=True)
class BackTestLine:
    """One back-test: what was compared, by whom, and how far it is.

    ``called`` is what the draft is called, ``version`` the playbook it is compared with. ``state``
    is running, done or failed; ``why`` says why it failed. It took the tickets opened since
    ``since``; None for all.
    """

    id: int
    called: str
    version: int
    by: str
    since: datetime | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class BackTestForm:
    """What can be tried: the live version and those before it, and what was tried of late."""

    live: int
    versions: tuple[VersionLine, ...]
    recent: tuple[BackTestLine, ...]


@dataclass(frozen=True, slots=True)
class BackTestDraft:
    """What somebody wants to try: a text, or a published ``version`` in its place.

    ``days`` bounds how long ago a ticket was opened; 0 is for ever.
    """

    text: str = ""
    called: str = ""
    version: int | None = None
    days: int = 90


@dataclass(frozen=True, slots=True)
class BackTestView:
    """A back-test and its report, None while it runs or if it failed."""

    line: BackTestLine
    report: BackTestReport | None


@dataclass(frozen=True, slots=True)
class ComparedTicket:
    """One past ticket, decided by both playbooks just now from the facts it had.

    ``as_then`` says that its customer's facts are those of its time.
    """

    line: BackTestLine
    facts: Facts
    as_then: bool
    before: Decision
    after: Decision
