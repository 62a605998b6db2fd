"""Where people sent tickets on: a transfer by a human says which queue was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.events import Actor

SOON = timedelta(days=7)
"""A ticket that is moved on within this time after a move was on its way still."""

RIPE = timedelta(days=7)
"""An open ticket that nobody has moved for this long stays where it is."""


@dataclass(frozen=True, slots=True)
class Move:
    """One change of queue, by the desk's ids; ``before`` None is unknown."""

    at: datetime
    by: Actor
    before: str | None
    queue: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """One decided ticket, by our id: where it was sent, by which rule (None: none), and its moves.

    ``queue`` is the playbook's name of it.
    """

    id: int
    connection: str
    rule: str | None
    queue: str
    playbook: int
    decided_at: datetime
    solved: bool
    moves: tuple[Move, ...] = ()


def right_queue(
    route: Route, ids: Mapping[tuple[str, str], str], chosen: str | None, now: datetime
) -> str | None:
    """The queue that people found right for a ticket; None while, or where, that is not known.

    ``ids`` has the playbook's queues by connection and the desk's id, ``chosen`` is the desk's id
    of the one we chose. The first move by a person away from it counts, and what they did with it
    soon after; a ticket that came back was right at first. One that nobody moved is right once it
    is solved, or has lain for RIPE.
    """
    if chosen is None:
        return None  # no desk has this queue, so the ticket never came there
    here: str | None = chosen
    last: datetime | None = None
    for move in sorted(route.moves, key=lambda one: one.at):
        if move.by is not Actor.AGENT or move.at < route.decided_at or move.queue is None:
            continue
        if last is None:
            # As for transfers of the outcome: only a move away from the queue we chose is one.
            if move.before != chosen or move.queue == chosen:
                continue
        elif move.at - last > SOON:
            break
        here, last = move.queue, move.at
    if last is None:
        return route.queue if route.solved or now - route.decided_at >= RIPE else None
    if here == chosen:
        return route.queue
    return None if here is None else ids.get((route.connection, here))
