"""The playbook and drafts of it, tried on past tickets."""

from __future__ import annotations

from typing import Protocol

from plugin.views.back_tests import BackTestDraft, BackTestForm, BackTestView, ComparedTicket
from plugin.views.people import Person
from plugin.views.playbook import DraftLine, DraftView, PlaybookView, ToPublish
from routing.playbook import Playbook
from routing.prove import Proof


class PlaybookPages(Protocol):
    """The lead's pages."""

    def view(self, version: int | None) -> PlaybookView | None:
        """One version, or with None the live one; None where there is no such version."""
        ...

    def text(self, version: int) -> str:
        """The version as one YAML text, as it was published. Raises NotThere."""
        ...

    def changed(self, version: int) -> tuple[str, ...] | None:
        """What a version changed, in words; None where that can't be told any more."""
        ...

    def check(self, text: str) -> Playbook:
        """Read a YAML text without publishing it; raises routing.errors.Invalid."""
        ...

    def proofs(self, playbook: Playbook) -> tuple[Proof, ...]:
        """Each of its cases, decided now."""
        ...

    def publish(self, text: str, note: str, based_on: int, person: Person) -> int:
        """Publish a YAML text; the answer is its version.

        ``based_on`` is the version that was live when the person began, 0 for none. Raises
        routing.errors.Invalid with every problem, RedCases while a case is red, Conflict if
        another version is live now, and AskedForApproval where somebody else has to approve it.
        """
        ...

    def publish_draft(self, change: ToPublish, person: Person) -> int:
        """The same for a change that comes from a draft."""
        ...

    def roll_back(self, version: int, person: Person) -> int:
        """Publish an old version again; the answer is its new version.

        Raises NotThere, routing.errors.Invalid, RedCases and AskedForApproval.
        """
        ...


class DraftPages(Protocol):
    """Playbooks that are not published yet, and who has to approve them."""

    def every(self, person: Person) -> tuple[DraftLine, ...]:
        """All drafts, newest first."""
        ...

    def view(self, draft: int, person: Person) -> DraftView:
        """One of them, and what this person may do with it. Raises NotThere."""
        ...

    def keep(self, change: ToPublish, person: Person) -> int:
        """Keep a text as this person's draft; the answer is its id.

        The draft it names is written over if it is theirs, else theirs is a new one.
        """
        ...

    def discard(self, draft: int, person: Person) -> None:
        """Throw it away. Raises NotThere, or Refused for somebody else's."""
        ...

    def ask(self, draft: int, seal: str, person: Person) -> None:
        """Ask the others to approve it.

        Raises as ``approve`` does, and Refused for somebody else's.
        """
        ...

    def approve(self, draft: int, seal: str, person: Person) -> int:
        """Approve somebody else's draft, which publishes it; the answer is its version.

        ``seal`` is the one of the view that this person saw. Raises NotThere, Refused for one's own
        draft, one that nobody asked for, or one that was changed since; and as publishing does
        routing.errors.Invalid, RedCases, or Conflict if live has moved on.
        """
        ...

    def publish(self, draft: int, seal: str, person: Person) -> int:
        """Publish a draft where nobody has to approve it. Raises the same."""
        ...

    def send_back(self, draft: int, reason: str, person: Person) -> None:
        """Say no to somebody else's draft. Raises NotThere, and Refused without a reason."""
        ...

    def demanded(self) -> bool:
        """Whether publishing needs the approval of a second person."""
        ...

    def demand(self, person: Person, *, demanded: bool) -> None:
        """Switch that on or off. Raises Refused where there is no second person who could."""
        ...


class BackTests(Protocol):
    """Drafts of the playbook tried on past tickets."""

    def begin(self) -> BackTestForm | None:
        """What can be tried; None while no playbook is live."""
        ...

    def start(self, draft: BackTestDraft, person: Person) -> int:
        """Begin to try a draft beside the live playbook; the answer is the back-test's id.

        Raises routing.errors.Invalid with every problem of the draft, NotThere, or Refused while
        another one runs.
        """
        ...

    def view(self, back_test: int) -> BackTestView:
        """One of them, with its report once it is done. Raises NotThere."""
        ...

    def ticket(self, back_test: int, ticket: int) -> ComparedTicket:
        """One ticket decided by both playbooks, with the reasons. Raises NotThere."""
        ...
