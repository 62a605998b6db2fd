"""What was promised in the database, sent one after the other: mails, and messages to tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from plugin.ports import Clock, NotWanted, Refused, Unavailable
from plugin.records.outbox import Due, Outbox
from plugin.records.work import Store, Work

Thing = TypeVar("Thing")

HOLD = timedelta(minutes=3)
"""How long a thing is one worker's: longer than any task lives, so that it is not sent twice."""

SPAN = timedelta(seconds=20)
"""After so long no other is begun: routing waits for the same workers."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: ``why`` it is not sent, empty if it is. ``again`` can help, or not.

    ``wait`` is for how long the other side asked us to stay away; ``gone`` says: for ever.
    """

    why: str = ""
    again: bool = False
    wait: timedelta = timedelta(0)
    gone: bool = False


def taken(store: Store, clock: Clock, box: Callable[[Work], Outbox[Thing]]) -> Iterator[Due[Thing]]:
    """What is due, one after the other, each ours for HOLD, until SPAN is over or none is left."""
    until = clock.now() + SPAN
    while (now := clock.now()) < until:
        with store.work() as work:
            due = box(work).take(now, now + HOLD)
            work.commit()
        if due is None:
            return
        yield due


def attempt(send: Callable[[], None]) -> Tried:
    """Try once. Whatever goes wrong, the others go on."""
    try:
        send()
    except NotWanted as gone:
        return Tried(gone.reason, gone=True)
    except Refused as refused:
        return Tried(refused.reason)
    except Unavailable as unavailable:
        wait = timedelta(seconds=unavailable.retry_after or 0)
        return Tried(unavailable.reason, again=True, wait=wait)
    except Exception as error:  # ruff: ignore[blind-except] — one odd thing keeps no other back
        # Its name only: what it says may repeat what was to be sent.
        return Tried(f"It cannot be sent: {type(error).__name__}.")
    return Tried()
