"""Why an average changed between two periods: other groups, or the same groups otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from routing.outcomes.figures import GroupShift, Part, Shift
from routing.outcomes.statistics import Z


@dataclass(frozen=True, slots=True)
class Cell:
    """One group in one period: ``n`` observations, their mean, and their variance around it."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of_share(cls, hits: int, n: int) -> Cell:
        """A share, as the mean of noughts and ones.

        Its variance is the one of the share with a hit and a miss added (Agresti & Caffo 2000, Am.
        Stat. 54, 280-288): that all were hits does not mean that all will be.
        """
        near = (hits + 1) / (n + 2)
        return cls(n, hits / n if n else 0.0, near * (1 - near))

    @classmethod
    def of_sums(cls, n: int, total: float, squares: float) -> Cell:
        """The mean of ``n`` values, from their sum and the sum of their squares."""
        if n < 2:
            return cls(n, total if n else 0.0, 0.0)
        return cls(n, total / n, max(0.0, (squares - total**2 / n) / (n - 1)))


_NOTHING = Cell(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One group in both periods: its weights, means, and the variance of each mean.

    In a period in which the group did not exist it has the mean of the other period, so that its
    coming or going is all mix: nothing inside it can have changed.
    """

    name: str | None
    weights: tuple[float, float]
    means: tuple[float, float]
    variances: tuple[float, float]
    both: bool

    @property
    def moved(self) -> float:
        """How much more of everything the group is."""
        return self.weights[1] - self.weights[0]

    @property
    def changed(self) -> float:
        """How much higher its mean is."""
        return self.means[1] - self.means[0]

    @property
    def weight(self) -> float:
        """Its weight, the middle of both periods."""
        return sum(self.weights) / 2

    @property
    def mean(self) -> float:
        """Its mean, the middle of both periods."""
        return sum(self.means) / 2


def shift(before: Mapping[str | None, Cell], after: Mapping[str | None, Cell]) -> Shift | None:
    """What of a change between two periods is mix, and what happened within the groups.

    Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194, with the middle of both periods as the
    standard, so that nothing is left over. The intervals are by the delta method: the weights of a
    period are multinomial, the means independent of them. None where a period has no observations.
    """
    totals = (sum(one.n for one in before.values()), sum(one.n for one in after.values()))
    if not all(totals):
        return None
    pairs = [
        _pair(name, before.get(name, _NOTHING), after.get(name, _NOTHING), totals)
        for name in dict.fromkeys((*after, *before))
    ]
    level = sum(one.weight * one.mean for one in pairs)
    groups = [
        GroupShift(one.name, one.moved * (one.mean - level), one.weight * one.changed)
        for one in pairs
    ]
    mix, within = sum(one.mix for one in groups), sum(one.within for one in groups)
    by_mix = _variance(pairs, totals, [one.mean for one in pairs], [_moved(one) for one in pairs])
    by_within = _variance(
        pairs,
        totals,
        [one.changed / 2 for one in pairs],
        [(one.weight, one.weight) if one.both else (0.0, 0.0) for one in pairs],
    )
    return Shift(
        change=_part(mix + within, _variance_of_change(pairs, totals)),
        mix=_part(mix, by_mix),
        within=_part(within, by_within),
        groups=tuple(sorted(groups, key=lambda one: -abs(one.mix + one.within))),
        before=totals[0],
        after=totals[1],
    )


def _pair(name: str | None, before: Cell, after: Cell, totals: tuple[int, int]) -> _Pair:
    return _Pair(
        name=name,
        weights=(before.n / totals[0], after.n / totals[1]),
        means=((before if before.n else after).mean, (after if after.n else before).mean),
        variances=(_of_mean(before), _of_mean(after)),
        both=bool(before.n and after.n),
    )


def _of_mean(cell: Cell) -> float:
    return cell.variance / cell.n if cell.n else 0.0


def _moved(one: _Pair) -> tuple[float, float]:
    """How much the mix changes with the mean of each period."""
    if one.both:
        return one.moved / 2, one.moved / 2
    # The one mean that is known stands for both.
    return one.moved, one.moved


def _variance(
    pairs: list[_Pair],
    totals: tuple[int, int],
    by_weight: list[float],
    by_mean: list[tuple[float, float]],
) -> float:
    """Of a sum that changes so much with each group's weight, and with its mean in each period."""
    found = 0.0
    for period, total in enumerate(totals):
        weights = [one.weights[period] for one in pairs]
        mean = sum(w * by for w, by in zip(weights, by_weight, strict=True))
        square = sum(w * by**2 for w, by in zip(weights, by_weight, strict=True))
        found += (square - mean**2) / total
        found += sum(
            by[period] ** 2 * one.variances[period] for one, by in zip(pairs, by_mean, strict=True)
        )
    return max(0.0, found)


def _variance_of_change(pairs: list[_Pair], totals: tuple[int, int]) -> float:
    found = 0.0
    for period, total in enumerate(totals):
        mean = sum(one.weights[period] * one.means[period] for one in pairs)
        for one in pairs:
            weight = one.weights[period]
            found += weight * (one.means[period] - mean) ** 2 / total
            found += weight**2 * one.variances[period]
    return found


def _part(value: float, variance: float) -> Part:
    half = Z * sqrt(variance)
    return Part(value, value - half, value + half)
