"""What has happened to a ticket after it was routed, that rules may answer to.

A *turn* is one such thing: the customer wrote again, somebody moved the ticket, an answer is four
hours late. Each has a key that is the same whenever it is found again, so it is decided once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.events import Actor, Event, TicketMoved, TicketReopened, TicketReplied
from routing.rules.occasions import Occasion
from routing.tickets import Trigger

OPENED = "opened"
"""The key of the first turn of every ticket."""

LATEST = timedelta(days=1)
"""What happened longer ago is not answered any more: there was no rule, or no Deskroute, then."""

MOST_ANSWERS = 5
"""How often rules answer to what rules have done, before something else has to happen."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that happened to a ticket. ``by`` is None where nobody did it: time passed.

    ``queue_before`` is the queue that a moved ticket was in: the desk's id of it or, where we moved
    it ourselves, the playbook's name.
    """

    key: str
    trigger: Trigger
    at: datetime
    by: Actor | None = None
    waited: timedelta | None = None
    rating: int | None = None
    queue_before: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn that was decided: which rules fired, and what became of the ticket by it.

    ``id`` is the decision's, unique among all. ``moved`` says whether it took the ticket to another
    queue; ``moved_from`` is the playbook's name of the one before, where it has one. ``hand_back``
    is after how long without an answer the ticket is given anew.
    """

    id: int
    key: str
    decided_at: datetime
    fired: tuple[str, ...] = ()
    moved: bool = False
    moved_from: str | None = None
    hand_back: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """All that is known of a ticket for this: what happened, and what was decided, oldest first.

    ``ratings`` are the scores its customer gave, by a key of each, with when they gave it.
    """

    events: Sequence[Event]
    waiting_since: datetime | None
    taken: Sequence[Taken]
    ratings: Sequence[tuple[str, int, datetime]] = ()
    is_open: bool = True


def next_turn(life: Life, occasions: Collection[Occasion], now: datetime) -> Turn | None:
    """The oldest turn that is not decided yet and for which there are rules; None where none is.

    ``now`` is aware UTC.
    """
    if not life.taken:
        return None
    tired = answers_to_itself(life) >= MOST_ANSWERS
    known = {one.key for one in life.taken}
    routed_at = life.taken[0].decided_at
    due = [
        turn
        for turn in _turns(life, [waits for _, waits in occasions if waits is not None])
        if turn.key not in known
        and not (tired and turn.by is Actor.US)
        and ((turn.trigger, turn.waited) in occasions or turn.trigger is Trigger.HANDED_BACK)
        and max(routed_at, now - LATEST) <= turn.at
        # What is told has happened, though the desk's clock may be ahead of ours.
        and (turn.by is not None or turn.at <= now)
    ]
    return min(due, key=lambda turn: (turn.at, turn.key), default=None)


def spent(life: Life, turn: Turn) -> tuple[str, ...]:
    """The rules that have fired already in the row of turns of which this one is the last.

    A row begins with what a person did, or time; what Deskroute does itself goes on with it.
    """
    if turn.by is not Actor.US:
        return ()
    row = [one for one in life.taken if one.decided_at >= _began(life)]
    return tuple(dict.fromkeys(name for one in row for name in one.fired))


def answers_to_itself(life: Life) -> int:
    """How many turns in a row were decided for what Deskroute itself had done."""
    ours = {_moved_key(one) for one in life.taken}
    return sum(one.key in ours and one.decided_at >= _began(life) for one in life.taken)


def _began(life: Life) -> datetime:
    """When the latest turn was decided that was not of our own making."""
    ours = {_moved_key(one) for one in life.taken}
    return max(one.decided_at for one in life.taken if one.key not in ours)


def _turns(life: Life, waits: Iterable[timedelta]) -> Iterator[Turn]:
    yield from _told(life.events)
    for one in life.taken:
        if one.moved:
            before = one.moved_from
            yield Turn(
                _moved_key(one), Trigger.MOVED, one.decided_at, Actor.US, queue_before=before
            )
    for key, score, at in life.ratings:
        yield Turn(f"rated:{key}", Trigger.RATED, at, Actor.CUSTOMER, rating=score)
    if not life.is_open:
        return
    if (since := life.waiting_since) is not None:
        for wait in waits:
            key = waiting_key(since, wait)
            yield Turn(key, Trigger.WAITING, since + wait, waited=wait)
    if (last := _to_hand_back(life)) is not None and last.hand_back is not None:
        yield Turn(handed_back_key(last), Trigger.HANDED_BACK, last.decided_at + last.hand_back)


def _told(events: Iterable[Event]) -> Iterator[Turn]:
    for event in events:
        match event:
            case TicketReplied(public=True, by=Actor.CUSTOMER):
                yield Turn(event.key, Trigger.REPLIED, event.at, event.by)
            case TicketReopened():
                yield Turn(event.key, Trigger.REOPENED, event.at, event.by)
            # Our own moves are known from the decisions that made them.
            case TicketMoved(by=by, queue_before=before) if by is not Actor.US:
                yield Turn(event.key, Trigger.MOVED, event.at, by, queue_before=before)
            case _:
                pass


def _to_hand_back(life: Life) -> Taken | None:
    """The decision after whose time the ticket is handed back, unless somebody has answered."""
    last = next((one for one in reversed(life.taken) if one.hand_back is not None), None)
    if last is None:
        return None
    answered = any(
        isinstance(event, TicketReplied)
        and event.public
        and event.by is Actor.AGENT
        and event.at >= last.decided_at
        for event in life.events
    )
    return None if answered else last


def waiting_key(since: datetime, wait: timedelta) -> str:
    """The key of a wait that is over: the same one for everything the customer waits for anew."""
    return f"waiting:{since.isoformat()}:{int(wait.total_seconds())}"


def handed_back_key(taken: Taken) -> str:
    """The key of handing back what was given by a decision."""
    return f"handed back:{taken.id}"


def _moved_key(taken: Taken) -> str:
    return f"moved by:{taken.id}"
