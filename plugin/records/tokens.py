"""The tokens of programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.views.programs import Scope


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What a program proves itself by; ``id`` is 0 before it is kept, and only a hash is."""

    name: str
    scopes: frozenset[Scope]
    by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None
    id: int = 0


class Tokens(Protocol):
    """The tokens of programs."""

    def add(self, record: TokenRecord, token_hash: str) -> bool:
        """Keep a new one; False if there is one of this name."""
        ...

    def by_hash(self, token_hash: str) -> TokenRecord | None:
        """The one with this hash."""
        ...

    def used(self, token: int, now: datetime) -> None:
        """Somebody has come by it."""
        ...

    def every(self) -> list[TokenRecord]:
        """All of them, by name."""
        ...

    def remove(self, name: str) -> bool:
        """Remove one; False if there is none of this name."""
        ...
