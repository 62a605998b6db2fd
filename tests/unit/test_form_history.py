"""The steps of a form, packed into it: nothing a browser sends makes them more than they were."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.web.playbook.history import MOST_BYTES, MOST_STEPS, History, changed, unpacked

PAIRS = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=20)), min_size=1, max_size=4)
A, B, C = ((("queue", letter),) for letter in "ABC")


def packed(value: object) -> str:
    return b64encode(zlib.compress(json.dumps(value).encode())).decode()


@given(st.lists(PAIRS.map(tuple), min_size=1, max_size=6))
def test_steps_survive_the_way_through_the_page(states: list[tuple[tuple[str, str], ...]]) -> None:
    history = History()
    for state in states:
        history = history.then(state)
    back = history.back()
    assert unpacked(history.packed()) == history
    assert unpacked(back.packed()) == back
    assert back.forward() == (history if history.past else back)


def test_a_step_that_changes_nothing_is_none_and_a_new_one_ends_the_future() -> None:
    history = History(now=A).then(B)
    assert history.then(B) is history
    assert history.back().then(B).future == ()
    assert history.back().then(C) == History((A,), C)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "ä",
        b64encode(b"no zlib").decode(),
        packed("text"),
        packed([1, 2]),
        packed([[], [["queue"]], []]),
        packed([[[1, 2, 3]], [], []]),
        packed([[], None, []]),
        packed({"past": []}),
        b64encode(zlib.compress(b"[" * 200_000)).decode(),
    ],
)
def test_what_is_no_history_is_read_as_nothing_done_yet(sent: str) -> None:
    assert unpacked(sent) == History()


def test_a_small_input_does_not_unfold_into_a_large_one() -> None:
    bomb = packed([[], [["queue", "x" * 20 * MOST_BYTES]], []])
    assert len(bomb) < 40_000
    assert unpacked(bomb) == History()


def test_more_steps_than_are_kept_are_cut() -> None:
    history = History(now=(("place", "0"),))
    for place in range(1, 2 * MOST_STEPS):
        history = history.then((("place", str(place)),))
    assert len(history.past) == MOST_STEPS
    assert len(unpacked(packed([[A] * 900, B, [C] * 900])).past) == MOST_STEPS


def test_the_oldest_steps_go_first_where_a_form_is_too_large_to_keep_them_all() -> None:
    large = [((f"when.{n}.value", str(n) * 90_000),) for n in range(8)]
    history = History()
    for state in large:
        history = history.then(state)
    kept = unpacked(history.packed())
    assert kept.now == large[-1]
    assert kept.past == tuple(large[-1 - len(kept.past) : -1])
    assert 0 < len(kept.past) < len(history.past)
    assert not History(now=(("when", "x" * (MOST_BYTES + 1)),)).packed()


def test_the_names_that_differ_are_told_in_the_order_of_the_form() -> None:
    before = (("name", "A"), ("guards", "csat"), ("guards", "reopens"))
    after = (("name", "A"), ("guards", "csat"), ("queue", "General"))
    assert changed(before, after) == ["guards", "queue"]
