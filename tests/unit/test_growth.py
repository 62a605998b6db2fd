"""Topics that grow: found where they do, beyond season and the growth of all, and not in noise."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from statistics_samples import a_desk, drawn, grown

from routing.outcomes.growth import growth


class TestNoise:
    def test_as_poisson_s_the_same_counts_would_cry_at_noise(self) -> None:
        # So that the promise of few false discoveries cannot hold by itself.
        dice = np.random.default_rng(2)
        counts = np.array(drawn(dice, a_desk(dice, 200, 8), 0.2))
        before, recent = counts[:, :4].sum(axis=1), counts[:, 4:].sum(axis=1)
        error = np.sqrt(1 / np.maximum(before, 1) + 1 / np.maximum(recent, 1))
        apart = np.abs(np.log(np.maximum(recent, 1) / np.maximum(before, 1))) / error
        assert (apart > 3.5).sum() >= 5

    def test_a_topic_that_comes_at_the_same_time_each_year_does_not_grow(self) -> None:
        dice = np.random.default_rng(3)
        false = 0
        for _ in range(100):
            means = np.full((50, 104), 20.0)
            means[:10, -4:] *= 3
            means[:10, -56:-52] *= 3
            false += bool(grown(drawn(dice, means, 0.02)))
        assert false <= 8

    def test_where_everything_grows_no_topic_does(self) -> None:
        dice = np.random.default_rng(4)
        means = np.full((50, 26), 20.0)
        means[:, -4:] *= 2
        assert grown(drawn(dice, means, 0.02)) == []


class TestGrowth:
    @pytest.mark.parametrize("weeks", [8, 26])
    @pytest.mark.parametrize("topics", [20, 200])
    def test_a_topic_that_doubles_from_40_to_80_a_week_is_found(
        self, topics: int, weeks: int
    ) -> None:
        dice = np.random.default_rng(topics + weeks)
        found = 0
        for _ in range(100):
            means = np.full((topics, weeks), 10.0)
            means[0] = 40
            means[0, -4:] = 80
            found += any(one.topic == "0" for one in grown(drawn(dice, means, 0.01)))
        assert found >= 95

    def test_its_ratio_is_beside_all_others_with_an_interval(self) -> None:
        rows = {"grows": [40] * 4 + [80] * 4, "stays": [500] * 8, "rest": [700] * 8}
        first = growth(rows)[0]
        assert (first.topic, first.recent, first.before, first.grows) == ("grows", 320, 160, True)
        assert first.ratio == pytest.approx(2, rel=0.01)
        assert first.low < 2 < first.high
        assert not first.beyond_season

    def test_the_interval_is_that_of_a_quasi_poisson_model(self) -> None:
        # One topic against time: only its own weeks tell how much they spread.
        weeks = [30, 55, 41, 62, 70, 44, 90, 58]
        (found,) = growth({"alone": weeks})
        late = np.repeat([0.0, 1.0], 4)
        model = sm.GLM(weeks, sm.add_constant(late), family=sm.families.Poisson()).fit(scale="X2")
        assert found.ratio == pytest.approx(np.exp(model.params[1]), rel=0.01)
        error = (np.log(found.high) - np.log(found.low)) / 2 / 2.4469  # Student's, 6 degrees
        assert error == pytest.approx(model.bse[1], rel=0.02)

    def test_the_season_is_taken_out_of_the_ratio(self) -> None:
        steady = [100] * 104
        seasonal = [50] * 48 + [100] * 4 + [50] * 48 + [200] * 4
        found = {one.topic: one for one in growth({"it": seasonal, "x": steady, "y": steady})}
        assert found["it"].beyond_season
        assert found["it"].ratio == pytest.approx(2, rel=0.05)

    def test_a_new_topic_has_a_ratio(self) -> None:
        found = {one.topic: one for one in growth({"new": [0] * 4 + [15] * 4, "old": [90] * 8})}
        assert found["new"].grows
        assert found["new"].low > 1

    @given(
        st.lists(st.lists(st.integers(0, 400), min_size=64, max_size=64), min_size=1, max_size=5),
        st.integers(8, 64),
    )
    def test_whatever_comes_has_a_ratio_within_its_interval(
        self, rows: list[list[int]], weeks: int
    ) -> None:
        for one in growth({f"{at}": row[-weeks:] for at, row in enumerate(rows)}):
            assert 0 <= one.low <= one.ratio <= one.high
            assert 0 <= one.p <= 1

    def test_what_stays_exactly_the_same_has_a_ratio_of_one(self) -> None:
        for one in growth({"a": [7, 9, 8, 9] * 2, "b": [70, 90, 80, 90] * 2, "c": [30] * 8}):
            assert one.ratio == pytest.approx(1, abs=0.01)
            assert one.p == pytest.approx(0.5, abs=0.05)

    def test_topics_with_fewer_than_thirty_are_left_out(self) -> None:
        assert growth({"few": [3, 4, 3, 4, 3, 4, 4, 4], "none": [0] * 8}) == ()
        assert growth({}) == ()

    def test_too_few_weeks_or_different_ones_are_refused(self) -> None:
        with pytest.raises(ValueError, match="same weeks"):
            growth({"a": [1] * 7})
        with pytest.raises(ValueError, match="same weeks"):
            growth({"a": [1] * 8, "b": [1] * 9})
