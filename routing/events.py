"""What a desk told us about a ticket, in our words and in the past tense.

Every event carries its own time (the desk's, never ours) and a ``key`` that is the same
whenever the same occurrence is told again, so that hearing it twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.tickets import TicketRef

LOGGED = "log:"
"""How the keys of events begin that an imported log told; no desk's own does."""


class Gone(StrEnum):
    """Why there is nothing more to measure about a ticket."""

    MERGED = "merged"
    DELETED = "deleted"


class Actor(StrEnum):
    """Who did it. ``US`` is Deskroute itself, ``DESK`` the desk's own automation."""

    CUSTOMER = "customer"
    AGENT = "agent"
    US = "us"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """What all events share. ``agent`` is the desk's id of the agent who acted, if one did."""

    ticket: TicketRef
    at: datetime
    key: str
    by: Actor
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(TicketEvent):
    """A customer (or an agent for them) opened the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReplied(TicketEvent):
    """Somebody wrote a message; ``public`` when the customer could read it."""

    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSolved(TicketEvent):
    """The ticket was set to solved or closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(TicketEvent):
    """A solved ticket is open again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMoved(TicketEvent):
    """The ticket changed queue. Ids are the desk's; ``queue_before`` None means unknown."""

    queue_before: str | None
    queue: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAssigned(TicketEvent):
    """The ticket was given to an agent, or to nobody (``assignee`` None)."""

    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGone(TicketEvent):
    """The ticket was merged into another, or deleted."""

    how: Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFound(TicketEvent):
    """A ticket that was gone is there again."""


Event = (
    TicketOpened
    | TicketReplied
    | TicketSolved
    | TicketReopened
    | TicketMoved
    | TicketAssigned
    | TicketGone
    | TicketFound
)
