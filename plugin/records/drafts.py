"""Playbooks that are not published yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from plugin.views.playbook import DraftState


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A playbook that is not published yet; ``id`` is 0 before it is kept.

    ``by`` is its author's address, ``called`` their name. ``renames`` maps segments to their new
    names. ``judge`` sent it back for a ``reason``; both are empty where nobody did.
    """

    by: str
    called: str
    at: datetime
    based_on: int
    note: str
    text: str
    id: int = 0
    renames: Mapping[str, str] = field(default_factory=dict)
    state: DraftState = DraftState.KEPT
    judge: str = ""
    reason: str = ""

    @property
    def seal(self) -> str:
        """What changes with all that is published of it: whoever approves names what they saw."""
        told = json.dumps([self.based_on, self.note, self.text, dict(self.renames)])
        return sha256(told.encode()).hexdigest()[:32]


class Drafts(Protocol):
    """Playbooks that are not published yet."""

    def keep(self, draft: DraftRecord) -> int:
        """Keep a new draft (its id is 0), or one that is there; the answer is its id."""
        ...

    def get(self, draft: int, *, hold: bool = False) -> DraftRecord | None:
        """One draft; with ``hold`` nobody else changes it before the transaction ends."""
        ...

    def every(self) -> list[DraftRecord]:
        """All of them, the newest first."""
        ...

    def asked(self, person: str) -> int:
        """How many drafts of others than the person of this address wait for an approval."""
        ...

    def remove(self, draft: int) -> None:
        """Remove one. One that is gone is no error."""
        ...
