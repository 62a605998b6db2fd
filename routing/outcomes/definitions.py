"""The table of KPIs: what each is called, what it means and which way is better.

Pages, the command line, exports and the API read it, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from routing.outcomes.figures import Kpis, Share, Times


class Unit(StrEnum):
    """What a KPI is: a share (0 to 1) or a length of time (seconds)."""

    SHARE = "share"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``key`` is its name in ``Kpis``; ``of`` says what its n counts."""

    key: str
    title: str
    unit: Unit
    definition: str
    of: str
    better: Literal["more", "less"]

    def share(self, kpis: Kpis) -> Share | None:
        """Its value for a group, if it is a share."""
        found = getattr(kpis, self.key)
        return found if isinstance(found, Share) else None

    def times(self, kpis: Kpis) -> Times | None:
        """Its value for a group, if it is a length of time."""
        found = getattr(kpis, self.key)
        return found if isinstance(found, Times) else None


_WAITING = "Tickets that still wait count as waiting (Kaplan–Meier)."

KPIS: Mapping[str, Kpi] = {
    one.key: one
    for one in (
        Kpi("csat", "CSAT", Unit.SHARE, "Share of ratings of 4 and 5.", "ratings", "more"),
        Kpi(
            "answered",
            "Response rate",
            Unit.SHARE,
            "Share of the surveys sent that were answered.",
            "surveys",
            "more",
        ),
        Kpi(
            "first_reply",
            "First reply",
            Unit.TIME,
            f"Median from opened to the first public reply by a person. {_WAITING}",
            "tickets",
            "less",
        ),
        Kpi(
            "first_resolution",
            "First resolution",
            Unit.TIME,
            f"Median from opened to the first solving. {_WAITING}",
            "tickets",
            "less",
        ),
        Kpi(
            "resolution",
            "Resolution",
            Unit.TIME,
            f"Median from opened to the last solving. {_WAITING}",
            "tickets",
            "less",
        ),
        Kpi(
            "promised",
            "SLA met",
            Unit.SHARE,
            "Share of tickets that got what a rule promised them, of those where that is decided.",
            "tickets",
            "more",
        ),
        Kpi(
            "transferred",
            "Transferred",
            Unit.SHARE,
            "Share of tickets that a person moved away from the queue we chose.",
            "tickets",
            "less",
        ),
        Kpi(
            "reopened",
            "Reopened",
            Unit.SHARE,
            "Share of solved tickets that were opened again.",
            "tickets",
            "less",
        ),
        Kpi(
            "one_touch",
            "One touch",
            Unit.SHARE,
            "Share of solved tickets with one public reply, no reopening and no transfer.",
            "tickets",
            "more",
        ),
    )
}
"""Every KPI by its key, in the order in which they are shown."""
