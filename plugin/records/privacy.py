"""What is held about customers, and its removal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A place, outside the customer's own rows, where their address stands."""

    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is held about one customer: the rows of each table as plain JSON values.

    ``customers`` are what the sources say. ``deliveries`` are what desks sent about their tickets.
    """

    tickets: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    decisions: Sequence[Mapping[str, Any]] = ()
    replies: Sequence[Mapping[str, Any]] = ()
    surveys: Sequence[Mapping[str, Any]] = ()
    mails: Sequence[Mapping[str, Any]] = ()
    unsubscribed: Sequence[Mapping[str, Any]] = ()
    deliveries: Sequence[Mapping[str, Any]] = ()
    customers: Sequence[Mapping[str, Any]] = ()
    elsewhere: Sequence[Elsewhere] = ()


class Privacy(Protocol):
    """What is held about customers, and how it is removed."""

    def forgotten(self, emails: Collection[str]) -> dict[str, datetime]:
        """Which of these addresses were forgotten, and when, by the address in lower case."""
        ...

    def held(self, email: str) -> Held:
        """Everything that is held about the customer with this address."""
        ...

    def forget(self, email: str, now: datetime) -> Held:
        """Take the customer out of every table; what was held is returned once more."""
        ...

    def readmit(self, email: str) -> bool:
        """Let a forgotten address be known again; False if it was not forgotten."""
        ...

    def forget_again(self, now: datetime) -> int:
        """Take out whom a worker wrote back while they were being forgotten; returns how many."""
        ...

    def empty_deliveries(self, connection: str, desk_id: str) -> None:
        """Empty the bodies of all deliveries about a ticket."""
        ...

    def expire_tickets(self, before: datetime, limit: int, now: datetime) -> int:
        """Take the person out of tickets solved before; returns how many there were."""
        ...

    def expire_deliveries(self, before: datetime, limit: int) -> int:
        """Empty the bodies of deliveries done before; returns how many there were."""
        ...
