"""The same for many things, some of them at a time: a desk far away is mostly waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import length_hint
from time import monotonic
from typing import TypeVar

THREADS = 4
"""Things that are done at a time: so many requests one worker sends; small desks answer few."""

SOON = 0.01
"""What takes longer than this, in seconds, is mostly waited for."""

T = TypeVar("T")


def side_by_side(do: Callable[[T], None], things: Sequence[T]) -> None:
    """Do it for each thing, begun in their order.

    One after the other while each is done soon: there is little to wait for then, and threads
    that only take turns cost more than they save. What ``do`` raises ends it: what was begun is
    waited for, and nothing else is begun.
    """
    line = iter(things)  # Threads may share it: each thing comes out once.
    for thing in line:
        began = monotonic()
        do(thing)
        if monotonic() - began > SOON:
            break

    def work() -> None:
        try:
            for thing in line:
                do(thing)
        except BaseException:
            for _ in line:
                pass
            raise

    threads = min(THREADS, length_hint(line))
    if threads < 2:
        work()
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="side by side") as pool:
        for one in [pool.submit(work) for _ in range(threads)]:
            one.result()
