"""Programs that read over the API, their tokens, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a program may read over the API; none implies another."""

    KPIS = "read-kpis"
    TICKETS = "read-tickets"
    PLAYBOOK = "read-playbook"
    DELIVERIES = "read-deliveries"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that has proved itself by a token."""

    id: int
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token in the list. ``used_at`` is true to the hour."""

    name: str
    scopes: tuple[Scope, ...]
    by: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    expired: bool


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as somebody wants it; ``days`` None is for ever."""

    name: str
    scopes: tuple[str, ...]
    days: int | None


@dataclass(frozen=True, slots=True)
class ToldSegment:
    """One segment as programs are told of it.

    ``customers`` belong to it, as counted at ``counted_at``; both are None before the first count.
    """

    name: str
    model: str
    owner: str
    goal: str
    customers: int | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldSegments:
    """The segments of the live playbook, in its order."""

    playbook: str
    version: int
    segments: tuple[ToldSegment, ...]


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """One decision on a ticket. ``silent`` are the customer sources that did not answer for it."""

    id: int
    desk: str
    ticket: str
    decided_at: datetime
    applied_at: datetime | None
    playbook: int
    segments: tuple[str, ...]
    rules: tuple[str, ...]
    queue: str
    because: str
    agent: str | None
    priority: str | None
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldDecisions:
    """The decisions on a ticket, the newest first."""

    decisions: tuple[ToldDecision, ...]
