"""A change to the playbook: read it whole, publish it as a version, show and roll back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.surveys.hand_off import can_hand_off
from plugin.pages.refusals import AskedForApproval, Conflict, NotThere, RedCases
from plugin.ports import Clock
from plugin.records.drafts import DraftRecord
from plugin.records.work import Store, Work
from plugin.views.people import Person
from plugin.views.playbook import (
    DraftState,
    PlaybookView,
    RuleLine,
    SegmentLine,
    ToPublish,
    VersionLine,
)
from routing.conditions.wording import sentence
from routing.errors import Invalid, Problem
from routing.playbook import Playbook
from routing.playbook_diff import diff
from routing.playbook_file import read_playbook
from routing.prove import Proof, prove
from routing.rules.wording import does, group, state_says
from routing.surveys.survey import Channel
from routing.yaml_text import read_yaml

COUNTED = timedelta(days=90)
"""The period over which the playbook's pages count tickets."""


APPROVALS, DEMANDED, NOT_DEMANDED = "approvals", "demanded", "not demanded"
"""The setting of the house that says whether publishing needs a second person, and its values."""


@dataclass(frozen=True, slots=True)
class EditPlaybook:
    """Checks, publishes, shows and rolls back playbooks."""

    store: Store
    clock: Clock

    def check(self, text: str) -> Playbook:
        """Read a YAML text without publishing it; raises Invalid with every problem."""
        playbook = read_playbook(text)
        nowhere = _to_nowhere(playbook)
        if nowhere and not self._can_hand_off():
            document = read_yaml(text)
            raise Invalid(tuple(map(document.place, nowhere)))
        return playbook

    def _can_hand_off(self) -> bool:
        with self.store.look() as work:
            return can_hand_off(work)

    def proofs(self, playbook: Playbook) -> tuple[Proof, ...]:
        """Each of its cases, decided now."""
        return prove(playbook, self.clock.now())

    def publish(self, text: str, note: str, based_on: int, person: Person) -> int:
        """Publish a YAML text.

        Raises Invalid, RedCases while one of its cases is red, Conflict if another version is live
        now, or AskedForApproval where somebody else has to approve it: then it is kept as a draft.
        """
        return self.publish_draft(ToPublish(text, note, based_on), person)

    def publish_draft(self, change: ToPublish, person: Person) -> int:
        """The same with all that belongs to the change; the draft it comes from is gone then."""
        self.prove(change)
        asked = None
        with self.store.work() as work:
            if is_demanded(work) and not change.forced:
                asked = self._ask(work, change, person)
                version = 0
            else:
                theirs = None if change.draft is None else work.drafts.get(change.draft)
                if theirs is not None and theirs.by != person.email:
                    # What somebody else wrote stays with them.
                    change = replace(change, draft=None)
                version = self.publish_in(work, change, person)
            work.commit()
        if asked is not None:
            raise AskedForApproval(asked)
        return version

    def roll_back(self, version: int, person: Person) -> int:
        """Publish an old version again.

        Raises NotThere, Invalid if it can't be read now, RedCases, and AskedForApproval.
        """
        with self.store.look() as work:
            text = work.playbooks.text(version)
            if text is None:
                raise NotThere(f"There is no playbook {version}.")
            live = work.playbooks.versions()[0].version
        # Whoever wrote it may have used an older Deskroute, which understood other things.
        return self.publish(text, f"Back to playbook {version}.", live, person)

    def prove(self, change: ToPublish) -> None:
        """Read a text and run its cases. Raises Invalid, RedCases."""
        proofs = self.proofs(self.check(change.text))
        if reds := [one for one in proofs if not one.green]:
            raise RedCases(reds, len(proofs), change.text, change.note, change.based_on)

    def publish_in(
        self, work: Work, change: ToPublish, person: Person, author: DraftRecord | None = None
    ) -> int:
        """Publish within a transaction what was proved before it. Raises Conflict, NotThere.

        Where there is an ``author``, ``person`` approves what they wrote.
        """
        now = self.clock.now()
        note = change.note if author is None else f"{change.note} Approved by {person.name}."
        by = person.name if author is None else author.called
        version = work.playbooks.publish(change.text, note, by, now, change.based_on)
        if version is None:
            versions = work.playbooks.versions()
            if not versions:
                raise NotThere(f"There is no playbook {change.based_on} to change.")
            raise Conflict(versions[0].version, versions[0].by)
        if change.renames:
            names = {segment.name for segment in read_playbook(change.text).segments}
            for before, after in change.renames.items():
                if after in names and before not in names:
                    work.segments.rename(before, after)
        if change.draft is not None:
            work.drafts.remove(change.draft)
        did = f"published playbook {version}: {change.note}"
        if author is not None:
            did = f"approved draft {author.id} of {author.by} and {did}"
        elif change.forced and is_demanded(work):
            did = f"{did} (forced, without the approval that is demanded)"
        work.audit.note(person.email, did, now)
        return version

    def _ask(self, work: Work, change: ToPublish, person: Person) -> int:
        """Keep what cannot be published yet, and ask for an approval of it."""
        versions = work.playbooks.versions()
        if change.based_on != (versions[0].version if versions else 0):
            if not versions:
                raise NotThere(f"There is no playbook {change.based_on} to change.")
            raise Conflict(versions[0].version, versions[0].by)
        draft = kept(work, change, person, self.clock.now())
        asked = replace(draft, state=DraftState.ASKED, judge="", reason="")
        key = work.drafts.keep(asked)
        did = f"asked for an approval of draft {key}: {change.note}"
        work.audit.note(person.email, did, self.clock.now())
        return key

    def live(self) -> tuple[Playbook, str] | None:
        """The live playbook, and as it was written; None before the first."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            text = None if playbook is None else work.playbooks.text(playbook.version)
        return None if playbook is None or text is None else (playbook, text)

    def text(self, version: int) -> str:
        """The version as it was written. Raises NotThere."""
        with self.store.look() as work:
            text = work.playbooks.text(version)
        if text is None:
            raise NotThere(f"There is no playbook {version}.")
        return text

    def changed(self, version: int) -> tuple[str, ...] | None:
        """What a version changed, in words; None where that can't be told any more."""
        try:
            with self.store.look() as work:
                before = work.playbooks.get(version - 1)
                after = work.playbooks.get(version)
        except Invalid:
            # An older Deskroute understood other things.
            return None
        if after is None:
            return None
        return ("The first one.",) if before is None else tuple(map(str, diff(before, after)))

    def view(self, version: int | None) -> PlaybookView | None:
        """One version in words, or the live one."""
        since = self.clock.now() - COUNTED
        with self.store.look() as work:
            versions = work.playbooks.versions()
            line = _line(versions, version)
            playbook = None if line is None else work.playbooks.get(line.version)
            if line is None or playbook is None:
                return None
            fired = work.decisions.fired(since)
            counts = work.decisions.segments(since)
        return PlaybookView(
            playbook=playbook,
            line=line,
            rules=tuple(
                RuleLine(
                    place=place,
                    name=rule.name,
                    when=sentence(rule.when),
                    then=tuple(does(rule)),
                    group=group(rule),
                    state=state_says(rule),
                    owner=rule.owner,
                    note=rule.note,
                    fired=fired.get(rule.name, 0),
                )
                for place, rule in enumerate(playbook.rules, 1)
            ),
            segments=tuple(
                SegmentLine(
                    name=segment.name,
                    model=segment.model,
                    when=sentence(segment.when),
                    owner=segment.owner,
                    goal=segment.goal,
                    persona=segment.persona,
                    tickets=counts.get(segment.name, 0),
                )
                for segment in playbook.segments
            ),
            versions=tuple(versions),
        )


def _to_nowhere(playbook: Playbook) -> list[Problem]:
    """Surveys that no system would bring to their customers."""
    told = (
        "No receiver wants surveys, so this one would reach nobody. Add one for survey.ask under "
        "Receivers, or use mail or reply."
    )
    return [
        Problem(("surveys", place, "channel"), told)
        for place, survey in enumerate(playbook.surveys)
        if survey.channel is Channel.WEBHOOK
    ]


def is_demanded(work: Work) -> bool:
    """Whether publishing needs the approval of a second person."""
    return work.house.get(APPROVALS) == DEMANDED


def kept(work: Work, change: ToPublish, person: Person, now: datetime) -> DraftRecord:
    """The change as a draft of this person: the one it names, if it is theirs, else a new one."""
    found = None if change.draft is None else work.drafts.get(change.draft, hold=True)
    theirs = found is not None and found.by == person.email
    return DraftRecord(
        by=person.email,
        called=person.name,
        at=now,
        based_on=change.based_on,
        note=change.note,
        text=change.text,
        id=found.id if found is not None and theirs else 0,
        # Its text alone is edited; the notes of a segment follow it to its new name all the same.
        renames={**(found.renames if found is not None else {}), **change.renames},
    )


def _line(versions: list[VersionLine], version: int | None) -> VersionLine | None:
    if version is None:
        return versions[0] if versions else None
    return next((line for line in versions if line.version == version), None)
