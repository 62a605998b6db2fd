"""Queues and the agents who serve them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Queue:
    """One line of waiting tickets; ``ids`` maps a desk connection to the desk's own id of it.

    ``hours`` names the schedule by which its tickets are measured, where it has one of its own.
    """

    name: str
    ids: Mapping[str, str] = field(default_factory=dict)
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """One person who answers tickets.

    ``capacity`` is the most open tickets they hold at once. ``languages`` empty means any.
    """

    name: str
    ids: Mapping[str, str] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    capacity: int = 10
