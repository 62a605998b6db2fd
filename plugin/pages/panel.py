"""The panel beside a ticket, and who may frame it."""

from __future__ import annotations

from typing import Protocol

from plugin.views.panel import Frame, PanelView
from plugin.views.people import Person


class Frames(Protocol):
    """What stands around every signed-in page."""

    def frame(self, person: Person) -> Frame:
        """The frame for this person, as of now."""
        ...


class Panel(Protocol):
    """The agent's panel in a ticket."""

    def view(self, connection: str, ticket: str) -> PanelView | None:
        """The newest decision on this ticket with all an agent needs; None if there is none."""
        ...

    def move(self, decision_id: int, queue: str, note: str, person: Person) -> None:
        """Move the ticket to another queue of the playbook and keep the note beside the rule.

        Raises NotThere, Refused or Unavailable.
        """
        ...

    def inserted(self, decision_id: int, reply: str, position: int, person: Person) -> None:
        """Record that a suggested reply was taken; ``position`` counts from 1. Raises NotThere."""
        ...
