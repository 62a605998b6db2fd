"""The audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.chain import Link
from plugin.records.page import Page


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How many lines of the audit log were written, and the hash of the last."""

    lines: int
    hash: str


class Audit(Protocol):
    """Who did what that somebody may have to answer for, in a chain."""

    def note(self, by: str, did: str, now: datetime) -> None:
        """Keep one line; it is written when the transaction is kept."""
        ...

    def lines(self, page: Page, find: str) -> list[Link]:
        """Lines with this text in them, newest first."""
        ...

    def links(self, after: int, limit: int) -> list[Link]:
        """Lines behind the one of this id, oldest first."""
        ...

    def head(self) -> ChainHead:
        """Where the chain ends, as it was kept beside it."""
        ...
