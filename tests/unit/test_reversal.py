"""Simpson's reversal: found where it is, and never where all is the same."""

from __future__ import annotations

import numpy as np

from routing.outcomes.reversal import Counted, reversals

Counts = dict[str, dict[str | None, Counted]]

# C. R. Charig et al. (1986), Br. Med. J. 292, 879-882: kidney stones removed, by treatment and by
# size. Here ten times as many, since with 700 patients no size by itself is clear.
STONES: Counts = {
    "open surgery": {"small": (810, 870), "large": (1920, 2630)},
    "percutaneous": {"small": (2340, 2700), "large": (550, 800)},
}


def test_the_kidney_stones_are_reversed() -> None:
    (found,) = reversals(STONES)
    assert (found.first, found.second) == ("open surgery", "percutaneous")
    assert round(found.total.value, 3) == round(273 / 350 - 289 / 350, 3)
    assert [one.name for one in found.groups] == ["small", "large"]
    assert all(one.difference.value > 0 for one in found.groups)
    assert (found.groups[0].first, found.groups[0].second) == (870, 2700)
    assert found.left_out == ()


def test_with_a_tenth_of_the_patients_no_group_is_clear_and_nothing_is_said() -> None:
    fewer: Counts = {
        name: {size: (hits // 10, n // 10) for size, (hits, n) in groups.items()}
        for name, groups in STONES.items()
    }
    assert reversals(fewer) == ()


def test_one_group_that_agrees_with_the_total_is_no_reversal() -> None:
    agreeing: Counts = {
        "open surgery": {**STONES["open surgery"], "none": (10, 100)},
        "percutaneous": {**STONES["percutaneous"], "none": (60, 100)},
    }
    assert reversals(agreeing) == ()


def test_a_group_with_too_few_has_no_say() -> None:
    few: Counts = {
        "open surgery": {**STONES["open surgery"], None: (0, 29)},
        "percutaneous": {**STONES["percutaneous"], None: (29, 29)},
    }
    (found,) = reversals(few)
    assert found.left_out == (None,)


def test_of_one_group_alone_nothing_can_be_reversed() -> None:
    assert reversals({"a": {"x": (80, 100)}, "b": {"x": (20, 100)}}) == ()


def test_where_all_are_equal_nothing_is_flagged() -> None:
    equal: Counts = {name: {"x": (80, 100), "y": (300, 400)} for name in "abc"}
    assert reversals(equal) == ()
    assert reversals({}) == ()
    assert reversals({"a": {}, "b": {}}) == ()


def test_of_a_thousand_desks_with_equal_channels_hardly_any_is_flagged() -> None:
    # Three channels with different mixes of two segments, in which all do equally well.
    dice = np.random.default_rng(4)
    flagged = 0
    for _ in range(1_000):
        counts: Counts = {}
        for channel, vip in (("mail", 0.2), ("chat", 0.5), ("phone", 0.7)):
            sizes = dice.multinomial(500, [vip, 1 - vip])
            counts[channel] = {
                segment: (int(dice.binomial(n, happy)), int(n))
                for segment, n, happy in zip(("vip", "other"), sizes, (0.8, 0.8), strict=True)
            }
        flagged += bool(reversals(counts))
    assert flagged <= 10


def test_a_real_reversal_is_mostly_found() -> None:
    # Chat is five to eight points better in each segment, and gets the customers hard to please.
    dice = np.random.default_rng(5)
    found = 0
    for _ in range(200):
        counts: Counts = {}
        for channel, hard, better in (("mail", 0.2, 0.0), ("chat", 0.8, 0.08)):
            sizes = dice.multinomial(2_000, [hard, 1 - hard])
            counts[channel] = {
                segment: (int(dice.binomial(n, happy + better)), int(n))
                for segment, n, happy in zip(("hard", "easy"), sizes, (0.5, 0.85), strict=True)
            }
        found += bool(reversals(counts))
    assert found >= 190
