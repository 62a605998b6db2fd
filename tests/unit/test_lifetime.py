"""BG/NBD and Gamma-Gamma against published figures and against histories drawn from the models."""

from __future__ import annotations

import cdnow
import numpy as np
import pytest

from routing.worth.lifetime import (
    BgNbd,
    GammaGamma,
    Histories,
    NotFitted,
    fit_bg_nbd,
    fit_gamma_gamma,
)

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie and Lee 2005, table 2."""


def histories(*rows: tuple[float, float, float]) -> Histories:
    repeats, last, age = np.array(rows, dtype=np.float64).T
    return Histories(repeats, last, age)


@pytest.fixture(scope="module")
def sample() -> Histories:
    table = cdnow.tenth()
    return Histories(table["x"], table["t_x"], table["T"])


@pytest.fixture(scope="module")
def fitted(sample: Histories) -> BgNbd:
    return fit_bg_nbd(sample)


def test_cdnow_gives_the_published_parameters_to_three_digits(fitted: BgNbd) -> None:
    found = tuple(round(one, 3) for one in (fitted.r, fitted.alpha, fitted.a, fitted.b))
    assert found == (0.243, 4.414, 0.793, 2.426)


def test_what_a_customer_will_buy_agrees_with_the_authors_worked_example() -> None:
    # "Implementing the BG/NBD Model for Customer Base Analysis in Excel", 2005: x = 2, t_x = 30.43,
    # T = 38.86 and t = 39 give 1.226.
    expected = PUBLISHED.expected_purchases(histories((2, 30.43, 38.86)), 39)
    assert expected[0] == pytest.approx(1.226, abs=0.0005)


def test_who_never_came_back_counts_as_active() -> None:
    assert PUBLISHED.probability_active(histories((0, 0, 38.86)))[0] == pytest.approx(1.0)


def test_a_long_silence_after_many_purchases_says_that_the_customer_has_left() -> None:
    # Twelve purchases in ten weeks, then a year of silence; and the same without the silence.
    silent, busy = PUBLISHED.probability_active(histories((12, 10, 62), (12, 10, 10)))
    assert silent < 0.01
    assert busy > 0.9
    bought = PUBLISHED.expected_purchases(histories((12, 10, 62), (12, 10, 10)), 52)
    assert bought[0] < 0.1 < bought[1]


def test_hundreds_of_purchases_do_not_overflow() -> None:
    bought = PUBLISHED.expected_purchases(histories((900, 100, 101), (5_000, 500, 520)), 52)
    assert np.isfinite(bought).all()
    assert (bought >= 0).all()


def test_at_one_the_formula_meets_its_own_limit() -> None:
    rows = histories((2, 30, 39), (0, 0, 39))
    beside = [BgNbd(0.24, 4.4, a, 2.4).expected_purchases(rows, 39) for a in (0.9999, 1.0, 1.0001)]
    assert beside[1] == pytest.approx((beside[0] + beside[2]) / 2, rel=1e-3)


def test_parameters_are_found_again_in_histories_drawn_from_them() -> None:
    true = BgNbd(r=0.8, alpha=6.0, a=0.9, b=3.0)
    drawn, later = drawn_from(true, customers=6_000, weeks=60, more=40)
    found = fit_bg_nbd(drawn)
    assert found.r == pytest.approx(true.r, rel=0.12)
    assert found.alpha == pytest.approx(true.alpha, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(true.a / (true.a + true.b), rel=0.12)
    # And what it foresees comes true, over all customers, within a few per cent.
    assert found.expected_purchases(drawn, 40).sum() == pytest.approx(later.sum(), rel=0.06)


def drawn_from(
    model: BgNbd, customers: int, weeks: float, more: float
) -> tuple[Histories, cdnow.Floats]:
    """Customers as the model has them, over ``weeks``; and what they bought in ``more`` weeks."""
    rng = np.random.default_rng(11)
    rows, later = [], []
    for _ in range(customers):
        rate, leaves = rng.gamma(model.r, 1 / model.alpha), rng.beta(model.a, model.b)
        times, now = [], 0.0
        while True:
            now += rng.exponential(1 / rate)
            if now > weeks + more:
                break
            times.append(now)
            if rng.random() < leaves:
                break
        seen = [one for one in times if one <= weeks]
        rows.append((len(seen), max(seen, default=0.0), weeks))
        later.append(len(times) - len(seen))
    return histories(*rows), np.array(later, dtype=np.float64)


def test_the_same_histories_give_the_same_parameters(sample: Histories, fitted: BgNbd) -> None:
    assert fit_bg_nbd(sample) == fitted


def test_a_part_of_very_many_histories_is_drawn_and_says_the_same(
    sample: Histories, fitted: BgNbd
) -> None:
    many = Histories(*(np.resize(one, 60_000) for one in (sample.repeats, sample.last, sample.age)))
    found = fit_bg_nbd(many)
    assert found.r == pytest.approx(fitted.r, rel=0.05)
    assert found.alpha == pytest.approx(fitted.alpha, rel=0.1)


def test_impossible_histories_are_left_out(sample: Histories, fitted: BgNbd) -> None:
    worse = Histories(
        np.append(sample.repeats, [3, -1, np.nan, 2]),
        np.append(sample.last, [50, 0, 1, np.nan]),
        np.append(sample.age, [40, 10, 5, 9]),
    )
    assert worse.possible()[-4:].tolist() == [False] * 4
    assert fit_bg_nbd(worse) == fitted


def test_too_few_who_came_back_are_refused_with_how_many_it_takes() -> None:
    rows = histories(*[(1, 5.0, 20.0)] * 40, *[(0, 0.0, 20.0)] * 400)
    with pytest.raises(NotFitted, match="40 customers have bought more than once; 100 are needed"):
        fit_bg_nbd(rows)
    with pytest.raises(NotFitted, match="No customer has a history"):
        fit_bg_nbd(Histories(*(np.array([]) for _ in range(3))))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Histories(np.zeros(2), np.zeros(2), np.zeros(3))


def test_cdnow_gives_the_published_value_of_a_purchase() -> None:
    # Fader and Hardie 2013, section 5: p 6.25, q 3.74, γ 15.44 over those who came back.
    table = cdnow.tenth()
    found = fit_gamma_gamma(table["x"], table["zbar"])
    assert found.p == pytest.approx(6.25, abs=0.01)
    assert found.q == pytest.approx(3.74, abs=0.01)
    assert found.gamma == pytest.approx(15.44, abs=0.05)


def test_a_single_purchase_says_less_than_many() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    usual = model.expected_average(np.array([0.0]), np.array([np.nan]))[0]
    once, often = model.expected_average(np.array([1.0, 50.0]), np.array([100.0, 100.0]))
    assert usual < once < often < 100.0
    assert usual == pytest.approx(6.25 * 15.44 / 2.74)


def test_too_few_purchases_to_say_what_one_is_worth_are_refused() -> None:
    with pytest.raises(NotFitted, match="99 customers; 100 are needed"):
        fit_gamma_gamma(np.full(99, 2.0), np.linspace(5, 50, 99))
