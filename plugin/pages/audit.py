"""Who did what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from plugin.views.audit import AuditView
from plugin.views.people import Person


class AuditPages(Protocol):
    """Who did what."""

    def view(self, find: str, before: int | None) -> AuditView:
        """Lines with this text in them, newest first, and the state of the whole chain."""
        ...

    def export(self, person: Person, *, csv: bool) -> Iterator[str]:
        """All lines, oldest first, as CSV or JSON lines, in parts; that it was done is noted."""
        ...
