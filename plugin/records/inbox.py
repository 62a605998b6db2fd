"""Deliveries: what the desks sent, and how far each has come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from plugin.ports import Delivery, Notice
from plugin.records.page import Page
from plugin.views.deliveries import DeliveryLine, DeliveryView, Tally


class Put(StrEnum):
    """How the inbox took a delivery."""

    NEW = "new"
    REPEAT = "repeat"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds until its lease ends.

    So far it had to wait ``waits`` times, failed ``failures`` times, and ``deaths`` workers ended
    while they held it.
    """

    id: int
    connection: str
    ticket: str
    kind: str
    received_at: datetime
    waits: int
    failures: int
    deaths: int


Arrivals = Callable[[Sequence[tuple[Delivery, Notice]]], bool]
"""Keeps deliveries in one transaction if all are new, and tells whether they were.

When it returns True they are safe on disk; else none of them is kept. Raises Unavailable."""


class Inbox(Protocol):
    """Every delivery, from its acceptance until it is done or parked."""

    def put(self, delivery: Delivery, notice: Notice) -> Put:
        """Keep a delivery; an echo of our own write is done at once."""
        ...

    def claim(
        self, now: datetime, lease: int, limit: int, without: Collection[str]
    ) -> list[Claimed]:
        """Take what is due, for ``lease`` seconds, of all connections but ``without``.

        Rows tried before are taken one at a time.
        """
        ...

    def release(self, ids: Sequence[int]) -> None:
        """Give claimed rows back untried, each to its old place in the line."""
        ...

    def finish(self, rows: Mapping[int, str], now: datetime) -> None:
        """The deliveries are done; says what came of each, if that needs saying."""
        ...

    def wait(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, since the other side was not there."""
        ...

    def fail(self, row: int, now: datetime, due: datetime, why: str) -> None:
        """Try again at ``due``, although something went wrong."""
        ...

    def known(self, connection: str, delivery_ids: Collection[str]) -> set[str]:
        """Which of these deliveries are in the inbox already."""
        ...

    def park(self, row: int, now: datetime, why: str) -> None:
        """Stop trying until a person replays it."""
        ...

    def replay(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Make parked deliveries due now (None: all of them); returns how many."""
        ...

    def tally(self) -> Tally:
        """What became of everything received."""
        ...

    def lines(
        self, page: Page, state: str | None, connection: str | None, find: str
    ) -> list[DeliveryLine]:
        """Deliveries, newest first."""
        ...

    def newer(self, row: int, limit: int) -> int | None:
        """The id to page before, to see the ``limit`` deliveries newer than ``row``."""
        ...

    def show(self, row: int) -> tuple[DeliveryView, bytes] | None:
        """One delivery, with its raw body."""
        ...
