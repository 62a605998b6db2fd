"""Whether a canary does harm: its tickets beside those that it only watched.

It is looked at again and again, and each look is a chance to be wrong. So the bound is one that
holds at all looks together: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", 2024,
Ann. Stat. 52, 2613-2640, one-sided form of theorem 2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt

from routing.outcomes.figures import ENOUGH
from routing.outcomes.result import SATISFIED, Result
from routing.rules.rule import Guard

CHANCE = 0.05
"""The probability that a canary which changes nothing is ever stopped, over all its guards."""

_TIGHTEST_AT = 100
"""Tickets at which the bound is tightest."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Tickets of one kind: of ``n`` that can be judged, ``bad`` came out badly."""

    n: int
    bad: int

    @property
    def share(self) -> float:
        """The share that came out badly, from 0 to 1; 0 of none."""
        return self.bad / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One guard of a canary: with the rule, and without it.

    ``harm`` is by how much more comes out badly with it (-1 to 1), and ``sure`` how much of that
    is beyond doubt; None while either has too few tickets. It is to be stopped where that is
    more than 0.
    """

    guard: Guard
    acted: Arm
    watched: Arm
    harm: float | None
    sure: float | None

    @property
    def stop(self) -> bool:
        """Whether the canary is to be stopped."""
        return self.sure is not None and self.sure > 0

    def __str__(self) -> str:
        """The guard in words, with its numbers."""
        told = f"{_SAYS[self.guard]} {self._share(self.acted)} with it (n = {self.acted.n:,}), "
        told += f"{self._share(self.watched)} without (n = {self.watched.n:,})"
        if self.harm is None:
            lacks = max(ENOUGH - self.acted.n, ENOUGH - self.watched.n)
            return f"{told}: too few to tell, {lacks} more needed"
        return f"{told}: {'worse' if self.stop else 'no harm shown'}"

    def _share(self, arm: Arm) -> str:
        if not arm.n:
            return "unknown"
        share = 1 - arm.share if self.guard is Guard.CSAT else arm.share
        return f"{100 * share:.1f} %"


_SAYS = {Guard.CSAT: "CSAT", Guard.TRANSFERS: "Moved on", Guard.REOPENS: "Reopened"}

_JUDGED: dict[Guard, tuple[Callable[[Result], bool], Callable[[Result], bool]]] = {
    Guard.CSAT: (lambda one: one.score is not None, lambda one: (one.score or 0) < SATISFIED),
    Guard.TRANSFERS: (lambda _: True, lambda one: one.outcome.transfers > 0),
    Guard.REOPENS: (
        lambda one: one.outcome.first_solved_at is not None,
        lambda one: one.outcome.reopens > 0,
    ),
}
"""For each guard which tickets can be judged, and which of those came out badly."""


def watch(
    guards: Sequence[Guard], acted: Iterable[Result], watched: Iterable[Result]
) -> tuple[Watched, ...]:
    """Each guard of a canary, over tickets on which it acted and those that it only watched."""
    with_it, without = list(acted), list(watched)
    return tuple(
        _watched(guard, _arm(guard, with_it), _arm(guard, without), CHANCE / len(guards))
        for guard in guards
    )


def _arm(guard: Guard, results: Iterable[Result]) -> Arm:
    judged, is_bad = _JUDGED[guard]
    known = [one for one in results if judged(one)]
    return Arm(len(known), sum(map(is_bad, known)))


def _watched(guard: Guard, acted: Arm, watched: Arm, chance: float) -> Watched:
    if min(acted.n, watched.n) < ENOUGH:
        return Watched(guard, acted, watched, None, None)
    harm = acted.share - watched.share
    return Watched(guard, acted, watched, harm, harm - doubt(acted, watched, chance))


def doubt(acted: Arm, watched: Arm, chance: float) -> float:
    """How far the measured difference of two shares may lie above the true one, at any look.

    ``chance`` is the probability that it ever does. The two arms count as one sample of
    differences, as many as their harmonic size has.
    """
    size = acted.n * watched.n / (acted.n + watched.n)
    spread = sqrt(size * (_variance(acted) / acted.n + _variance(watched) / watched.n))
    small = -2 * log(2 * chance)
    mix = (small + log(small + 1)) / _TIGHTEST_AT
    grown = size * mix
    return spread * sqrt(
        2 * (grown + 1) / (size**2 * mix) * log(1 + sqrt(grown + 1) / (2 * chance))
    )


def _variance(arm: Arm) -> float:
    """Of one ticket's coming out badly; a share of 0 leaves some doubt (Agresti and Caffo 2000)."""
    share = (arm.bad + 1) / (arm.n + 2)
    return share * (1 - share)
