"""Which segments bring the revenue, and how unevenly it is spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brings:
    """One segment: its customers, its revenue, and both as shares (0 to 1) of all.

    ``so_far`` is the share of revenue that it and all that bring more bring together.
    """

    name: str | None
    customers: int
    revenue: float
    of_customers: float
    of_revenue: float
    so_far: float


@dataclass(frozen=True, slots=True)
class Concentration:
    """The segments in the order of what they bring, who brings most first."""

    segments: tuple[Brings, ...]

    def bringing(self, share: float = 0.8) -> tuple[Brings, ...]:
        """The fewest segments that together bring a share (0 to 1) of the revenue."""
        before = [0.0, *(one.so_far for one in self.segments)]
        return tuple(
            one for one, told in zip(self.segments, before, strict=False) if told < share - _NOISE
        )


_NOISE = 1e-12


def concentration(segments: Mapping[str | None, tuple[int, float]]) -> Concentration | None:
    """Which segments bring how much, from the customers and the revenue of each.

    None where nobody brings anything. Revenue below zero, as refunds leave it, counts as zero, as
    it does in ``routing.worth.value.top_share``.
    """
    brought = {name: max(0.0, revenue) for name, (_, revenue) in segments.items()}
    total = sum(brought.values())
    customers = sum(count for count, _ in segments.values())
    if total <= 0.0:
        return None
    found: list[Brings] = []
    so_far = 0.0
    for name in sorted(brought, key=lambda name: (-brought[name], name is None, name or "")):
        so_far += brought[name]
        count = segments[name][0]
        found.append(
            Brings(
                name=name,
                customers=count,
                revenue=brought[name],
                of_customers=count / customers if customers else 0.0,
                of_revenue=brought[name] / total,
                so_far=min(1.0, so_far / total),
            )
        )
    return Concentration(tuple(found))
