"""Who may sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.views.people import Person, Role


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with what signing in needs."""

    person: Person
    password_hash: str
    failed: int
    locked_until: datetime | None


class People(Protocol):
    """Who may sign in."""

    def by_email(self, email: str, *, hold: bool = False) -> PersonRecord | None:
        """A person by e-mail, in any case; with ``hold`` until the transaction ends."""
        ...

    def save(self, email: str, name: str, role: Role, password_hash: str, now: datetime) -> int:
        """Make or change a person; a changed password ends their sign-ins."""
        ...

    def set_failed(self, person: int, failed: int, locked_until: datetime | None) -> None:
        """Count wrong passwords."""
        ...

    def start(self, person: int, token_hash: str, expires: datetime) -> None:
        """Keep a sign-in."""
        ...

    def signed_in(self, token_hash: str, now: datetime) -> Person | None:
        """Whose sign-in this is, while it lasts."""
        ...

    def end(self, token_hash: str) -> None:
        """End a sign-in."""
        ...

    def everyone(self) -> list[Person]:
        """All people, by name."""
        ...

    def remove(self, person: int) -> None:
        """Remove a person, and end their sign-ins."""
        ...
