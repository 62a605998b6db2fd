"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from routing.conditions.tree import Condition
from routing.tickets import Priority


class After(StrEnum):
    """What happens once a rule has fired: the book is closed, or the next rule is tried."""

    STOP = "stop"
    GO_ON = "go on"


class State(StrEnum):
    """Whether a rule has a say."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule decides; None leaves a thing to a later rule. Names are the playbook's."""

    queue: str | None = None
    agent: str | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    first_reply: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """When a condition holds, decide something, and then stop or go on."""

    name: str
    when: Condition
    then: Then
    after: After = After.STOP
    state: State = State.ON
    owner: str = ""
    note: str = ""
