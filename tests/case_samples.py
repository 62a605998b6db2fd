"""A case's form as the flow would make it, and a flow that hands it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from plugin.pages.refusals import NotThere
from plugin.views.cases import CaseDraft, CaseEditor
from plugin.views.people import Person
from routing.errors import Invalid, Problem
from routing.playbook import Playbook
from routing.prove import prove

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)

VALUES = {
    "name": "A bank goes to Compliance",
    "subject": "Audit",
    "text": "Our auditor asks where our data is.\nWhere is it?",
    "language": "de",
    "customer": "account.industry: Banking",
    "expect.queue": "Compliance",
    "expect.rule": "Banks with a DPA",
}


def case_editor(playbook: Playbook, draft: CaseDraft | None = None) -> CaseEditor:
    return CaseEditor(
        draft=draft or CaseDraft(41, "A bank goes to Compliance", VALUES),
        proof=prove(playbook, NOW)[-1],
        problems={"expect.queue": "There is no queue “Complience”. Did you mean Compliance?"},
        elsewhere=("cases[0].expect.segment: There is no segment “VIP”.",),
        choices={
            "priority": ("low", "high"),
            "language": playbook.languages,
            "segment": tuple(one.name for one in playbook.segments),
            "queue": tuple(one.name for one in playbook.queues),
            "agent": tuple(one.name for one in playbook.agents),
            "rule": tuple(one.name for one in playbook.rules),
            "reply": tuple(one.name for one in playbook.replies),
        },
        fields=(("customer.plan", "plan"), ("account.industry", "industry")),
    )


def bare_case_editor(playbook: Playbook) -> CaseEditor:
    view = case_editor(playbook, CaseDraft(1, None, {}))
    return replace(view, proof=None, problems={}, elsewhere=(), fields=())


class FakeCases:
    """The flow behind the form of a case; ``fakes`` is what ``page_samples`` has."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def begin(self, name: str | None, decision: int | None) -> CaseDraft:
        self.fakes.asked.append(("begin case", name, decision))
        if name == "Gone":
            raise NotThere("There is no case “Gone” in the live playbook.")
        draft: CaseDraft = replace(self.fakes.case_now.draft, was=name, taken_from=decision)
        return draft

    def look(self, draft: CaseDraft, *, strict: bool = False) -> CaseEditor:
        self.fakes.asked.append(("look at case", draft, strict))
        return replace(self.fakes.case_now, draft=draft)

    def publish(self, draft: CaseDraft, person: Person) -> int:
        return self._act("publish case", draft, person)

    def remove(self, draft: CaseDraft, person: Person) -> int:
        return self._act("remove case", draft, person)

    def _act(self, what: str, draft: CaseDraft, person: Person) -> int:
        self.fakes.asked.append((what, draft, person))
        for trouble in (self.fakes.conflict, self.fakes.red):
            if trouble is not None:
                raise trouble
        if not draft.values.get("name"):
            raise Invalid((Problem(("name",), "It is empty."),))
        return 42
