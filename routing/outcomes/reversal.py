"""Simpson's reversal: all tickets together say one thing, and every group of them the other.

Chat may have the lower CSAT of all, and yet the higher one in each segment, if it is the segments
that are hard to please which write by chat. E. H. Simpson (1951), J. R. Stat. Soc. B 13, 238-241.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from routing.outcomes.comparison import discoveries, share_difference
from routing.outcomes.figures import ENOUGH, Difference

Counted = tuple[int, int]
"""Hits, and of how many."""


@dataclass(frozen=True, slots=True)
class InGroup:
    """The difference inside one group, of so many observations in the two categories."""

    name: str | None
    difference: Difference
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """Two categories whose ``total`` difference points one way, and each group the other.

    ``groups`` are those with enough observations of both. Differences are the share of ``first``
    less that of ``second``. Groups with too few are in the total only; they are ``left_out``.
    """

    first: str
    second: str
    total: Difference
    groups: tuple[InGroup, ...]
    left_out: tuple[str | None, ...]


def reversals(counts: Mapping[str, Mapping[str | None, Counted]]) -> tuple[Reversal, ...]:
    """All pairs of categories that are reversed, from the counts of each category by group.

    It takes two groups or more in which both have ENOUGH, all of them pointing the other way than
    the total, and one of them at least clearly: as a difference that is shown once the groups of
    all pairs that point so are corrected together.
    """
    turned = [
        one for first, second in combinations(counts, 2) for one in _turned(first, second, counts)
    ]
    shown = iter(discoveries([group.difference.p for one in turned for group in one.groups]))
    verdicts = [[next(shown) for _ in one.groups] for one in turned]
    return tuple(one for one, clear in zip(turned, verdicts, strict=True) if any(clear))


def _turned(
    first: str, second: str, counts: Mapping[str, Mapping[str | None, Counted]]
) -> Iterator[Reversal]:
    one, other = counts[first], counts[second]
    if not _may_be_turned(one, other):
        return
    total = share_difference(*_sum(one), *_sum(other))
    if total is None or total.value == 0:
        return
    groups: list[InGroup] = []
    left_out: list[str | None] = []
    for name in dict.fromkeys((*one, *other)):
        here, there = one.get(name, (0, 0)), other.get(name, (0, 0))
        apart = share_difference(*here, *there)
        if apart is None or min(here[1], there[1]) < ENOUGH:
            left_out.append(name)
        else:
            groups.append(InGroup(name, apart, here[1], there[1]))
    if len(groups) > 1 and all(group.difference.value * total.value < 0 for group in groups):
        yield Reversal(first, second, total, tuple(groups), tuple(left_out))


def _may_be_turned(one: Mapping[str | None, Counted], other: Mapping[str | None, Counted]) -> bool:
    """Whether the shares alone point that way: testing, which takes long, is for those that do."""
    total = _apart(_sum(one), _sum(other))
    both = [(one[name], other[name]) for name in one if name in other]
    large = [pair for pair in both if min(n for _, n in pair) >= ENOUGH]
    return len(large) > 1 and all(_apart(*pair) * total < 0 for pair in large)


def _apart(one: Counted, other: Counted) -> float:
    return one[0] / one[1] - other[0] / other[1] if one[1] and other[1] else 0.0


def _sum(counts: Mapping[str | None, Counted]) -> Counted:
    return sum(hits for hits, _ in counts.values()), sum(n for _, n in counts.values())
