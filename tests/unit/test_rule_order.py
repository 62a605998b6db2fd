"""Rules are put in order by their places, even while others change the playbook."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.rules.order import act, rebased


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


@given(st.permutations(range(1, 8)), st.text(max_size=20))
def test_no_button_loses_or_doubles_a_rule(order: list[int], action: str) -> None:
    assert sorted(act(order, action, {})) == sorted(order)


def test_an_order_keeps_what_others_did_meanwhile() -> None:
    before = ["A", "B", "C", "D"]
    live = ["New first", "A", "Behind A", "C", "D"]  # B is gone
    assert rebased(["D", "A", "B"], before, live) == ["New first", "D", "A", "Behind A"]


def test_an_order_over_the_same_rules_is_that_order() -> None:
    assert rebased(["C", "A"], ["A", "B", "C"], ["A", "B", "C"]) == ["C", "A"]
