"""Whatever is killed or emptied: every ticket is routed, noted and decided exactly once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from conftest import POLL, Running, System, eventually, kill, members_of
from redis import Redis

from plugin.demo.desk import DeskError
from plugin.demo.traffic import Opened

BLOWS = 5

NEVER = 86_400
"""Seconds between two polls where none shall make up for what was lost otherwise."""

CALLERS = 3

BROKER_KILLS = 3


def _opening(system: System, pool: ThreadPoolExecutor, tickets: int) -> list[Future[Opened]]:
    """Tickets being opened by several callers at once."""
    return [pool.submit(system.open_sample, one) for one in islice(system.samples(), tickets)]


def _after(system: System, deliveries: int) -> None:
    """Wait until that many more are done: what is hit must have been at work."""
    goal = system.done() + deliveries
    assert eventually(lambda: system.done() >= goal, seconds=60, every=0.02), system.unfinished()


def _wipe(system: System) -> None:
    with Redis.from_url(system.up.broker_url) as broker:
        broker.flushall()


def _assert_nothing_lost(system: System, opened: list[Opened], seconds: float) -> None:
    system.finish(opened, seconds)
    proof = system.prove(opened)
    assert proof.problems == ()
    assert proof.opened == len(opened) == proof.right_queue == proof.one_note == proof.one_decision
    assert proof.tally.received == proof.tally.done
    assert (proof.tally.waiting, proof.tally.parked) == (0, 0)


@pytest.mark.timeout(420)
@pytest.mark.parametrize(("kind", "tickets"), [("sqlite", 500), ("postgresql", 200)])
def test_nothing_is_lost_or_doubled_while_workers_are_killed_and_the_broker_is_emptied(
    running: Running, tmp_path: Path, kind: str, tickets: int
) -> None:
    with running(kind, tmp_path, poll=NEVER) as system, ThreadPoolExecutor(CALLERS) as pool:
        opening = _opening(system, pool, tickets)
        told: list[str] = []
        killed = 0
        for _ in range(BLOWS):
            _after(system, tickets // 12)
            killed += kill(system.up.child("worker"))
            _after_restart(system, told.append)
            _after(system, tickets // 20)
            _wipe(system)
        opened = [future.result() for future in opening]
        assert killed >= 2 * BLOWS, "the pool was not killed with its parent"
        assert len(told) == BLOWS
        _assert_nothing_lost(system, opened, seconds=180)


def _after_restart(system: System, tell: Callable[[str], None]) -> None:
    """Let the supervisor find the dead worker, and start it again."""
    worker = system.up.child("worker")

    def mended() -> bool:
        system.up.mend(tell)
        return worker.running

    assert eventually(mended)


def test_a_broker_that_is_killed_is_started_again_and_the_worker_goes_on(
    running: Running, tmp_path: Path
) -> None:
    with (
        running("sqlite", tmp_path, poll=NEVER) as system,
        ThreadPoolExecutor(CALLERS) as pool,
        _kept_running(system) as told,
    ):
        opening = []
        for kills in range(1, BROKER_KILLS + 1):
            opening += _opening(system, pool, 20)
            _after(system, 10)
            kill(system.up.child("broker"))
            assert eventually(lambda kills=kills: _starts_of("broker", told) >= kills)
        opened = [future.result() for future in opening]
        system.finish(opened, seconds=300)
        late = system.open("After the broker came back", "Does it still ring?", "a@b.example")
        _assert_nothing_lost(system, [*opened, late], seconds=300)
        # The worker found its way back by itself each time, as did all others.
        assert len(told) == _starts_of("broker", told) == BROKER_KILLS


@contextmanager
def _kept_running(system: System) -> Iterator[list[str]]:
    """Start again whatever ends, as ``deskroute up`` does all the time; what it says of that."""
    told: list[str] = []
    over = Event()

    def watch() -> None:
        while not over.wait(0.2):
            system.up.mend(told.append)

    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(watch)
        try:
            yield told
        finally:
            over.set()
            watching.result()


def _starts_of(child: str, told: Sequence[str]) -> int:
    return sum(f"The {child} ended" in one for one in told)


def test_workers_that_are_asked_to_end_finish_what_they_hold(
    running: Running, tmp_path: Path
) -> None:
    with running("sqlite", tmp_path, poll=NEVER) as system, ThreadPoolExecutor(CALLERS) as pool:
        opening = []
        worker = system.up.child("worker")
        for _ in range(BLOWS):
            opening += _opening(system, pool, 12)
            _after(system, 6)
            assert worker.process is not None
            group = worker.process.pid
            os.kill(group, signal.SIGTERM)
            assert worker.process.wait(timeout=240) == 0
            assert members_of(group) == []
            worker.start()
        opened = [future.result() for future in opening]
        _assert_nothing_lost(system, opened, seconds=300)
        # Nobody died, so nothing was ever taken twice.
        assert not system.rows("SELECT * FROM inbox WHERE attempts - waits - failures > 1")


def test_what_the_desk_could_not_tell_us_while_our_door_was_shut_is_found_by_the_poll(
    running: Running, tmp_path: Path
) -> None:
    with running("sqlite", tmp_path) as system:
        web = system.up.child("web")
        web.stop()
        shut = list(islice(system.samples(), 5))
        for one in shut:
            # The desk keeps the ticket, and then tells its customer of our failure as its own.
            with pytest.raises(DeskError, match="500"):
                system.open_sample(one)
        web.start()
        system.up.wait_for_web(240)
        found = eventually(lambda: _kept(system, len(shut)), seconds=40 * POLL)
        assert [kind for _, kind in found] == ["poll"] * len(shut)
        opened = [Opened(ticket, one) for (ticket, _), one in zip(found, shut, strict=True)]
        _assert_nothing_lost(system, opened, seconds=300)


def _kept(system: System, wanted: int) -> list[tuple[str, str]]:
    """The tickets in the inbox in the order of their ids, once there are so many."""
    rows = system.rows("SELECT ticket, min(kind) AS kind FROM inbox GROUP BY ticket")
    found = sorted(((row["ticket"], row["kind"]) for row in rows), key=lambda one: int(one[0]))
    return found if len(found) >= wanted else []
