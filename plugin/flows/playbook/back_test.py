"""Back-tests, as leads see them; the trying itself is done in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.customers.trusted import trusted
from plugin.pages.refusals import NotThere
from plugin.ports import Clock, Refused
from plugin.records.past import BackTestRecord
from plugin.records.work import Store
from plugin.views.back_tests import (
    BackTestDraft,
    BackTestForm,
    BackTestLine,
    BackTestView,
    ComparedTicket,
)
from plugin.views.people import Person
from routing.decide import decide
from routing.playbook_file import read_playbook
from routing.record import facts_in

LISTED = 10

LONGEST = timedelta(minutes=11)
"""One that has not ended by then will not: its process is ended a minute before."""


@dataclass(frozen=True, slots=True)
class SeeBackTests:
    """Begins back-tests and shows what came of them; ``start`` runs the one of this id."""

    store: Store
    clock: Clock
    start_one: Callable[[int], None]

    def begin(self) -> BackTestForm | None:
        """What can be tried; None while no playbook is live."""
        now = self.clock.now()
        with self.store.look() as work:
            versions = work.playbooks.versions()
            recent = work.back_tests.recent(LISTED)
        if not versions:
            return None
        lines = tuple(_line(record, now) for record in recent)
        return BackTestForm(versions[0].version, tuple(versions), lines)

    def start(self, draft: BackTestDraft, person: Person) -> int:
        """Begin to try a draft beside the live playbook; the answer is the back-test's id.

        Raises Invalid with every problem of the draft, NotThere, or Refused while another runs.
        """
        now = self.clock.now()
        with self.store.work() as work:
            text, called = draft.text, draft.called
            if draft.version is not None:
                kept = work.playbooks.text(draft.version)
                if kept is None:
                    raise NotThere(f"There is no playbook {draft.version}.")
                text, called = kept, f"Playbook {draft.version}"
            read_playbook(text)
            versions = work.playbooks.versions()
            if not versions:
                raise Refused("No playbook is published yet, so there is nothing to compare with.")
            newest = work.back_tests.recent(1)
            if newest and _line(newest[0], now).state == "running":
                raise Refused("A back-test is running. Wait until it is done, then start this one.")
            record = BackTestRecord(
                id=0,
                by=person.name,
                called=called,
                draft=text,
                version=versions[0].version,
                since=now - timedelta(days=draft.days) if draft.days else None,
                started_at=now,
            )
            back_test = work.back_tests.add(record)
            work.commit()
        self.start_one(back_test)
        return back_test

    def view(self, back_test: int) -> BackTestView:
        """One of them, with its report once it is done. Raises NotThere."""
        record = self._record(back_test)
        line, report = _line(record, self.clock.now()), record.report
        if report is None:
            return BackTestView(line, None)
        with self.store.look() as work:
            about = work.past.subjects([one.id for one in report.listed if one.id is not None])
        listed = tuple(replace(one, subject=about.get(one.id or 0, "")) for one in report.listed)
        return BackTestView(line, replace(report, listed=listed))

    def ticket(self, back_test: int, ticket: int) -> ComparedTicket:
        """One ticket decided by both playbooks, with the reasons. Raises NotThere."""
        record = self._record(back_test)
        with self.store.look() as work:
            sources = [trusted(one) for one in work.connections.sources()]
            past = work.past.get(ticket, sources)
            live = work.playbooks.get(record.version)
        if past is None:
            raise NotThere("There is no such ticket any more.")
        if live is None:
            raise NotThere(f"There is no playbook {record.version}.")
        facts = replace(facts_in(dict(past.facts)), before={})
        return ComparedTicket(
            line=_line(record, self.clock.now()),
            facts=facts,
            as_then=past.as_then,
            before=decide(facts, live),
            after=decide(facts, read_playbook(record.draft)),
        )

    def _record(self, back_test: int) -> BackTestRecord:
        with self.store.look() as work:
            record = work.back_tests.get(back_test)
        if record is None:
            raise NotThere(f"There is no back-test {back_test}. Only the newest ones are kept.")
        return record


def _line(record: BackTestRecord, now: datetime) -> BackTestLine:
    state, why = "running", record.why
    if record.ended_at is not None:
        state = "failed" if why else "done"
    elif now - record.started_at > LONGEST:
        state, why = "failed", "It did not end in time. Start it again with fewer days."
    return BackTestLine(
        id=record.id,
        called=record.called,
        version=record.version,
        by=record.by,
        since=record.since,
        started_at=record.started_at,
        ended_at=record.ended_at,
        state=state,
        why=why,
    )
