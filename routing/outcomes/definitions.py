"""The table of KPIs: what each is called, what it means and which way is better.

Pages, the command line, exports and the API read it, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from routing.outcomes.figures import Kpis, Score, Share, Times

Better = Literal["more", "less"]
"""Which way is better."""


class Unit(StrEnum):
    """What a KPI is: a share (0 to 1), a length of time (seconds) or an average of answers."""

    SHARE = "share"
    TIME = "time"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``key`` is its name in ``Kpis``; ``of`` says what its n counts."""

    key: str
    title: str
    unit: Unit
    definition: str
    of: str
    better: Better

    def share(self, kpis: Kpis) -> Share | None:
        """Its value for a group, if it is a share."""
        found = getattr(kpis, self.key)
        return found if isinstance(found, Share) else None

    def times(self, kpis: Kpis) -> Times | None:
        """Its value for a group, if it is a length of time."""
        found = getattr(kpis, self.key)
        return found if isinstance(found, Times) else None

    def score(self, kpis: Kpis) -> Score | None:
        """Its value for a group, if it is a score."""
        found = getattr(kpis, self.key)
        return found if isinstance(found, Score) else None


WAITING = "Tickets that still wait count as waiting (Kaplan–Meier)."


def _time(key: str, title: str, until: str) -> Kpi:
    definition = f"Median from opened to {until}. {WAITING}"
    return Kpi(key, title, Unit.TIME, definition, "tickets", "less")


KPIS: Mapping[str, Kpi] = {
    one.key: one
    for one in (
        Kpi("csat", "CSAT", Unit.SHARE, "Share of ratings of 4 and 5.", "ratings", "more"),
        Kpi(
            "nps",
            "NPS",
            Unit.SCORE,
            "Share of answers of 9 and 10 less that of 0 to 6, from −100 to 100.",
            "answers",
            "more",
        ),
        Kpi(
            "ces",
            "CES",
            Unit.SCORE,
            "Mean of how easy it was, from 1 (very hard) to 7 (very easy).",
            "answers",
            "more",
        ),
        Kpi(
            "answered",
            "Response rate",
            Unit.SHARE,
            "Share of the CSAT surveys sent that were answered.",
            "surveys",
            "more",
        ),
        _time("first_reply", "First reply", "the first public reply by a person"),
        _time("first_resolution", "First resolution", "the first solving"),
        _time("resolution", "Resolution", "the last solving"),
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
            "Share of solved tickets with one public reply, no reopening and no transfer, where "
            "replies were counted.",
            "tickets",
            "more",
        ),
    )
}
"""Every KPI by its key, in the order in which they are shown."""
