"""One ticket as the KPIs see it."""

from __future__ import annotations

from dataclasses import dataclass

from routing.outcomes.outcome import Outcome

SATISFIED = 4
"""A rating from here to 5 counts as satisfied."""


@dataclass(frozen=True, slots=True)
class Result:
    """One ticket as the KPIs see it: what became of it, and what the customer said.

    ``surveyed`` tells whether we asked for a rating; ``score`` is 1 to 5, and may be there
    without it, where a rating was imported.
    """

    outcome: Outcome
    surveyed: bool = False
    score: int | None = None
