from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from plugin.flows.tickets.keep import KeepTogether
from plugin.ports import Delivery, Notice, Unavailable
from plugin.records.inbox import Put

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENOUGH = 10.0


class OneWork:
    """One transaction; it is its own inbox."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @property
    def inbox(self) -> OneWork:
        return self

    def put(self, _: Delivery, notice: Notice) -> Put:
        self.names.append(notice.delivery_id)
        return Put.REPEAT if notice.delivery_id == "again" else Put.NEW

    def commit(self) -> None:
        pass


class SlowStore:
    """A store whose first commit lasts until it is told to end."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.committing = Event()
        self.go_on = Event()
        self.error: Exception | None = None
        self.poison = ""

    @contextmanager
    def work(self) -> Iterator[OneWork]:
        work = OneWork()
        yield work  # ruff: ignore[fallible-context-manager] — an error inside fails the test
        if not self.committing.is_set():
            self.committing.set()
            assert self.go_on.wait(ENOUGH)
        elif self.error is not None:
            raise self.error
        if self.poison in work.names:
            raise ValueError(self.poison)
        self.commits.append(work.names)

    def arrivals(self, arrived: Sequence[tuple[Delivery, Notice]]) -> bool:
        if any(notice.delivery_id == "again" for _, notice in arrived):
            return False
        with self.work() as work:
            for one in arrived:
                work.put(*one)
        return True


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


def all_at_once(store: SlowStore, *names: str) -> list[Future[Put]]:
    """Keep the first; while it is committed the others come; then let it end."""
    kept: Any = KeepTogether(store, store.arrivals)  # type: ignore[arg-type]
    with ThreadPoolExecutor(len(names)) as threads:

        def keep(name: str) -> Future[Put]:
            return threads.submit(
                kept, Delivery("demo", b"", {}, NOON), Notice(name, "opened", "1")
            )

        first = keep(names[0])
        assert store.committing.wait(ENOUGH)
        others = [keep(name) for name in names[1:]]
        while len(kept._waiting) < len(others):  # ruff: ignore[private-member-access] — who waits
            assert not first.done()
        store.go_on.set()
    return [first, *others]


def test_deliveries_that_come_while_one_is_committed_share_the_next_transaction(
    store: SlowStore,
) -> None:
    kept = all_at_once(store, "first", "c", "a", "again", "b")
    assert [one.result() for one in kept] == [Put.NEW, Put.NEW, Put.NEW, Put.REPEAT, Put.NEW]
    assert store.commits == [["first"], ["a", "again", "b", "c"]]


def test_a_database_that_fails_is_told_to_everyone_who_waited(store: SlowStore) -> None:
    store.error = Unavailable("The disk is full.", 7)
    first, *others = all_at_once(store, "first", "a", "b", "c")
    assert first.result() is Put.NEW
    for one in others:
        with pytest.raises(Unavailable, match="disk is full") as told:
            one.result()
        assert told.value.retry_after == 7
    assert store.commits == [["first"]]


def test_one_that_cannot_be_kept_does_not_take_its_neighbours_along(store: SlowStore) -> None:
    store.poison = "bad"
    first, good, bad, fine = all_at_once(store, "first", "a", "bad", "c")
    assert [first.result(), good.result(), fine.result()] == [Put.NEW] * 3
    with pytest.raises(ValueError, match="bad"):
        bad.result()
    assert sorted(name for names in store.commits for name in names) == ["a", "c", "first"]
