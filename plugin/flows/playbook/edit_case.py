"""A case in a form: what is live, typed in, or made of a decided ticket; out as a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.pages.refusals import Conflict, NotThere
from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.cases import CaseDraft, CaseEditor
from plugin.views.people import Person
from routing.case_of import case_of
from routing.cases.written import entry_of, with_case, without_case
from routing.errors import Invalid, Problem
from routing.forgetting import FORGOTTEN
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.prove import prove_case
from routing.tickets import Priority
from routing.yaml_text import Path, read_yaml
from routing.yaml_write import flow, scalar

TICKET = (
    "subject",
    "text",
    "requester_email",
    "channel",
    "language",
    "priority",
    "tags",
    "queue",
    "opened_at",
)
EXPECT = ("segment", "queue", "agent", "priority", "tags", "first_reply", "rule", "reply")
INPUTS = ("name", *TICKET, "customer", "now", *(f"expect.{one}" for one in EXPECT))
"""The inputs of the form."""

_LISTS = frozenset({"tags"})


@dataclass(frozen=True, slots=True)
class EditCase:
    """The form of a case."""

    store: Store
    clock: Clock
    playbooks: EditPlaybook

    def begin(self, name: str | None, decision: int | None) -> CaseDraft:
        """A draft of a case that is there, of a ticket that was decided, or of nothing.

        Raises NotThere.
        """
        playbook, _ = self._live()
        if name is not None:
            found = next((one for one in playbook.cases if one.name == name), None)
            if found is None:
                raise NotThere(f"There is no case “{name}” in the live playbook.")
            return CaseDraft(playbook.version, name, _values(entry_of(found)))
        if decision is None:
            return CaseDraft(playbook.version, None, _values({}))
        return self._of_decision(decision, playbook)

    def _of_decision(self, decision: int, playbook: Playbook) -> CaseDraft:
        with self.store.look() as work:
            stored = work.decisions.get(decision)
        if stored is None:
            raise NotThere(f"There is no decision {decision}.")
        if stored.facts.ticket.subject == FORGOTTEN:
            raise NotThere("The customer of this ticket was forgotten, and with them what it said.")
        case = case_of(
            stored.facts, stored.decision, playbook, _free(playbook, stored.decision.queue)
        )
        return CaseDraft(playbook.version, None, _values(entry_of(case)), taken_from=decision)

    def look(self, draft: CaseDraft, *, strict: bool = False) -> CaseEditor:
        """The draft with what comes out of it, and, where ``strict`` is set, what is wrong."""
        playbook, text = self._live()
        proof = None
        problems: dict[str, str] = {}
        elsewhere: list[str] = []
        try:
            edited, place = _edited(draft, playbook, text)
            proof = prove_case(edited.cases[place], edited, self.clock.now())
        except Invalid as error:
            # Nobody is told what is missing before they have begun.
            for one in error.problems if strict else ():
                where = _input(one.path)
                if where in INPUTS:
                    problems.setdefault(where, one.message)
                else:
                    elsewhere.append(str(one))
        return CaseEditor(
            draft=draft,
            proof=proof,
            problems=problems,
            elsewhere=tuple(elsewhere),
            choices={
                "priority": tuple(Priority),
                "language": playbook.languages,
                "segment": tuple(one.name for one in playbook.segments),
                "queue": tuple(one.name for one in playbook.queues),
                "agent": tuple(one.name for one in playbook.agents),
                "rule": tuple(one.name for one in playbook.rules),
                "reply": tuple(one.name for one in playbook.replies),
            },
            fields=tuple(
                (one.name, one.says) for one in playbook.fields.values() if one.read is None
            ),
        )

    def publish(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook with this case; the answer is the new version.

        Raises Invalid, RedCases, NotThere, or Conflict if another version is live now.
        """
        playbook, text = self._same(draft)
        _edited(draft, playbook, text)
        wrote = with_case(text, draft.was, _entry(draft.values))
        return self.playbooks.publish(wrote, draft.note, draft.based_on, person)

    def remove(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook without the case that the draft began with. Raises as above."""
        _, text = self._same(draft)
        wrote = without_case(text, draft.was or "")
        return self.playbooks.publish(wrote, draft.note, draft.based_on, person)

    def _same(self, draft: CaseDraft) -> tuple[Playbook, str]:
        """The live playbook, if the draft is based on it. Raises Conflict."""
        playbook, text = self._live()
        if playbook.version != draft.based_on:
            with self.store.look() as work:
                raise Conflict(playbook.version, work.playbooks.versions()[0].by)
        return playbook, text

    def _live(self) -> tuple[Playbook, str]:
        live = self.playbooks.live()
        if live is None:
            raise NotThere("No playbook is live yet, so there is none to put a case into.")
        return live


def _edited(draft: CaseDraft, playbook: Playbook, text: str) -> tuple[Playbook, int]:
    """The playbook with the draft in it, and its place there from 0.

    Raises Invalid; the paths of problems with the case itself begin inside it.
    """
    names = [one.name for one in playbook.cases]
    place = len(names) if draft.was is None else names.index(draft.was) if draft.was in names else 0
    entry = _entry(draft.values)
    try:
        return read_playbook(with_case(text, draft.was, entry), playbook.version), place
    except Invalid as error:
        raise Invalid(error.seen_from(("cases", place))) from None


def _entry(values: Mapping[str, str]) -> dict[str, Any]:
    """The draft as an entry of the playbook's file. Raises Invalid for facts that are no map."""
    return {
        "name": values.get("name", ""),
        "ticket": _filled(values, "", TICKET),
        "customer": _facts(values.get("customer", "")),
        "now": values.get("now", ""),
        "expect": _filled(values, "expect.", EXPECT),
    }


def _filled(values: Mapping[str, str], prefix: str, keys: tuple[str, ...]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for key in keys:
        said: Any = values.get(f"{prefix}{key}", "")
        if key in _LISTS:
            said = [word for word in (one.strip() for one in said.split(",")) if word]
        if said:
            filled[key] = said
    return filled


def _facts(lines: str) -> dict[str, Any]:
    """The facts, one on each line, as the playbook's file has them."""
    try:
        read = read_yaml(lines).value
    except Invalid as error:
        lines_said = (
            one.message if one.line is None else f"Line {one.line}: {one.message}"
            for one in error.problems
        )
        told = " ".join(lines_said)
        raise Invalid((Problem(("customer",), told),)) from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        told = "Write one fact on each line, like customer.plan: Business."
        raise Invalid((Problem(("customer",), told),))
    return dict(read)


def _values(entry: Mapping[str, Any]) -> dict[str, str]:
    """An entry as the form shows it."""
    ticket, expect = entry.get("ticket", {}), entry.get("expect", {})
    customer = entry.get("customer", {})
    return {
        "name": entry.get("name", ""),
        **{key: _line(ticket.get(key)) for key in TICKET},
        "customer": "\n".join(f"{scalar(name)}: {flow(one)}" for name, one in customer.items()),
        "now": entry.get("now", ""),
        **{f"expect.{key}": _line(expect.get(key)) for key in EXPECT},
    }


def _line(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value or "")


def _input(path: Path) -> str:
    """The input at which a problem is shown, by its path inside the case."""
    match path:
        case ("expect", str() as what, *_):
            return f"expect.{what}"
        case ("expect",):
            return "expect.queue"
        case ("ticket", str() as what, *_):
            return what
        case (str() as what, *_):
            return what
        case _:
            return ""


def _free(playbook: Playbook, queue: str) -> str:
    """A name for a new case that none has."""
    taken = {one.name for one in playbook.cases}
    names = (f"A ticket for {queue}{'' if n == 1 else f', {n}'}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
