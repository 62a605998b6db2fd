"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from routing.conditions.tree import Condition
from routing.tickets import Priority, Trigger


class After(StrEnum):
    """What happens once a rule has fired: the book is closed, or the next rule is tried."""

    STOP = "stop"
    GO_ON = "go on"


class State(StrEnum):
    """Whether a rule has a say: for every ticket, for none, or for some.

    A ``SHADOW`` is tried without effect. A ``CANARY`` has an effect for a share of the tickets and
    is a shadow for the rest.
    """

    ON = "on"
    OFF = "off"
    SHADOW = "shadow"
    CANARY = "canary"


class Guard(StrEnum):
    """A figure that ends a canary by itself once it is worse with the rule than without it."""

    CSAT = "csat"
    TRANSFERS = "transfers"
    REOPENS = "reopens"


@dataclass(frozen=True, slots=True)
class Canary:
    """For which share of the tickets, in per cent, a canary has an effect, and what guards it."""

    share: float = 10.0
    guards: tuple[Guard, ...] = tuple(Guard)


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule decides; None leaves a thing to a later rule. Names are the playbook's.

    ``fields`` are the desk's custom fields with their new values. ``first_reply`` and
    ``resolution`` are targets, counted from the opening. ``note`` is written as a private note.
    ``suggest`` is a reply to be offered first, ``answer`` one that is sent by itself. ``escalate``
    is a queue to which the ticket goes as urgent. ``notify`` are e-mail addresses.
    After ``hand_back`` without an answer the ticket is taken from its agent and given anew.
    """

    queue: str | None = None
    agent: str | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    first_reply: timedelta | None = None
    resolution: timedelta | None = None
    fields: tuple[tuple[str, str], ...] = ()
    note: str | None = None
    suggest: str | None = None
    answer: str | None = None
    escalate: str | None = None
    notify: tuple[str, ...] = ()
    hand_back: timedelta | None = None

    @property
    def leads_to(self) -> str | None:
        """The queue to which it sends a ticket; None where it leaves that open."""
        return self.queue or self.escalate

    @property
    def urgency(self) -> Priority | None:
        """The priority it gives a ticket; what is escalated is urgent, unless it says otherwise."""
        return self.priority or (Priority.URGENT if self.escalate else None)


@dataclass(frozen=True, slots=True)
class Rule:
    """When something happens and a condition holds, decide something, and then stop or go on.

    ``waits`` is for how long a customer has to have waited, where that is the trigger. ``canary``
    counts in that state only.
    """

    name: str
    when: Condition
    then: Then
    after: After = After.STOP
    state: State = State.ON
    owner: str = ""
    note: str = ""
    on: Trigger = Trigger.OPENED
    waits: timedelta | None = None
    canary: Canary = Canary()

    @property
    def may_act(self) -> bool:
        """Whether there are tickets for which it has an effect."""
        return self.state is State.ON or self.state is State.CANARY
