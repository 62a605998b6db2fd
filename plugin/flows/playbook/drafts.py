"""Drafts of the playbook: kept, looked at, approved by a second person or sent back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import unified_diff

from plugin.flows.playbook.edit_playbook import (
    APPROVALS,
    DEMANDED,
    NOT_DEMANDED,
    EditPlaybook,
    is_demanded,
    kept,
)
from plugin.pages.refusals import NotThere
from plugin.ports import Clock, Refused
from plugin.records.drafts import DraftRecord
from plugin.records.work import Store, Work
from plugin.views.people import Person, Role
from plugin.views.playbook import DraftLine, DraftState, DraftView, ToPublish
from routing.errors import Invalid
from routing.lint.findings import Finding
from routing.playbook import Playbook
from routing.playbook_diff import diff
from routing.playbook_file import read_playbook

SHOWN = 400
"""Lines of the text's difference that a page shows."""

LEAST_PEOPLE = 2
"""People who may publish that there must be, so that one can approve what the other wrote."""


@dataclass(frozen=True, slots=True)
class SeeDrafts:
    """Playbooks that are not published yet. ``lint`` says what is wrong with the rules of one."""

    store: Store
    clock: Clock
    playbooks: EditPlaybook
    lint: Callable[[Playbook], tuple[Finding, ...] | None]

    def every(self, person: Person) -> tuple[DraftLine, ...]:
        """All drafts, newest first."""
        with self.store.look() as work:
            return tuple(_line(one, person) for one in work.drafts.every())

    def view(self, draft: int, person: Person) -> DraftView:
        """One of them, and what this person may do with it. Raises NotThere."""
        with self.store.look() as work:
            record = _known(work, draft)
            versions = work.playbooks.versions()
            demanded = is_demanded(work)
        live = versions[0] if versions else None
        published = self.playbooks.live()
        try:
            playbook = read_playbook(record.text)
            problems: tuple[str, ...] = ()
        except Invalid as error:
            playbook, problems = None, tuple(map(str, error.problems))
        words: tuple[str, ...] = ()
        if playbook is not None:
            words = ("It is the first playbook.",)
            if published is not None:
                words = tuple(map(str, diff(published[0], playbook)))
        moved_on = record.based_on != (0 if live is None else live.version)
        return DraftView(
            line=_line(record, person),
            text=record.text,
            seal=record.seal,
            live=live,
            moved_on=moved_on,
            demanded=demanded,
            words=words,
            lines=_lines("" if published is None else published[1], record.text),
            problems=problems,
            findings=() if playbook is None else self.lint(playbook),
            proofs=() if playbook is None else self.playbooks.proofs(playbook),
            may=frozenset(_may(record, person, demanded=demanded)),
        )

    def keep(self, change: ToPublish, person: Person) -> int:
        """Keep a text as this person's draft; the answer is its id."""
        now = self.clock.now()
        with self.store.work() as work:
            key = work.drafts.keep(kept(work, change, person, now))
            work.audit.note(person.email, f"kept draft {key}: {change.note}", now)
            work.commit()
        return key

    def discard(self, draft: int, person: Person) -> None:
        """Throw it away. Raises NotThere, or Refused for somebody else's."""
        with self.store.work() as work:
            record = _held(work, draft)
            _refuse_unless("discard", record, person, demanded=is_demanded(work))
            work.drafts.remove(draft)
            did = f"discarded draft {draft} of {record.by}: {record.note}"
            work.audit.note(person.email, did, self.clock.now())
            work.commit()

    def ask(self, draft: int, seal: str, person: Person) -> None:
        """Ask the others to approve it: it is read and its cases are run first."""
        change = self._change(draft)
        self.playbooks.prove(change)
        with self.store.work() as work:
            record = _seen(work, change, seal)
            _refuse_unless("ask", record, person, demanded=is_demanded(work))
            if not record.note:
                raise Refused("The note is empty. Open the draft and say what changes.")
            work.drafts.keep(replace(record, state=DraftState.ASKED, judge="", reason=""))
            did = f"asked for an approval of draft {draft}: {record.note}"
            work.audit.note(person.email, did, self.clock.now())
            work.commit()

    def approve(self, draft: int, seal: str, person: Person) -> int:
        """Approve somebody else's draft, which publishes it; the answer is its version."""
        change = self._change(draft)
        self.playbooks.prove(change)
        with self.store.work() as work:
            record = _seen(work, change, seal)
            _refuse_unless("approve", record, person, demanded=is_demanded(work))
            version = self.playbooks.publish_in(work, change, person, record)
            work.commit()
        return version

    def publish(self, draft: int, seal: str, person: Person) -> int:
        """Publish a draft where nobody has to approve it."""
        change = self._change(draft)
        self.playbooks.prove(change)
        with self.store.work() as work:
            record = _seen(work, change, seal)
            _refuse_unless("publish", record, person, demanded=is_demanded(work))
            if not record.note:
                raise Refused("The note is empty. Open the draft and say what changes.")
            version = self.playbooks.publish_in(work, change, person)
            work.commit()
        return version

    def send_back(self, draft: int, reason: str, person: Person) -> None:
        """Say no to somebody else's draft."""
        if not reason:
            raise Refused("The reason is empty. Say what has to change.")
        with self.store.work() as work:
            record = _held(work, draft)
            _refuse_unless("send-back", record, person, demanded=is_demanded(work))
            work.drafts.keep(
                replace(record, state=DraftState.SENT_BACK, judge=person.name, reason=reason)
            )
            did = f"sent draft {draft} of {record.by} back: {reason}"
            work.audit.note(person.email, did, self.clock.now())
            work.commit()

    def demanded(self) -> bool:
        """Whether publishing needs the approval of a second person."""
        with self.store.look() as work:
            return is_demanded(work)

    def demand(self, person: Person, *, demanded: bool) -> None:
        """Switch that on or off. Raises Refused where there is no second person who could."""
        with self.store.work() as work:
            if not person.role.may(Role.ADMIN):
                raise Refused("Only an admin decides whether publishing needs an approval.")
            able = [one for one in work.people.everyone() if one.role.may(Role.LEAD)]
            if demanded and len(able) < LEAST_PEOPLE:
                raise Refused(
                    "Only one person may publish, so nobody could approve what they write. Add a "
                    "second lead or admin first: `deskroute people add`."
                )
            if demanded == is_demanded(work):
                return
            work.house.set(APPROVALS, DEMANDED if demanded else NOT_DEMANDED)
            now_on = "publishing needs the approval of a second person from now on"
            did = now_on if demanded else "publishing needs no approval from now on"
            work.audit.note(person.email, f"decided that {did}", self.clock.now())
            work.commit()

    def _change(self, draft: int) -> ToPublish:
        with self.store.look() as work:
            return _of(_known(work, draft))


def _of(record: DraftRecord) -> ToPublish:
    return ToPublish(
        record.text, record.note, record.based_on, dict(record.renames), draft=record.id
    )


def _seen(work: Work, change: ToPublish, seal: str) -> DraftRecord:
    """The draft, if it still is what was proved and what somebody saw. Raises NotThere, Refused."""
    record = _held(work, change.draft or 0)
    if record.seal != seal or _of(record) != change:
        raise Refused("The draft was changed since you opened it. Look at it again.")
    return record


def _known(work: Work, draft: int) -> DraftRecord:
    record = work.drafts.get(draft)
    if record is None:
        raise NotThere(f"There is no draft {draft}. It was published or discarded.")
    return record


def _held(work: Work, draft: int) -> DraftRecord:
    record = work.drafts.get(draft, hold=True)
    if record is None:
        raise NotThere(f"There is no draft {draft}. It was published or discarded.")
    return record


def _may(record: DraftRecord, person: Person, *, demanded: bool) -> list[str]:
    """What a person may do with a draft, by the name of the button."""
    if not person.role.may(Role.LEAD):
        return []
    mine = record.by == person.email
    able = ["discard"] if mine or person.role.may(Role.ADMIN) else []
    if not demanded:
        able.append("publish")
    elif mine and record.state is not DraftState.ASKED:
        able.append("ask")
    if not mine and record.state is DraftState.ASKED:
        able += ["approve", "send-back"] if demanded else ["send-back"]
    return able


_NO = {
    "discard": "Only its author, or an admin, discards a draft.",
    "ask": "Only its author asks for an approval, and only once.",
    "publish": "Publishing needs the approval of a second person.",
    "approve": "A draft is approved by somebody who did not write it, once they are asked to.",
    "send-back": "A draft is sent back by somebody who did not write it, once they are asked.",
}


def _refuse_unless(button: str, record: DraftRecord, person: Person, *, demanded: bool) -> None:
    if button not in _may(record, person, demanded=demanded):
        raise Refused(_NO[button])


def _line(record: DraftRecord, person: Person) -> DraftLine:
    return DraftLine(
        id=record.id,
        by=record.called,
        at=record.at,
        based_on=record.based_on,
        note=record.note,
        state=record.state,
        judge=record.judge,
        reason=record.reason,
        mine=record.by == person.email,
    )


def _lines(before: str, after: str) -> tuple[str, ...]:
    """What differs in the text, as lines that begin with -, + or a blank."""
    found = unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    return tuple(lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"… {len(lines) - SHOWN} more"])
