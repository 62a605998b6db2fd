"""Decisions, and why they were so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plugin.views.panel import Done
from plugin.views.playbook import VersionLine
from routing.decide import Decision, NearMisses
from routing.differences import Difference
from routing.tickets import Fact, Facts


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Why one ticket went where it went.

    ``known`` are the facts used, by how a field is said. ``effects`` says what each rule that
    fired does. ``earlier`` are the decisions that stood in this one's place, oldest first.
    ``published`` is the version it was decided by, None if it is gone. ``live`` is the version
    that is live now, None where it cannot be decided again. ``happened`` says what had happened
    to the ticket, and ``others`` are the decisions on what else did, oldest first.
    """

    id: int
    connection: str
    ticket: str
    subject: str
    requester: str
    decided_at: datetime
    decision: Decision
    playbook_name: str
    known: Mapping[str, Fact]
    unknown: tuple[str, ...]
    history: tuple[Done, ...]
    degraded: tuple[str, ...]
    facts: Facts
    near: NearMisses = NearMisses()
    effects: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[EarlierDecision, ...] = ()
    published: VersionLine | None = None
    live: int | None = None
    happened: str = ""
    others: tuple[OtherDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherDecision:
    """Another decision on the same ticket: what had happened, and what came of it."""

    id: int
    at: datetime
    happened: str
    queue: str
    fired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """A decision that was made again: what it said, and what the next one says differently."""

    decided_at: datetime
    decision: Decision
    degraded: tuple[str, ...]
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A stored decision's facts under the live playbook: what would come out differently."""

    version: int
    decision: Decision
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """One revision of a decision, decided again by its own version.

    ``apart`` is every value that came out otherwise; none is as it should be.
    """

    revision: int
    apart: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision in the list of them."""

    id: int
    connection: str
    ticket: str
    subject: str
    segment: str | None
    queue: str
    agent: str | None
    rule: str | None
    decided_at: datetime
    state: str
