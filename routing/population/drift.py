"""How far the membership of segments has moved between two reports."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

from routing.population.report import SegmentReport

WATCH, MOVED = 0.1, 0.25
"""Below the first a distribution counts as calm, above the second as another one."""


def psi(before: Sequence[int], after: Sequence[int]) -> float:
    """The population stability index between two distributions over the same classes.

    The sum of (q - p) ln(q / p) over the classes' shares (Siddiqi 2006, Credit Risk Scorecards,
    where the limits come from too). An empty class counts as half a member, since the logarithm
    of 0 has no value. It is 0 where either side has nobody.
    """
    if not sum(before) or not sum(after):
        return 0.0
    was, now = _shares(before), _shares(after)
    return sum((q - p) * log(q / p) for p, q in zip(was, now, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    filled = [count or 0.5 for count in counts]
    return [count / sum(filled) for count in filled]


def membership_psi(segment: str, before: SegmentReport, after: SegmentReport) -> float | None:
    """The index of being in the segment or not; None where a report does not know the segment."""
    was, now = before.size(segment), after.size(segment)
    if was is None or now is None:
        return None
    return psi(
        [was.customers, before.customers - was.customers],
        [now.customers, after.customers - now.customers],
    )


def churn_per_week(segment: str, reports: Sequence[SegmentReport]) -> float | None:
    """What share of a segment (0 to 1) its size changes by in a week, going up and down.

    ``reports`` are oldest first. Those who join and those who leave between two reports cancel
    each other out, so at least this many do. None below two weeks, or without customers.
    """
    known = [(one.made_at, size.customers) for one in reports if (size := one.size(segment))]
    if len(known) < 2:
        return None
    weeks = (known[-1][0] - known[0][0]).total_seconds() / (7 * 86_400)
    usual = sum(customers for _, customers in known) / len(known)
    if weeks < 2 or not usual:
        return None
    sizes = [customers for _, customers in known]
    moved = sum(abs(after - before) for before, after in pairwise(sizes))
    return moved / usual / weeks
