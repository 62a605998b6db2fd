"""Which part of a long list is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: rows before this id (None: from the newest), and how many."""

    before: int | None = None
    limit: int = 50
