"""How far the medians of two groups of waits lie apart, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from routing.outcomes.figures import Times


@dataclass(frozen=True, slots=True)
class MediansApart:
    """The first median less the second one, in seconds, with its 95 % interval.

    An end is None where a median that it depends on is not bounded yet.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def turned(self) -> MediansApart:
        """The second median less the first one."""
        low, high = self.low, self.high
        return MediansApart(
            value=-self.value,
            low=None if high is None else -high,
            high=None if low is None else -low,
        )


def medians_apart(first: Times | None, second: Times | None) -> MediansApart | None:
    """How far two medians lie apart; None where one of them is not known yet.

    The interval is put together from those of the two medians, as Newcombe's of two shares is:
    Zou & Donner (2008), Stat. Med. 27, 1693-1702 (MOVER). It needs no density and no chance.
    """
    if first is None or second is None or first.median is None or second.median is None:
        return None
    apart = first.median - second.median
    return MediansApart(
        value=apart,
        low=_end(apart, -1, _below(first), _above(second)),
        high=_end(apart, 1, _above(first), _below(second)),
    )


def _end(apart: float, side: int, one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else apart + side * hypot(one, other)


def _below(times: Times) -> float | None:
    """How far the median's interval reaches below it."""
    return None if times.median is None or times.low is None else times.median - times.low


def _above(times: Times) -> float | None:
    """How far the median's interval reaches above it; None where it has no end."""
    return None if times.median is None or times.high is None else times.high - times.median
