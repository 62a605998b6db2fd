"""Drafts as the flow would show them, and a flow that hands them out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plugin.views.people import Person, Role
from plugin.views.playbook import DraftLine, DraftState, DraftView, ToPublish, VersionLine
from routing.lint.lint import lint
from routing.playbook_file import read_playbook
from routing.prove import prove

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)


def draft_lines() -> tuple[DraftLine, ...]:
    return (
        DraftLine(5, "Samuel Okoro", NOW, 41, "Night hours are on.", DraftState.ASKED),
        DraftLine(
            4,
            "Ines Moreau",
            NOW,
            40,
            "",
            DraftState.SENT_BACK,
            judge="Samuel Okoro",
            reason="Banks wait too long with this.",
            mine=True,
        ),
        DraftLine(3, "Ines Moreau", NOW, 0, "The first.", DraftState.KEPT, mine=True),
    )


def draft_view(text: str, *may: str, at: int = 0, moved_on: bool = False) -> DraftView:
    playbook = read_playbook(text)
    return DraftView(
        line=draft_lines()[at],
        text=text,
        seal="5ea1",
        live=VersionLine(42 if moved_on else 41, "Why", "Ines Moreau", NOW, live=True),
        moved_on=moved_on,
        demanded=True,
        words=("Rule “Night hours”: state was off, is on.",),
        lines=("@@ -1 +1 @@", "-    state: off", "+    state: on"),
        problems=(),
        findings=lint(playbook, NOW),
        proofs=prove(playbook, NOW),
        may=frozenset(may or ("discard", "approve", "send-back", "publish", "ask")),
    )


def bare_draft_view() -> DraftView:
    return DraftView(
        line=draft_lines()[2],
        text="",
        seal="",
        live=None,
        moved_on=False,
        demanded=False,
        words=(),
        lines=(),
        problems=("It is empty.",),
        findings=(),
        proofs=(),
        may=frozenset(),
    )


class FakeDrafts:
    """The flow behind the pages of drafts; ``fakes`` is what ``page_samples`` has."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def every(self, person: Person) -> tuple[DraftLine, ...]:
        assert person.role.may(Role.LEAD)
        lines: tuple[DraftLine, ...] = self.fakes.drafts_now
        return lines

    def view(self, draft: int, person: Person) -> DraftView:
        self.fakes.asked.append(("draft", draft, person))
        view: DraftView = self.fakes.draft_now
        return view

    def keep(self, change: ToPublish, person: Person) -> int:
        self._act("keep", change, person)
        return 6

    def discard(self, draft: int, person: Person) -> None:
        self._act("discard", draft, person)

    def ask(self, draft: int, seal: str, person: Person) -> None:
        self._act("ask", draft, seal, person)

    def approve(self, draft: int, seal: str, person: Person) -> int:
        self._act("approve", draft, seal, person)
        return 42

    def publish(self, draft: int, seal: str, person: Person) -> int:
        self._act("publish draft", draft, seal, person)
        return 42

    def send_back(self, draft: int, reason: str, person: Person) -> None:
        self._act("send back", draft, reason, person)

    def demanded(self) -> bool:
        return True

    def demand(self, person: Person, *, demanded: bool) -> None:
        self._act("demand", person, demanded)

    def _act(self, *what: object) -> None:
        self.fakes.asked.append(what)
        for trouble in (self.fakes.fails, self.fakes.conflict, self.fakes.red):
            if trouble is not None:
                raise trouble
