"""Other tools that are told what happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """One message to a receiver. ``state`` is done, waiting or parked; ``why`` says what failed."""

    id: int
    event: str
    type: str
    at: datetime
    state: str
    tries: int
    due: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ReceiverLine:
    """One receiver in the list. ``told`` is how it last answered, ``why`` why it is off.

    ``old_secret_until`` is when the secret before the newest stops to count.
    """

    name: str
    url: str
    events: tuple[str, ...]
    segments: tuple[str, ...]
    enabled: bool
    why: str
    failing_since: datetime | None
    told_at: datetime | None
    told: str
    waiting: int
    parked: int
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """One receiver with what it was told; ``older`` is the id to page before."""

    line: ReceiverLine
    messages: tuple[WebhookLine, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class NewReceiver:
    """A receiver as somebody wants it, before it is checked."""

    name: str
    url: str
    events: tuple[str, ...]
    segments: tuple[str, ...] = ()
