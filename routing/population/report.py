"""The segments over all known customers at one moment: sizes, shares, overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SegmentSize:
    """One segment as it stood.

    ``customers`` belong to it; of ``primary`` it is the first; of ``unknown`` it cannot be told,
    since something it asks about is unknown. ``revenue`` is what its customers bring (sum of the
    field REVENUE), None where nobody's is known. ``missing`` says, for each field it asks about,
    of what share of all customers (0 to 1) that is unknown, and ``stale`` of what share of those
    who have it the value is no longer fresh.
    """

    name: str
    customers: int
    primary: int
    unknown: int
    revenue: float | None
    missing: Mapping[str, float] = field(default_factory=dict)
    stale: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many customers belong to both of two segments; ``first`` stands first in the playbook."""

    first: str
    second: str
    customers: int


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """All segments of one playbook version over all ``customers`` that were known.

    ``in_none`` belong to no segment at all. ``top_fifth`` is the share of revenue (0 to 1) that
    the fifth of customers with the most of it brings; None where no revenue is known.
    ``disputed`` says, by field, on what share of customers (0 to 1) two sources do not agree.
    """

    made_at: datetime
    playbook: int
    customers: int
    in_none: int
    revenue: float | None
    sizes: tuple[SegmentSize, ...]
    overlaps: tuple[Overlap, ...]
    top_fifth: float | None = None
    disputed: Mapping[str, float] = field(default_factory=dict)

    def size(self, name: str) -> SegmentSize | None:
        """The segment of this name, if the report knows it."""
        return next((one for one in self.sizes if one.name == name), None)

    def share_of_revenue(self, name: str) -> float | None:
        """The part (0 to 1) of all revenue that a segment brings; None where none is known."""
        size = self.size(name)
        if size is None or size.revenue is None or not self.revenue:
            return None
        return size.revenue / self.revenue
