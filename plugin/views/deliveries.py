"""Deliveries, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of everything the desks told us. ``adds_up`` is the promise."""

    received: int
    done: int
    waiting: int
    parked: int

    @property
    def adds_up(self) -> bool:
        """Whether each delivery is in exactly one state."""
        return self.received == self.done + self.waiting + self.parked


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery in the list. ``why`` says what it waits for, or why it is parked."""

    id: int
    received_at: datetime
    connection: str
    kind: str
    ticket: str
    decision_id: int | None
    state: str
    took: timedelta | None
    why: str


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a delivery."""

    at: datetime
    result: str
    good: bool


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery, whole. ``body`` has names, addresses and texts hidden unless asked for."""

    line: DeliveryLine
    delivery_id: str
    tries: tuple[Try, ...]
    body: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class DeliveriesView:
    """The deliveries page. ``older`` and ``newer`` are ids to page from, None at the ends."""

    tally: Tally
    counted_at: datetime
    median_took: timedelta | None
    lines: tuple[DeliveryLine, ...]
    state: str | None
    find: str
    connections: tuple[str, ...]
    connection: str | None
    older: int | None
    newer: int | None
    open: DeliveryView | None = None
