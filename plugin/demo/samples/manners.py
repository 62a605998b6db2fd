"""How tickets of each group of customers go: how fast, how often twice, how happily."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from plugin.demo.samples.letters import write_comment
from plugin.demo.samples.people import Group


@dataclass(frozen=True, slots=True)
class Manner:
    """One group's tickets.

    ``first_reply`` is the median in working minutes, ``work`` the median from there to solved, in
    hours. ``mood`` is the mean rating where all goes as usual. ``answers``, ``reopens`` and
    ``moves`` are shares of tickets; ``writes`` is how often a customer writes, compared.
    ``always_open`` groups are served at night and at weekends too.
    """

    first_reply: float
    work: float
    mood: float
    answers: float
    reopens: float
    moves: float
    writes: float
    always_open: bool = False


MANNERS: Mapping[Group, Manner] = MappingProxyType(
    {
        Group.VIP: Manner(17, 3.2, 4.9, 0.40, 0.03, 0.03, 2.2, always_open=True),
        Group.ENTERPRISE: Manner(50, 6.5, 4.6, 0.36, 0.05, 0.07, 3.0, always_open=True),
        Group.REGULATED: Manner(120, 13.0, 4.35, 0.30, 0.06, 0.12, 1.9),
        Group.AT_RISK: Manner(90, 11.0, 4.25, 0.28, 0.13, 0.11, 1.7),
        Group.PRACTICE: Manner(70, 5.5, 4.65, 0.36, 0.05, 0.05, 2.4),
        Group.TRIAL: Manner(32, 4.0, 4.5, 0.26, 0.06, 0.08, 2.0),
        Group.DACH: Manner(105, 7.5, 4.55, 0.30, 0.06, 0.06, 1.0),
        Group.SOUTH: Manner(150, 10.0, 4.3, 0.28, 0.08, 0.08, 1.0),
        Group.OTHER: Manner(190, 13.0, 4.2, 0.24, 0.07, 0.09, 0.8),
    }
)
"""The usual way of each group."""

_COMMENTS = 0.35
_AT_RISK_FALL = 0.8


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer says about a solved ticket: 1 to 5, and perhaps a comment."""

    score: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How one ticket went. ``progress`` is its place in the time shown, 0 at the start, 1 now."""

    group: Group
    language: str
    first_reply_minutes: float
    transfers: int = 0
    reopens: int = 0
    progress: float = 1.0


def rate(rng: Random, course: Course) -> Rating | None:
    """The customer's rating, or None when they do not answer the survey."""
    manner = MANNERS[course.group]
    if rng.random() >= manner.answers:
        return None
    score = min(5, max(1, round(rng.gauss(_content(course), 0.85))))
    comment = write_comment(rng, course.language, score) if rng.random() < _COMMENTS else None
    return Rating(score, comment)


def _content(course: Course) -> float:
    """The rating to expect: waiting, being moved and having to come back all cost something."""
    manner = MANNERS[course.group]
    late = math.log(max(course.first_reply_minutes, 1.0) / manner.first_reply)
    fall = _AT_RISK_FALL * course.progress if course.group is Group.AT_RISK else 0.0
    return manner.mood - 0.2 * max(late, 0.0) - 0.5 * course.transfers - 0.7 * course.reopens - fall
