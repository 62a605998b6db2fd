"""What of a change is mix: by hand, adding up, and holding the truth as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.outcomes.mix import Cell, GroupShift, Shift, shift

Groups = dict[str | None, Cell]


def shares(**counts: tuple[int, int]) -> Groups:
    return {name: Cell.of_share(hits, n) for name, (hits, n) in counts.items()}


def split(before: Groups, after: Groups) -> Shift:
    found = shift(before, after)
    assert found is not None
    return found


COUNTS = st.dictionaries(
    st.sampled_from("abcd"),
    st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)


class TestByHand:
    def test_where_only_the_mix_changes_all_of_it_is_mix(self) -> None:
        found = split(shares(a=(80, 100), b=(20, 100)), shares(a=(40, 50), b=(30, 150)))
        # A falls from a half to a quarter, at 60 points more: 15 points.
        assert found.mix.value == pytest.approx(-0.15)
        assert found.within.value == pytest.approx(0)
        assert (found.before, found.after, found.enough) == (200, 200, True)

    def test_where_only_the_groups_change_none_of_it_is_mix(self) -> None:
        found = split(shares(a=(80, 100), b=(20, 100)), shares(a=(90, 100), b=(30, 100)))
        assert found.mix.value == pytest.approx(0)
        assert found.within.value == pytest.approx(0.1)

    def test_both_at_once(self) -> None:
        found = split(shares(a=(90, 100), b=(50, 100)), shares(a=(40, 50), b=(90, 150)))
        # a: weight 0.5 to 0.25, share 0.9 to 0.8; b: 0.5 to 0.75, share 0.5 to 0.6.
        assert found.mix.value == pytest.approx(-0.25 * 0.85 + 0.25 * 0.55)
        assert found.within.value == pytest.approx(0.375 * -0.1 + 0.625 * 0.1)
        assert found.change.value == pytest.approx(130 / 200 - 140 / 200)

    def test_a_group_that_comes_or_goes_is_mix(self) -> None:
        found = split(shares(old=(50, 100)), shares(old=(50, 100), new=(90, 100)))
        assert found.within.value == 0
        assert found.mix.value == pytest.approx(0.2)
        back = split(shares(old=(50, 100), new=(90, 100)), shares(old=(50, 100)))
        assert back.mix.value == pytest.approx(-0.2)

    def test_nothing_to_compare_with_gives_nothing(self) -> None:
        assert shift({}, shares(a=(1, 2))) is None
        assert shift(shares(a=(1, 2)), shares(a=(0, 0))) is None

    def test_means_are_split_as_shares_are(self) -> None:
        before: Groups = {"a": Cell.of_sums(4, 20.0, 104.0), None: Cell.of_sums(4, 8.0, 18.0)}
        after: Groups = {"a": Cell.of_sums(6, 30.0, 155.0), None: Cell.of_sums(2, 4.0, 8.5)}
        found = split(before, after)
        assert found.mix.value == pytest.approx(0.75)
        assert found.within.value == pytest.approx(0)
        assert Cell.of_sums(4, 20.0, 104.0).variance == pytest.approx(4 / 3)
        assert Cell.of_sums(1, 5.0, 25.0) == Cell(1, 5.0, 0.0)

    def test_each_group_says_what_it_adds_the_largest_first(self) -> None:
        found = split(shares(a=(80, 100), b=(50, 100)), shares(a=(20, 100), b=(55, 100)))
        assert [one.name for one in found.groups] == ["a", "b"]
        assert found.groups[0] == GroupShift("a", 0, pytest.approx(-0.3))


@given(COUNTS, COUNTS)
def test_both_parts_add_up_to_what_has_changed(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    n = [sum(n for _, n in side.values()) for side in (before, after)]
    found = shift(shares(**before), shares(**after))
    if found is None:
        assert not all(n)
        return
    hits = [sum(hits for hits, _ in side.values()) for side in (before, after)]
    changed = hits[1] / n[1] - hits[0] / n[0]
    assert found.mix.value + found.within.value == pytest.approx(changed)
    assert sum(one.mix for one in found.groups) == pytest.approx(found.mix.value)
    assert sum(one.within for one in found.groups) == pytest.approx(found.within.value)
    for part in (found.change, found.mix, found.within):
        assert part.low <= part.value <= part.high


@pytest.mark.parametrize(
    ("weights", "satisfied"),
    [
        (([0.5, 0.3, 0.2], [0.3, 0.3, 0.4]), ([0.9, 0.8, 0.6], [0.88, 0.85, 0.5])),
        (([0.5, 0.5, 0.0], [0.3, 0.3, 0.4]), ([0.9, 0.8, 0.6], [0.9, 0.7, 0.6])),
        (([0.6, 0.3, 0.1], [0.5, 0.3, 0.2]), ([0.9, 0.8, 0.7], [0.9, 0.8, 0.7])),
    ],
    ids=["both change", "a group comes", "only the mix"],
)
def test_the_intervals_hold_the_truth_as_often_as_they_say(
    weights: tuple[list[float], list[float]], satisfied: tuple[list[float], list[float]]
) -> None:
    dice = np.random.default_rng(11)
    (w0, w1), (r0, r1) = map(np.array, weights), map(np.array, satisfied)
    mix, within = ((w1 - w0) * (r0 + r1) / 2).sum(), ((w1 + w0) / 2 * (r1 - r0)).sum()
    held = np.zeros(3)
    for _ in range(1_000):
        sides = [
            {
                str(place): Cell.of_share(int(dice.binomial(n, r)), int(n))
                for place, (n, r) in enumerate(zip(dice.multinomial(500, w), rs, strict=True))
            }
            for w, rs in ((w0, r0), (w1, r1))
        ]
        found = split(*sides)
        truths = (found.mix, mix), (found.within, within), (found.change, mix + within)
        held += [part.low <= truth <= part.high for part, truth in truths]
    assert (held / 1_000).min() >= 0.92
    assert (held / 1_000).max() <= 0.99
