"""Few false discoveries: a thousand reports in which nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from statistics_samples import a_desk, a_side, drawn, grown

from routing.outcomes.many import all_pairs, each_against_the_rest


def test_of_a_thousand_reports_on_equal_segments_at_most_one_in_twenty_shows_anything() -> None:
    dice = np.random.default_rng(1)
    shown = uncorrected = 0
    for at in range(1_000):
        sides = {name: a_side(dice, int(dice.integers(120, 300))) for name in "abcd"}
        found = all_pairs(sides) if at % 2 else each_against_the_rest(sides)
        assert len(found.made) == (24 if at % 2 else 16)
        shown += bool(found.shown)
        uncorrected += bool(found.without_correction)
    assert shown <= 50
    # Uncorrected, most reports would tell a story of nothing.
    assert uncorrected >= 400


@pytest.mark.parametrize("weeks", [8, 104])
def test_of_a_thousand_sets_of_200_clumped_topics_at_most_one_in_twenty_shows_growth(
    weeks: int,
) -> None:
    dice = np.random.default_rng(1)
    false = 0
    for at in range(500):
        means = a_desk(dice, 200, weeks)
        # Every other set all alike, else each topic clumped in its own way.
        clumped = 0.05 if at % 2 else dice.gamma(1, 0.05, 200)[:, None] + 1e-3
        false += bool(grown(drawn(dice, means, clumped)))
    assert false <= 25
