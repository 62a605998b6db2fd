"""Desks and customer sources, and how sources have answered of late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """One account of one desk, with its secrets in the clear."""

    name: str
    kind: str
    scheme: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    sample: bool = False

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets a delivery may be signed with; several while one is being changed."""
        return tuple(part for part in self.secrets.get("webhook", "").split() if part)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One customer source, with its secrets in the clear."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    place: int = 0


class Connections(Protocol):
    """Desks and customer sources."""

    def desks(self) -> list[ConnectionRecord]:
        """Every desk connection."""
        ...

    def desk(self, name: str) -> ConnectionRecord | None:
        """A desk connection by name."""
        ...

    def save_desk(self, record: ConnectionRecord, now: datetime) -> None:
        """Make or change a desk connection."""
        ...

    def remove_desk(self, name: str) -> bool:
        """Remove a desk connection, not its tickets; False if there is none of this name."""
        ...

    def sources(self) -> list[SourceRecord]:
        """Every customer source, the most trusted first."""
        ...

    def save_source(self, record: SourceRecord, now: datetime) -> None:
        """Make or change a customer source."""
        ...

    def remove_source(self, name: str) -> bool:
        """Remove a customer source; False if there is none of this name."""
        ...

    def relock(self) -> int:
        """Lock every secret with the newest key; returns how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a customer source has answered of late.

    While it is down nobody asks it before ``next_try_at``. ``last_error`` may also be about one
    answer of a source that is up.
    """

    name: str
    failures: int = 0
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    answered_at: datetime | None = None
    last_error: str = ""


class SourceStates(Protocol):
    """The circuit breaker of each customer source, shared by all workers."""

    def all(self) -> dict[str, SourceState]:
        """The states there are, by source."""
        ...

    def get(self, name: str) -> SourceState | None:
        """One state; None if nobody has asked the source yet."""
        ...

    def hold(self, name: str) -> SourceState:
        """One state, made if it is new, and held until the transaction ends."""
        ...

    def save(self, state: SourceState) -> None:
        """Keep a state that is held."""
        ...

    def take_turn(self, name: str, now: datetime, until: datetime) -> bool:
        """Be the only one who tries a source that is down, until then; False if it is not due."""
        ...

    def forget(self, name: str) -> None:
        """Drop the state of a source."""
        ...
