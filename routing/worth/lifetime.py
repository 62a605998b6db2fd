"""How much a customer will still buy: the BG/NBD model of purchases, the Gamma-Gamma of money.

A history is told by three numbers, all in one unit of time, here weeks: the *repeat* purchases
(all but the first), the time from the first purchase to the last one, and the time from the first
purchase to now. Arrays stand for customers, one place each. Needs scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from routing.errors import RoutingError

Floats = NDArray[np.float64]

MOST_FITTED = 50_000
"""Customers a model is fitted to at most; their likelihood is asked for some hundred times."""

LEAST_FITTED = 100
"""Customers who came back that a fit needs; with fewer its parameters mean nothing."""

_NEAR_ONE = 1e-6


class NotFitted(RoutingError):
    """Histories that no model can be fitted to, said so that a person knows what is missing."""

    code = "not-fitted"


@dataclass(frozen=True, slots=True)
class Histories:
    """What customers have bought.

    ``repeats`` purchases after the first, the last of them ``last`` weeks after the first (0
    without repeats), the first ``age`` weeks ago.
    """

    repeats: Floats
    last: Floats
    age: Floats

    def __post_init__(self) -> None:
        if not len(self.repeats) == len(self.last) == len(self.age):
            raise ValueError("repeats, last and age must be of one length")

    def __len__(self) -> int:
        return len(self.repeats)

    def possible(self) -> NDArray[np.bool_]:
        """Which histories make sense: nothing unknown or negative, nothing after now."""
        with np.errstate(invalid="ignore"):
            return (self.repeats >= 0) & (self.last >= 0) & (self.age >= self.last)


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The Beta-Geometric / NBD model with its four parameters; ``alpha`` is in weeks.

    While a customer is active they buy at a rate that differs from customer to customer by a
    gamma distribution (r, alpha); after each purchase they leave for good with a probability that
    differs by a beta distribution (a, b). P. S. Fader, B. G. S. Hardie and K. L. Lee, "“Counting
    Your Customers” the Easy Way: An Alternative to the Pareto/NBD Model", Marketing Science 24(2),
    2005.
    """

    r: float
    alpha: float
    a: float
    b: float

    def expected_purchases(self, of: Histories, weeks: float) -> Floats:
        """How many purchases each customer is expected to make in the next ``weeks`` weeks.

        Equation 10 of the paper. Its hypergeometric function is put through Euler's
        transformation, or it would overflow for customers with hundreds of purchases.
        """
        # At a = 1 the formula is 0 / 0, while its limit is what one gets right beside it.
        a = self.a if abs(self.a - 1.0) > _NEAR_ONE else 1.0 + _NEAR_ONE
        b, r, x = self.b, self.r, of.repeats
        past = self.alpha + of.age
        z = weeks / (past + weeks)
        series = hyp2f1(a + b - 1.0 - r, a - 1.0, a + b + x - 1.0, z)
        bought = (a + b + x - 1.0) / (a - 1.0) * (1.0 - (1.0 - z) ** (a - 1.0) * series)
        return np.asarray(np.maximum(bought * self.probability_active(of), 0.0))

    def probability_active(self, of: Histories) -> Floats:
        """The probability (0 to 1) that each customer has not left for good.

        Equation in P. S. Fader and B. G. S. Hardie, "Computing P(alive) Using the BG/NBD Model",
        2008. Who has never come back has had no purchase to leave after, and counts as active.
        """
        x = of.repeats
        with np.errstate(divide="ignore"):
            odds = np.log(self.a / (self.b + x - 1.0)) + (self.r + x) * np.log(
                (self.alpha + of.age) / (self.alpha + of.last)
            )
        left = np.where(x > 0, np.exp(np.minimum(odds, 700.0)), 0.0)
        return np.asarray(1.0 / (1.0 + left))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The Gamma-Gamma model of what a purchase is worth; ``gamma`` is in the currency.

    What a customer spends varies from purchase to purchase by a gamma distribution, whose mean
    differs from customer to customer. P. S. Fader and B. G. S. Hardie, "The Gamma-Gamma Model of
    Monetary Value", 2013.
    """

    p: float
    q: float
    gamma: float

    def expected_average(self, purchases: Floats, average: Floats) -> Floats:
        """What each customer's purchases are worth on average in the long run.

        Equation 5 of the note: the average they have shown in ``purchases`` purchases, drawn
        towards the average of all the more, the fewer there are.
        """
        shown = np.where(purchases > 0, average, 0.0) * purchases
        return np.asarray(self.p * (self.gamma + shown) / (self.p * purchases + self.q - 1.0))


def fit_bg_nbd(histories: Histories, seed: int = 1) -> BgNbd:
    """The parameters under which these histories are likeliest (equation 6 of the paper).

    A random part of them, drawn by ``seed``, is used where there are more than MOST_FITTED.
    Raises NotFitted.
    """
    unique, weights = _grouped(histories, seed)
    came_back = float(weights[unique.repeats > 0].sum())
    if came_back < LEAST_FITTED:
        raise NotFitted(
            f"{came_back:,.0f} customers have bought more than once; "
            f"{LEAST_FITTED} are needed to work out expected purchases."
        )
    # In this unit all parameters are near 1, which the search for the maximum likes best.
    unit = float(unique.age.max())
    scaled = Histories(unique.repeats, unique.last / unit, unique.age / unit)

    def unlikely(logs: Floats) -> float:
        return -float((weights * _log_likelihood(BgNbd(*np.exp(logs)), scaled)).sum())

    r, alpha, a, b = _likeliest(unlikely, np.log([1.0, 0.1, 1.0, 1.0]), float(weights.sum()))
    return BgNbd(r, alpha * unit, a, b)


def fit_gamma_gamma(purchases: Floats, average: Floats, seed: int = 1) -> GammaGamma:
    """The parameters under which these average values are likeliest (equation 1a of the note).

    Who has bought nothing, or for nothing, is left out. Raises NotFitted.
    """
    with np.errstate(invalid="ignore"):
        usable = (purchases > 0) & (average > 0)
    if int(usable.sum()) < LEAST_FITTED:
        raise NotFitted(
            f"The value of purchases is known of {int(usable.sum()):,} customers; "
            f"{LEAST_FITTED} are needed to work out what one is worth."
        )
    chosen = _sample(np.flatnonzero(usable), seed)
    x = purchases[chosen]
    unit = float(average[chosen].mean())
    z = average[chosen] / unit

    def unlikely(logs: Floats) -> float:
        p, q, gamma = np.exp(logs)
        each = (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(gamma)
            + (p * x - 1.0) * np.log(z)
            + p * x * np.log(x)
            - (p * x + q) * np.log(gamma + x * z)
        )
        return -float(each.sum())

    p, q, gamma = _likeliest(unlikely, np.log([2.0, 2.0, 1.0]), float(len(x)))
    if q <= 1.0:
        raise NotFitted(
            "What purchases are worth differs too much for an average to mean anything."
        )
    return GammaGamma(p, q, gamma * unit)


def _log_likelihood(model: BgNbd, of: Histories) -> Floats:
    """The logarithm of equation 6 for each history.

    In the form ln A1 + ln A2 + ln(A3 + A4) of the authors' note "Implementing the BG/NBD Model for
    Customer Base Analysis in Excel", 2005.
    """
    r, alpha, a, b, x = model.r, model.alpha, model.a, model.b, of.repeats
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    staying = betaln(a, b + x) - betaln(a, b)
    still_here = -(r + x) * np.log(alpha + of.age)
    # Without repeats there is no A4, and b + x - 1 may be negative.
    leaving = np.log(a / np.where(x > 0, b + x - 1.0, 1.0)) - (r + x) * np.log(alpha + of.last)
    left = np.where(x > 0, leaving, -np.inf)
    return np.asarray(buying + staying + np.logaddexp(still_here, left))


def _grouped(histories: Histories, seed: int) -> tuple[Histories, Floats]:
    """Equal histories once, with how many there are of each: a million customers share few."""
    chosen = _sample(np.flatnonzero(histories.possible()), seed)
    if not len(chosen):
        raise NotFitted("No customer has a history of purchases.")
    rows = np.column_stack(
        (histories.repeats[chosen], histories.last[chosen], histories.age[chosen])
    )
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    return Histories(unique[:, 0], unique[:, 1], unique[:, 2]), counts.astype(np.float64)


def _sample(places: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    if len(places) <= MOST_FITTED:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, MOST_FITTED, replace=False))


def _likeliest(
    unlikely: Callable[[Floats], float], start: Floats, customers: float
) -> tuple[float, ...]:
    """The parameters, from their logarithms, at which ``unlikely`` is least. Raises NotFitted."""

    def each(logs: Floats) -> float:
        value = unlikely(np.clip(logs, -20.0, 20.0)) / customers
        return value if np.isfinite(value) else 1e9

    found = minimize(
        each, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 5_000}
    )
    if not found.success or np.abs(found.x).max() > 15.0:
        raise NotFitted("No parameters fit these purchases; they may be too few or all alike.")
    return tuple(float(one) for one in np.exp(found.x))
