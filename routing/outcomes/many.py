"""Many groups compared in many KPIs at once: what holds when all questions are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from operator import add

from routing.outcomes.comparison import Measure, Side, difference_in, discoveries
from routing.outcomes.figures import ENOUGH, Difference, lacking
from routing.outcomes.medians import MediansApart, medians_apart
from routing.outcomes.survival import times

UNCORRECTED = 0.05
"""The probability below which a single question would be said to show a difference."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One KPI of two groups; ``second`` is None where it is everyone else.

    ``medians`` is how far the medians of a time lie apart, None for shares and where one is not
    known yet. ``shown`` tells whether it holds once all questions are corrected together, with an
    interval without "the same" in it.
    """

    measure: Measure
    first: str
    second: str | None
    difference: Difference
    n: tuple[int, int]
    medians: MediansApart | None = None
    shown: bool = False

    @property
    def apart(self) -> bool:
        """Whether "the same" lies outside the interval, as if nothing else had been asked."""
        same = 1.0 if self.measure.is_time else 0.0
        return not self.difference.low <= same <= self.difference.high

    def told_of(self, name: str) -> Answer:
        """The same with this one of the two groups as the first."""
        if name != self.second:
            return self
        found, apart = self.difference, self.medians
        value, low, high = found.value, found.high, found.low
        turned = (1 / value, 1 / low, 1 / high) if self.measure.is_time else (-value, -low, -high)
        return replace(
            self,
            first=self.second,
            second=self.first,
            difference=Difference(*turned, found.p),
            n=self.n[::-1],
            medians=None if apart is None else apart.turned,
        )


@dataclass(frozen=True, slots=True)
class Lack:
    """A group with too few observations of a KPI to be compared: ``n`` of ENOUGH."""

    name: str
    measure: Measure
    n: int

    @property
    def lacks(self) -> int:
        """How many more it takes."""
        return lacking(self.n)


@dataclass(frozen=True, slots=True)
class Answers:
    """Every comparison that was made, in the order of groups and KPIs, and who had too few."""

    made: tuple[Answer, ...]
    lacking: tuple[Lack, ...]

    @property
    def shown(self) -> tuple[Answer, ...]:
        """Those that hold."""
        return tuple(one for one in self.made if one.shown)

    @property
    def without_correction(self) -> int:
        """How many would have been shown if each had been the only one."""
        return sum(one.difference.p <= UNCORRECTED for one in self.made)


def all_pairs(sides: Mapping[str, Side]) -> Answers:
    """Every two groups, in every KPI that both measure."""
    pairs = combinations(sides.items(), 2)
    asked = ((first, one, second, other) for (first, one), (second, other) in pairs)
    return _answers(sides, asked)


def each_against_the_rest(sides: Mapping[str, Side]) -> Answers:
    """Every group beside all others together, in every KPI that all of them measure."""
    asked = (
        (name, one, None, reduce(add, (side for other, side in sides.items() if other != name)))
        for name, one in sides.items()
        if len(sides) > 1
    )
    return _answers(sides, asked)


def _answers(
    sides: Mapping[str, Side], asked: Iterable[tuple[str, Side, str | None, Side]]
) -> Answers:
    made = [
        Answer(measure, first, second, found, n, _medians(measure, one, other))
        for first, one, second, other in asked
        for measure in Measure
        if min(n := (one.n(measure), other.n(measure))) >= ENOUGH
        and (found := difference_in(measure, one, other)) is not None
    ]
    holds = discoveries([one.difference.p for one in made])
    return Answers(
        made=tuple(
            replace(one, shown=kept and one.apart) for one, kept in zip(made, holds, strict=True)
        ),
        lacking=tuple(
            Lack(name, measure, side.n(measure))
            for name, side in sides.items()
            for measure in (*side.shares, *side.waits, *side.scores)
            if side.n(measure) < ENOUGH
        ),
    )


def _medians(measure: Measure, one: Side, other: Side) -> MediansApart | None:
    if not measure.is_time:
        return None
    return medians_apart(times(one.waits[measure]), times(other.waits[measure]))


def in_words(answer: Answer, duration: Callable[[float], str]) -> str:
    """An answer as a sentence without its full stop; ``duration`` says a number of seconds.

    Times are told by their medians where those show the same, else by how many times as fast.
    """
    return " ".join(in_parts(answer, duration))


def in_parts(answer: Answer, duration: Callable[[float], str]) -> tuple[str, str]:
    """The same in two parts: what is said of the first group, and the rest."""
    second = "everyone else" if answer.second is None else answer.second
    if not answer.shown:
        return f"{answer.first} and {second}:", "no difference shown"
    found = answer.difference
    if not answer.measure.is_time:
        which = "higher" if found.value > 0 else "lower"
        by, low, high = _positive(found.value, found.low, found.high)
        far = _far(answer.measure, by, low, high)
        return f"{answer.first} is {which}", f"than {second} by {far}"
    which = "faster" if found.value > 1 else "slower"
    apart = answer.medians
    if apart is not None and apart.low is not None and apart.high is not None:
        value, low, high = _positive(-apart.value, -apart.high, -apart.low)
        if low > 0 and (apart.value < 0) is (found.value > 1):
            span = f"{duration(low)} to {duration(high)}"
            return f"{answer.first} is {duration(value)} {which}", f"than {second} ({span})"
    return f"{answer.first} is {found.value:.2f} times as fast", f"as {second} {_span(found)}"


def how_far(answer: Answer) -> str:
    """How far apart the two are, with the sign of the first: ``−0.6 points (−1.3 to 0.1)``."""
    found = answer.difference
    if answer.measure.is_time:
        return f"{found.value:.2f} times as fast {_span(found)}"
    return _far(answer.measure, found.value, found.low, found.high).replace("-", "−")


def _span(found: Difference) -> str:
    return f"({found.low:.2f} to {found.high:.2f})"


def _far(measure: Measure, value: float, low: float, high: float) -> str:
    if measure is Measure.CES:
        return f"{value:.1f} ({low:.1f} to {high:.1f})"
    part = 1 if measure.is_score else 100
    return f"{part * value:.1f} points ({part * low:.1f} to {part * high:.1f})"


def _positive(value: float, low: float, high: float) -> tuple[float, float, float]:
    """The same without the sign, which a word says."""
    return (value, low, high) if value >= 0 else (-value, -high, -low)
