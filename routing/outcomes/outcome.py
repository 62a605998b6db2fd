"""What became of a ticket, worked out from what happened to it.

The outcome is a fold over the *set* of events, put in order by their own times. So it does not
matter in which order, or how often, the events were heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.events import (
    Actor,
    Event,
    Gone,
    TicketFound,
    TicketGone,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one ticket. Times are aware UTC and None where it has not happened.

    ``first_reply_at`` is the first public message by a human agent; automatic ones don't count.
    ``public_replies`` says how many of these there were, and is None where nobody counted them: a
    log of the past may leave replies out.
    ``solved_at`` is the last solving and None while the ticket is open again. ``solved_by`` is
    the desk's id of the agent who did that. ``transfers`` are moves by a human away from the
    queue we chose; for a ticket we never routed, from any queue to another. ``solvings`` are the
    keys of the solve events that count, oldest first. ``waiting_since`` is when the customer began
    to wait for the answer they wait for now; None while nobody owes them one. ``gone`` says that
    the ticket was merged or deleted, and nobody works on it any more.
    """

    opened_at: datetime
    first_reply_at: datetime | None = None
    first_solved_at: datetime | None = None
    solved_at: datetime | None = None
    solved_by: str | None = None
    public_replies: int | None = 0
    reopens: int = 0
    transfers: int = 0
    solvings: tuple[str, ...] = ()
    waiting_since: datetime | None = None
    gone: Gone | None = None

    @property
    def first_reply_time(self) -> timedelta | None:
        """Opened to the first public reply by a human agent, in calendar time."""
        return None if self.first_reply_at is None else self.first_reply_at - self.opened_at

    @property
    def resolution_time(self) -> timedelta | None:
        """Opened to the last solving, in calendar time; None while the ticket is open."""
        return None if self.solved_at is None else self.solved_at - self.opened_at

    @property
    def one_touch(self) -> bool | None:
        """Solved with one public reply, no reopening and no transfer; None if that is not known."""
        if self.public_replies is None:
            return None
        solved = self.solved_at is not None
        return solved and self.public_replies == 1 and not self.reopens and not self.transfers


def fold(opened_at: datetime, events: Iterable[Event], chosen: str | None = None) -> Outcome:
    """The outcome of a ticket that was opened at ``opened_at`` and had these events.

    ``chosen`` is the desk's id of the queue we chose for it; None if we did not.
    """
    state = _Fold(opened_at, chosen)
    # Of events at the same instant the key decides, and of one told with two times the earlier,
    # so that every order of hearing agrees.
    heard: set[str] = set()
    for event in sorted(events, key=lambda event: (event.at, event.key)):
        if event.key not in heard:
            heard.add(event.key)
            state.take(event)
    return state.outcome()


class _Fold:
    def __init__(self, opened_at: datetime, chosen: str | None) -> None:
        self.opened_at = opened_at
        self.chosen = chosen
        self.first_reply_at: datetime | None = None
        self.solved: list[TicketSolved] = []
        self.open_again = False
        self.public_replies = self.reopens = self.transfers = 0
        # Who opens a ticket waits from then on, until a person answers.
        self.answered = False
        self.asked_at: datetime | None = None
        self.gone: Gone | None = None

    def take(self, event: Event) -> None:
        match event:
            case TicketOpened():
                self.opened_at = min(self.opened_at, event.at)
            case TicketReplied(public=True):
                self._reply(event)
            case TicketSolved():
                # Solved, then closed, is one solving; only a reopening starts another.
                if not self.solved or self.open_again:
                    self.solved.append(event)
                self.open_again = False
                self.answered, self.asked_at = True, None
            case TicketReopened():
                if self.solved and not self.open_again:
                    self.reopens += 1
                    self.open_again = True
                    # Whoever opened it again had not got what they asked for.
                    self.answered, self.asked_at = True, self.asked_at or event.at
            case TicketMoved(by=Actor.AGENT, queue_before=before, queue=after):
                moved = before is not None and before != after
                self.transfers += moved and self.chosen in {None, before}
            case TicketGone() | TicketFound():
                self.gone = event.how if isinstance(event, TicketGone) else None

    def _reply(self, event: TicketReplied) -> None:
        if event.by is Actor.AGENT:
            self.public_replies += 1
            self.first_reply_at = self.first_reply_at or event.at
            self.answered, self.asked_at = True, None
        elif event.by is Actor.CUSTOMER and self.answered:
            self.asked_at = self.asked_at or event.at

    def outcome(self) -> Outcome:
        last = self.solved[-1] if self.solved and not self.open_again else None
        waits = last is None and self.gone is None
        return Outcome(
            opened_at=self.opened_at,
            first_reply_at=self.first_reply_at,
            first_solved_at=self.solved[0].at if self.solved else None,
            solved_at=last.at if last else None,
            solved_by=last.agent if last else None,
            public_replies=self.public_replies,
            reopens=self.reopens,
            transfers=self.transfers,
            solvings=tuple(event.key for event in self.solved),
            waiting_since=self._asked() if waits else None,
            gone=self.gone,
        )

    def _asked(self) -> datetime | None:
        return self.asked_at if self.answered else self.opened_at
