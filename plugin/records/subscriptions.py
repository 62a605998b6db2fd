"""Who wants which mails, and the goals they are warned of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.views.mails import MailKind, Subscription
from routing.population.goal import Standing


class Subscriptions(Protocol):
    """Who wants which mails of ours, and when."""

    def save(self, wanted: Subscription, now: datetime) -> None:
        """Keep what somebody wants in the place of what they wanted before."""
        ...

    def get(self, subscription: int) -> Subscription | None:
        """One by its id."""
        ...

    def of(self, email: str) -> list[Subscription]:
        """Those of one address."""
        ...

    def every(self, kind: MailKind) -> list[Subscription]:
        """All of one kind, in the order of their making."""
        ...

    def stop(self, email: str, kind: MailKind | None = None) -> int:
        """Send an address no mails of this kind, or none at all; returns how many it got."""
        ...


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A segment that clearly misses a goal, and how it stood when that began; ``id`` 0 is new."""

    segment: str
    standing: Standing
    began_at: datetime
    id: int = 0


class Alerts(Protocol):
    """Goals that are clearly missed."""

    def running(self) -> list[AlertRecord]:
        """Those that are not over, the oldest first."""
        ...

    def begin(self, alert: AlertRecord) -> bool:
        """Keep a new one; False if one of this segment's goal is there already."""
        ...

    def end(self, alert: int, now: datetime) -> bool:
        """It is over; False if somebody else has said so."""
        ...
