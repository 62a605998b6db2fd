"""What the page of value shows, and what programs are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.outcomes.figures import Share
from routing.worth.concentration import Brings
from routing.worth.definitions import Definition
from routing.worth.report import Amount, Worth, WorthReport


@dataclass(frozen=True, slots=True)
class Effort:
    """The tickets of a period that came with a segment.

    ``share`` is their part of all tickets; ``each`` how many there are for one of its customers.
    """

    tickets: int
    share: Share | None
    each: Amount | None


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """What a segment is worth, and what it takes; shares are of all customers and all revenue."""

    worth: Worth
    of_customers: float | None
    of_revenue: float | None
    effort: Effort


@dataclass(frozen=True, slots=True)
class ValueView:
    """What segments are worth. ``report`` is None before customers were counted.

    ``segments`` are those of the live playbook ``version``; ``groups`` are those of the report in
    its playbook's order, those in no segment last. ``days`` is the length of the tickets' period,
    ``elsewhere`` how many of its tickets came with a segment that the report does not know.
    ``best`` are the segments whose customers bring far more than their share.
    """

    now: datetime
    days: int
    version: int
    segments: tuple[str, ...]
    report: WorthReport | None
    total: ValueGroup | None
    groups: tuple[ValueGroup, ...]
    best: tuple[Brings, ...]
    elsewhere: int
    sample: bool

    @property
    def sells(self) -> bool:
        """Whether it is known of anybody what they bring."""
        return self.report is not None and self.report.total.revenue is not None


@dataclass(frozen=True, slots=True)
class ToldValue:
    """The same for programs. ``days`` is the length of the tickets' period up to now.

    Amounts are in the currency of the sources; shares are from 0 to 1. ``definitions`` say what
    each number means, by its key.
    """

    counted_at: datetime
    playbook: int
    revenue_field: str
    days: int
    total: ValueGroup
    segments: tuple[ValueGroup, ...]
    definitions: Mapping[str, Definition]
