"""Settings that people change while Deskroute runs."""

from __future__ import annotations

from typing import Protocol


class House(Protocol):
    """Settings that people change while Deskroute runs, by name."""

    def get(self, name: str) -> str | None:
        """A setting; None where it was never set."""
        ...

    def set(self, name: str, value: str) -> None:
        """Set it."""
        ...
