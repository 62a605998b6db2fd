"""The same for many things, some of them at a time: a desk far away is mostly waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

THREADS = 4
"""Things that are done at a time: so many requests one worker sends; small desks answer few."""

T = TypeVar("T")


def side_by_side(do: Callable[[T], None], things: Sequence[T]) -> None:
    """Do it for each thing, begun in their order.

    What ``do`` raises ends it: what was begun is waited for, and nothing else is begun.
    """
    line = iter(things)  # Threads may share it: each thing comes out once.

    def work() -> None:
        try:
            for thing in line:
                do(thing)
        except BaseException:
            for _ in line:
                pass
            raise

    threads = min(THREADS, len(things))
    if threads < 2:
        work()
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="side by side") as pool:
        for one in [pool.submit(work) for _ in range(threads)]:
            one.result()
