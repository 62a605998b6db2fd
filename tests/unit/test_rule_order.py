"""Rules are put in order by their places, even while others change the playbook."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.rules.order import MOST_STEPS, Arranged, act, rebased


@pytest.mark.parametrize(
    ("action", "order"),
    [
        ("move-up 3", (1, 3, 2, 4)),
        ("move-up 1", (1, 2, 3, 4)),
        ("move-down 1", (2, 1, 3, 4)),
        ("move-down 4", (1, 2, 3, 4)),
        ("put 4 1", (4, 1, 2, 3)),
        ("put 1 99", (2, 3, 4, 1)),
        ("put 1 0", (1, 2, 3, 4)),
        ("put 1", (1, 2, 3, 4)),
        ("move-up 9", (1, 2, 3, 4)),
        ("gone 1", (1, 2, 3, 4)),
        ("", (1, 2, 3, 4)),
        ("put 99999999999 1", (1, 2, 3, 4)),
        ("put ² 1", (1, 2, 3, 4)),
        ("remove 2", (1, 3, 4)),
        ("remove 9", (1, 2, 3, 4)),
    ],
)
def test_a_button_moves_one_rule_or_does_nothing(action: str, order: tuple[int, ...]) -> None:
    assert act((1, 2, 3, 4), action, {}) == order


@pytest.mark.parametrize(
    ("action", "order"),
    [
        ("move-up 4", (4, 1, 2, 3)),
        ("move-down 1", (2, 3, 4, 1)),
        ("move-up 3", (1, 3, 2, 4)),
        ("move-up 2", (1, 2, 3, 4)),
    ],
)
def test_a_rule_moves_past_the_next_one_of_its_own_group(
    action: str, order: tuple[int, ...]
) -> None:
    groups = {1: "opened", 2: "waiting", 3: "waiting", 4: "opened"}
    assert act((1, 2, 3, 4), action, groups) == order


@pytest.mark.parametrize(
    ("place", "order"), [(4, (2, 3, 4, 1)), (2, (1, 2, 3, 4)), (99, (2, 3, 4, 1))]
)
def test_a_rule_is_put_only_where_one_of_its_own_group_stands(
    place: int, order: tuple[int, ...]
) -> None:
    groups = {1: "opened", 2: "waiting", 3: "waiting", 4: "opened"}
    assert act((1, 2, 3, 4), f"put 1 {place}", groups) == order


ACTIONS = st.one_of(
    st.builds(
        "{} {}".format, st.sampled_from(["move-up", "move-down", "remove"]), st.integers(0, 7)
    ),
    st.builds("put {} {}".format, st.integers(0, 7), st.integers(0, 9)),
)


@given(st.lists(ACTIONS, max_size=12))
def test_every_step_of_an_order_can_be_undone_and_done_again(actions: list[str]) -> None:
    start = made = Arranged((1, 2, 3, 4, 5, 6))
    seen = [start.order]
    for action in actions:
        made = made.act(action, {})
        if made.order != seen[-1]:
            seen.append(made.order)
    assert len(made.past) == len(seen) - 1
    for order in reversed(seen[:-1]):
        made = made.act("undo", {})
        assert made.order == order
    assert made.act("undo", {}) == made
    for order in seen[1:]:
        made = made.act("redo", {})
        assert made.order == order
    assert made.act("redo", {}) == made


def test_another_move_after_an_undo_ends_what_could_be_done_again() -> None:
    made = Arranged((1, 2, 3)).act("put 3 1", {}).act("undo", {}).act("move-up 2", {})
    assert (made.order, made.future) == ((2, 1, 3), ())


def test_only_the_nearest_steps_of_an_order_are_kept() -> None:
    made = Arranged((1, 2))
    for _ in range(MOST_STEPS + 5):
        made = made.act("move-up 2" if made.order == (1, 2) else "move-up 1", {})
    assert len(made.past) == MOST_STEPS


@given(st.permutations(range(1, 8)), st.text(max_size=20).filter(lambda one: "remove" not in one))
def test_no_button_loses_or_doubles_a_rule(order: list[int], action: str) -> None:
    assert sorted(act(order, action, {})) == sorted(order)


def test_an_order_keeps_what_others_did_meanwhile() -> None:
    before = ["A", "B", "C", "D"]
    live = ["New first", "A", "Behind A", "C", "D"]  # B is gone
    assert rebased(["D", "A", "B"], before, live) == ["New first", "D", "A", "Behind A"]


def test_an_order_over_the_same_rules_is_that_order() -> None:
    assert rebased(["C", "A"], ["A", "B", "C"], ["A", "B", "C"]) == ["C", "A"]
