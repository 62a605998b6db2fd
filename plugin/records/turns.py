"""What happens to tickets later: for which of them something is due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.records.decisions import TurnTaken
from routing.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A ticket for which something is due, and the moment by which that is known again."""

    ref: TicketRef
    since: datetime


class Turns(Protocol):
    """What happens to tickets after they were routed."""

    def taken(self, tickets: Collection[int]) -> dict[int, list[TurnTaken]]:
        """The turns of these tickets that are decided, oldest first, by our id of the ticket."""
        ...

    def waiting(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open routed tickets whose customers began to wait in this span, the longest first."""
        ...

    def to_hand_back(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open tickets that are to be handed back in this span, the most overdue first."""
        ...

    def unseen(self, before: datetime, limit: int) -> list[DueTicket]:
        """Open routed tickets that were read last before then, the longest ago first."""
        ...
