"""Rules on trial, and the tickets for which they fired or would have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from routing.outcomes.result import Result


@dataclass(frozen=True, slots=True)
class Tried:
    """A ticket for which a rule on trial fired, or would have: ``effect`` says which.

    ``queue`` is the desk's id of the one it is in now, ``queue_name`` the one it was sent to.
    """

    effect: bool
    connection: str
    queue: str | None
    queue_name: str | None
    result: Result


class Trials(Protocol):
    """Rules on trial."""

    def tried(self, rule: str, since_version: int) -> list[Tried]:
        """The tickets for which a rule fired or would have, since this playbook was live."""
        ...
