"""A change to the playbook: read it whole, publish it as a version, show and roll back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.pages import Conflict, NotThere, RedCases
from plugin.ports import Clock
from plugin.records import Store, Work
from plugin.views import Person, PlaybookView, RuleLine, SegmentLine, VersionLine
from routing.conditions.wording import sentence
from routing.errors import Invalid
from routing.playbook import Playbook
from routing.playbook_diff import diff
from routing.playbook_file import read_playbook
from routing.prove import Proof, prove
from routing.rules.rule import After, Rule

COUNTED = timedelta(days=90)
"""The period over which the playbook's pages count tickets."""


@dataclass(frozen=True, slots=True)
class EditPlaybook:
    """Checks, publishes, shows and rolls back playbooks."""

    store: Store
    clock: Clock

    def check(self, text: str) -> Playbook:
        """Read a YAML text without publishing it; raises Invalid with every problem."""
        return read_playbook(text)

    def proofs(self, playbook: Playbook) -> tuple[Proof, ...]:
        """Each of its cases, decided now."""
        return prove(playbook, self.clock.now())

    def publish(self, text: str, note: str, based_on: int, person: Person) -> int:
        """Publish a YAML text.

        Raises Invalid, RedCases while one of its cases is red, or Conflict if another version is
        live now.
        """
        self._prove(text, note, based_on)
        with self.store.work() as work:
            version = self._publish(work, text, note, based_on, person)
            work.commit()
        return version

    def roll_back(self, version: int, person: Person) -> int:
        """Publish an old version again.

        Raises NotThere, Invalid if it can't be read now, and RedCases.
        """
        with self.store.work() as work:
            text = work.playbooks.text(version)
            if text is None:
                raise NotThere(f"There is no playbook {version}.")
            live = work.playbooks.versions()[0].version
            note = f"Back to playbook {version}."
            # Whoever wrote it may have used an older Deskroute, which understood other things.
            self._prove(text, note, live)
            published = self._publish(work, text, note, live, person)
            work.commit()
        return published

    def _prove(self, text: str, note: str, based_on: int) -> None:
        """Read a text and run its cases. Raises Invalid, RedCases."""
        proofs = self.proofs(read_playbook(text))
        if reds := [one for one in proofs if not one.green]:
            raise RedCases(reds, len(proofs), text, note, based_on)

    def _publish(self, work: Work, text: str, note: str, based_on: int, person: Person) -> int:
        now = self.clock.now()
        version = work.playbooks.publish(text, note, person.name, now, based_on)
        if version is None:
            versions = work.playbooks.versions()
            if not versions:
                raise NotThere(f"There is no playbook {based_on} to change.")
            raise Conflict(versions[0].version, versions[0].by)
        work.audit.note(person.email, f"published playbook {version}: {note}", now)
        return version

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
                    then=tuple(said(rule)),
                    state=rule.state,
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


def _line(versions: list[VersionLine], version: int | None) -> VersionLine | None:
    if version is None:
        return versions[0] if versions else None
    return next((line for line in versions if line.version == version), None)


def said(rule: Rule) -> list[str]:
    """What a rule does, in words, one phrase for each thing."""
    then = rule.then
    words = []
    if then.queue is not None:
        words.append(then.queue)
    if then.agent is not None:
        words.append(f"agent {then.agent}")
    if then.priority is not None:
        words.append(f"priority {then.priority}")
    if then.tags:
        words.append(f"tag {', '.join(then.tags)}")
    if then.first_reply is not None:
        words.append(f"first reply in {_duration(then.first_reply)}")
    return [*words, "stop" if rule.after is After.STOP else "go on"]


def _duration(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
