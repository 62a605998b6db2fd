"""Rules and cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from plugin.views.cases import CaseDraft, CaseEditor
from plugin.views.people import Person
from plugin.views.rules import (
    QualityView,
    RuleDraft,
    RuleEditor,
    RuleOrder,
    RuleReview,
    RulesDraft,
    TicketToTry,
)
from routing.lint.findings import Finding
from routing.playbook import Playbook


class RuleChecks(Protocol):
    """What is wrong with a playbook's rules."""

    def findings(self, playbook: Playbook) -> tuple[Finding, ...] | None:
        """Everything found, with witnesses; None where its rules are too long for a page."""
        ...


class RuleTrials(Protocol):
    """How shadows and canaries do."""

    def told(self) -> dict[str, tuple[str, ...]]:
        """How each one of the live playbook does, in sentences, by its name."""
        ...


class RuleEditing(Protocol):
    """A rule's form, and the order of all rules: begin, look, review, publish."""

    def begin(self, name: str | None, like: str | None) -> RuleDraft:
        """A draft of a rule that is there, of another one like it, or of nothing.

        Raises NotThere.
        """
        ...

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        ...

    def look(self, draft: RuleDraft, trying: TicketToTry, *, strict: bool = False) -> RuleEditor:
        """The draft over past tickets and on the one to try, and what is wrong with it.

        A condition that was only just added, and is still empty, is wrong where ``strict`` is set.
        """
        ...

    def arrange(self, change: RuleOrder, action: str = "") -> RulesDraft:
        """The rules in this order after one button, based on what is live. Raises NotThere."""
        ...

    def without(self, name: str) -> RuleOrder:
        """The live rules without this one. Raises NotThere."""
        ...

    def review(self, change: RuleDraft | RuleOrder) -> RuleReview:
        """What publishing the change over the live playbook would do. Raises NotThere."""
        ...

    def publish(self, change: RuleDraft | RuleOrder, person: Person) -> int:
        """Publish the playbook with this change; the answer is the new version.

        Raises routing.errors.Invalid, NotThere, or Conflict if another version is live now.
        """
        ...


class RuleQualities(Protocol):
    """How well each rule routes."""

    def view(self, days: int | None) -> QualityView | None:
        """The rules over the last 30 or 90 days, or over all; None while no playbook is live."""
        ...

    def count(self) -> None:
        """Begin to measure anew."""
        ...


class CaseEditing(Protocol):
    """A case's form: begin, look, publish, remove."""

    def begin(self, name: str | None, decision: int | None) -> CaseDraft:
        """A draft of a case that is there, of a ticket that was decided, or of nothing.

        Raises NotThere.
        """
        ...

    def look(self, draft: CaseDraft, *, strict: bool = False) -> CaseEditor:
        """The draft with what comes out of it, and, where ``strict`` is set, what is wrong."""
        ...

    def publish(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook with this case; the answer is the new version.

        Raises routing.errors.Invalid, RedCases, NotThere, or Conflict.
        """
        ...

    def remove(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook without the case that the draft began with. Raises as above."""
        ...
