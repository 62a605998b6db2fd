"""Other tools that are told what happens, and what they know of segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.ports import News


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages to a receiver are signed by, until then; None is for good."""

    text: str
    until: datetime | None = None


def good(secrets: Sequence[Secret], now: datetime) -> tuple[str, ...]:
    """What messages are signed by now, newest first."""
    return tuple(one.text for one in secrets if one.until is None or one.until > now)


@dataclass(frozen=True, slots=True)
class ReceiverRecord:
    """Where other tools want to be told what happens; ``id`` is 0 before it is kept.

    ``events`` are the types it wants. ``secrets`` are newest first. ``failures`` came one after
    the other, the first at ``failing_since``; it ``rests`` until then. ``segments`` are those
    whose members it wants to know; none means all. ``why`` says why it is not ``enabled``.
    """

    name: str
    url: str
    secrets: tuple[Secret, ...]
    events: frozenset[str]
    by: str
    created_at: datetime
    segments: tuple[str, ...] = ()
    id: int = 0
    enabled: bool = True
    why: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    rests: datetime | None = None
    told_at: datetime | None = None
    told: str = ""

    def wants(self, news: News) -> bool:
        """Whether it is to be told. News about a segment it has not chosen are not for it."""
        about = news.data.get("segment")
        chosen = not self.segments or about is None or about in self.segments
        return self.enabled and news.type in self.events and chosen


class Receivers(Protocol):
    """Where other tools want to be told what happens."""

    def every(self) -> list[ReceiverRecord]:
        """All of them, by name."""
        ...

    def get(self, name: str, *, hold: bool = False) -> ReceiverRecord | None:
        """One by name; with ``hold`` nobody else changes it before the transaction ends."""
        ...

    def add(self, record: ReceiverRecord) -> bool:
        """Keep a new one; False if there is one of this name."""
        ...

    def save(self, record: ReceiverRecord) -> None:
        """Change one; its name stays."""
        ...

    def remove(self, name: str) -> bool:
        """Remove one with all that it was to be told; False if there is none of this name."""
        ...

    def relock(self) -> int:
        """Lock every secret with the newest key; returns of how many receivers."""
        ...


@dataclass(frozen=True, slots=True)
class PushRecord:
    """Whom a receiver was told of as a segment's members, packed, by ``number`` messages so far."""

    members: bytes
    count: int
    number: int


@dataclass(frozen=True, slots=True)
class Who:
    """A customer as other tools know them; ``row`` is our own number for them."""

    row: int
    external_id: str
    email: str | None


class Pushes(Protocol):
    """What receivers know of segments' members."""

    def get(self, receiver: int, segment: str) -> PushRecord | None:
        """What a receiver was told of one segment; None before the first time."""
        ...

    def segments(self, receiver: int) -> list[str]:
        """The segments of which a receiver was told anything."""
        ...

    def save(self, receiver: int, segment: str, push: PushRecord, now: datetime) -> None:
        """Keep what it has been told by now."""
        ...

    def start_over(self, receiver: int, segment: str | None = None) -> None:
        """Take it that it knows nobody, of one segment or any; the numbers of messages go on."""
        ...

    def whos(self, rows: Sequence[int]) -> dict[int, Who]:
        """Those of these customers that are still there, by our number."""
        ...
