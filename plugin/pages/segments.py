"""Segments, and groups found in the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from plugin.views.people import Person
from plugin.views.rules import OverlapsView
from plugin.views.segments import (
    FoundGroups,
    GroupSearch,
    SegmentDraft,
    SegmentEditor,
    SegmentsView,
    SegmentView,
)
from routing.segments.history import Changed


class SegmentPages(Protocol):
    """Segments, one by one and together."""

    def every(self) -> SegmentsView | None:
        """The list; None while no playbook is live."""
        ...

    def one(self, name: str, kpi: str = "") -> SegmentView:
        """One segment of the live playbook, with the KPI of this key over time; raises NotThere."""
        ...

    def overlaps(self) -> OverlapsView | None:
        """Which segments share customers; None while no playbook is live."""
        ...

    def add_note(self, name: str, text: str, person: Person) -> None:
        """Keep what somebody wrote about a segment. Raises NotThere."""
        ...

    def review(self, name: str, person: Person) -> None:
        """Somebody looked at the definition and found it right. Raises NotThere."""
        ...


class SegmentEditing(Protocol):
    """A segment's form: begin, look, change, publish."""

    def begin(self, name: str | None, template: str | None) -> SegmentDraft:
        """A draft of a segment that is there, of a template, or of nothing. Raises NotThere."""
        ...

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        ...

    def look(self, draft: SegmentDraft, *, strict: bool = False) -> SegmentEditor:
        """The draft with who would be in it, and what is wrong with it.

        A condition that was only just added, and is still empty, is wrong where ``strict`` is set.
        """
        ...

    def publish(self, draft: SegmentDraft, person: Person) -> int:
        """Publish the playbook with this segment in it; the answer is the new version.

        Raises routing.errors.Invalid, NotThere, or Conflict if another version is live now.
        """
        ...

    def since(self, draft: SegmentDraft) -> tuple[Changed, ...]:
        """What others have changed of the segment since the version the draft is based on."""
        ...


class GroupFinding(Protocol):
    """Groups among the customers, found in their numbers."""

    def search(self) -> GroupSearch | None:
        """What can be looked in; None while no playbook is live."""
        ...

    def find(self, names: Sequence[str], count: int | None) -> FoundGroups:
        """The groups in these fields: so many, or as many as stand apart best. Raises NotThere."""
        ...
