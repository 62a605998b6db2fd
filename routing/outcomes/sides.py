"""Counted tickets as the sides of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from routing.outcomes.columns import Flag
from routing.outcomes.comparison import Measure, Side
from routing.outcomes.dimensions import Kind
from routing.outcomes.result import SATISFIED
from routing.outcomes.tallies import Tally

COMPARED: Mapping[str, Measure] = {
    "csat": Measure.CSAT,
    "answered": Measure.ANSWERED,
    "first_reply": Measure.FIRST_REPLY,
    "first_resolution": Measure.FIRST_RESOLUTION,
    "resolution": Measure.RESOLUTION,
    "promised": Measure.PROMISED,
    "transferred": Measure.TRANSFERRED,
    "reopened": Measure.REOPENED,
    "one_touch": Measure.ONE_TOUCH,
    "nps": Measure.NPS,
    "ces": Measure.CES,
}
"""How each KPI, by its key, is called where groups are compared."""


_SCORES = {Measure.NPS: "nps", Measure.CES: "ces"}
_WAITS = {
    Measure.FIRST_REPLY: Kind.FIRST_REPLY,
    Measure.FIRST_RESOLUTION: Kind.FIRST_RESOLUTION,
    Measure.RESOLUTION: Kind.RESOLUTION,
}


def side_of(tally: Tally, keys: Collection[str] = COMPARED.keys()) -> Side:
    """One group of tickets, ready to be compared with another in the KPIs with these keys."""
    wanted = {COMPARED[key] for key in keys}
    return Side(
        shares={one: counts for one, counts in _shares(tally).items() if one in wanted},
        waits={one: tally.waits(kind) for one, kind in _WAITS.items() if one in wanted},
        scores={one: tally.ratings[name] for one, name in _SCORES.items() if one in wanted},
    )


def counts_of(key: str, tally: Tally) -> tuple[int, int]:
    """Hits, and of how many, of the share with this key."""
    return _shares(tally)[COMPARED[key]]


def _shares(tally: Tally) -> Mapping[Measure, tuple[int, int]]:
    scores = tally.ratings["score"]

    def of(flag: Flag) -> int:
        return tally.counts[flag.name or ""]

    return {
        Measure.CSAT: (
            sum(n for score, n in scores.items() if score >= SATISFIED),
            sum(scores.values()),
        ),
        Measure.ANSWERED: (of(Flag.ANSWERED), of(Flag.SURVEYED)),
        Measure.PROMISED: (of(Flag.KEPT), of(Flag.KEPT) + of(Flag.BROKEN)),
        Measure.TRANSFERRED: (of(Flag.TRANSFERRED), tally.counts["tickets"]),
        Measure.REOPENED: (of(Flag.REOPENED), of(Flag.SOLVED_ONCE)),
        Measure.ONE_TOUCH: (of(Flag.ONE_TOUCH), of(Flag.TOUCHES_KNOWN)),
    }
