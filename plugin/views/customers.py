"""What is held about one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldLine:
    """How much of one kind is held about a customer, and what forgetting does with it."""

    what: str
    count: int
    goes: str


@dataclass(frozen=True, slots=True)
class HeldView:
    """What is held about one customer.

    ``signs_in`` tells that the address is also that of one of our own people. ``forgotten_at`` is
    when they were forgotten before, None if they were not.
    """

    email: str
    names: tuple[str, ...]
    lines: tuple[HeldLine, ...]
    signs_in: bool
    forgotten_at: datetime | None

    @property
    def anything(self) -> bool:
        """Whether there is anything to export or to forget."""
        return any(line.count for line in self.lines)


@dataclass(frozen=True, slots=True)
class Keeps:
    """For how many days things are kept; 0 is for ever."""

    tickets: int
    deliveries: int
