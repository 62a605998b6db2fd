"""Past tickets with their facts, and drafts that were tried on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from plugin.records.customers import TrustedSource
from routing.back_test.past import PastTicket as PastFacts
from routing.back_test.report import BackTestReport


@dataclass(frozen=True, slots=True)
class BackTestRecord:
    """A back-test that somebody asked for; ``report`` is None until it is done.

    ``called`` is what the draft is called, ``version`` the playbook it is compared with, ``since``
    when its oldest ticket was opened. ``why`` says why it has ended without a report.
    """

    id: int
    by: str
    called: str
    draft: str
    version: int
    since: datetime | None
    started_at: datetime
    ended_at: datetime | None = None
    report: BackTestReport | None = None
    why: str = ""


class BackTests(Protocol):
    """Drafts of the playbook tried on past tickets."""

    def add(self, record: BackTestRecord) -> int:
        """Keep one that begins now; the answer is its id. Only the newest ones are kept."""
        ...

    def get(self, back_test: int) -> BackTestRecord | None:
        """One of them."""
        ...

    def recent(self, limit: int) -> list[BackTestRecord]:
        """The newest ones, newest first, without their drafts and reports."""
        ...

    def end(
        self, back_test: int, now: datetime, report: BackTestReport | None, why: str = ""
    ) -> None:
        """Keep what came of it."""
        ...


class PastTickets(Protocol):
    """Tickets as they were when they came, with the facts of that time where they are kept.

    A ticket that was decided has its decision's facts. One that was imported has its own columns,
    and of its customer what ``sources``, in order of trust, have said by now.
    """

    def blocks(
        self, since: datetime | None, sources: Sequence[TrustedSource], limit: int
    ) -> Iterator[list[PastFacts]]:
        """The newest ``limit`` tickets opened since then, newest first, some at a time."""
        ...

    def get(self, ticket: int, sources: Sequence[TrustedSource]) -> PastFacts | None:
        """One of them, by our id."""
        ...

    def subjects(self, tickets: Collection[int]) -> dict[int, str]:
        """What tickets are about, by our id; those that are gone are left out."""
        ...

    def customers(
        self, emails: Collection[str], sources: Sequence[TrustedSource]
    ) -> dict[str, dict[str, Any]]:
        """What sources say by now of the customers with these addresses: facts as JSON."""
        ...
