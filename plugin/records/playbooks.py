"""Published playbooks."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from plugin.views.playbook import VersionLine
from routing.playbook import Playbook


class Playbooks(Protocol):
    """Published versions of the playbook."""

    def live(self) -> Playbook | None:
        """The newest version, compiled; None before the first is published."""
        ...

    def get(self, version: int) -> Playbook | None:
        """One version, compiled."""
        ...

    def text(self, version: int) -> str | None:
        """One version as it was written."""
        ...

    def publish(self, text: str, note: str, by: str, now: datetime, based_on: int) -> int | None:
        """Keep the text as a new version; None if ``based_on`` is not the newest any more."""
        ...

    def versions(self) -> list[VersionLine]:
        """Every version, newest first."""
        ...
