"""The same for many things: one after the other where each is done soon, else some at a time."""

from __future__ import annotations

from threading import Barrier, get_ident

import pytest

from plugin.flows import side_by_side as module
from plugin.flows.side_by_side import THREADS, side_by_side


def test_what_is_done_soon_is_done_in_order_and_without_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SOON", 3_600.0)
    done: list[tuple[int, int]] = []
    side_by_side(lambda thing: done.append((thing, get_ident())), range(9))
    assert done == [(thing, get_ident()) for thing in range(9)]


def test_what_takes_longer_is_done_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOON", -1.0)
    # The first tells how long it takes; the others all have to be there at the same time.
    together = Barrier(THREADS, timeout=30)
    done: list[int] = []

    def do(thing: int) -> None:
        if thing:
            together.wait()
        done.append(thing)

    side_by_side(do, range(THREADS + 1))
    assert sorted(done) == list(range(THREADS + 1))


@pytest.mark.parametrize("soon", [3_600.0, -1.0])
@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_each_thing_is_done_once(monkeypatch: pytest.MonkeyPatch, count: int, soon: float) -> None:
    monkeypatch.setattr(module, "SOON", soon)
    done: list[int] = []
    side_by_side(done.append, range(count))
    assert sorted(done) == list(range(count))


def test_after_what_it_raises_nothing_else_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOON", 3_600.0)
    begun: list[int] = []

    def do(thing: int) -> None:
        begun.append(thing)
        raise KeyError(thing)

    with pytest.raises(KeyError):
        side_by_side(do, range(5))
    assert begun == [0]
