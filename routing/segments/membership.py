"""Who belongs to which segments, and why."""

from __future__ import annotations

from dataclasses import dataclass

from routing.conditions.evaluate import Seen, View, judge
from routing.segments.segment import Segment


@dataclass(frozen=True, slots=True)
class Membership:
    """One segment a customer belongs to, with the tests that put them there."""

    segment: str
    because: tuple[Seen, ...]


def explain_membership(segment: Segment, view: View) -> Membership:
    """Why this customer, who is known to belong to the segment, does."""
    _, seen = judge(segment.when, view)
    return Membership(segment.name, seen)
