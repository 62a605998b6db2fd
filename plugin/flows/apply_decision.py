"""Stored decisions, written into the desks: only what differs, and one note each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.side_by_side import side_by_side
from plugin.ports import (
    Busy,
    Changes,
    Clock,
    Desk,
    Links,
    Reading,
    Refused,
    Unavailable,
    Written,
)
from plugin.records import Place, Store, StoredDecision, StoredTicket
from routing.conditions.evaluate import Seen
from routing.conditions.values import join_or
from routing.decide import near_segments
from routing.playbook import Playbook
from routing.rules.near import NearMiss

HOLD = timedelta(seconds=45)
"""How long one worker may take to write a decision before another may try.

Shorter than a delivery's lease: when the delivery of a worker that died comes up again, nobody
holds its decision any more.
"""


@dataclass(frozen=True, slots=True)
class Unapplied:
    """A ticket whose decision has to be written into its desk.

    ``made`` is the decision where it was made, and taken hold of, just now by us.
    """

    desk: Desk
    stored: StoredTicket
    reading: Reading
    made: StoredDecision | None = None


@dataclass(slots=True)
class _Job:
    """One decision on its way into the desk, and how far it has come.

    ``written`` is None until all of it stands there; ``error`` says what stopped it.
    """

    due: Unapplied
    decision: StoredDecision | None
    held: bool
    place: Place | None = None
    written: tuple[Written, ...] | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class ApplyDecisions:
    """Makes the desks' tickets as the decisions want them. May be repeated at any point."""

    store: Store
    links: Links
    clock: Clock
    hold: timedelta = HOLD

    def __call__(self, due: Sequence[Unapplied]) -> list[str | Exception | None]:
        """Apply decisions; returns for each what came of it in a few words, or what stopped it.

        That is Refused where the playbook and the desk do not fit each other, and Busy while
        somebody else writes it: they may die before they are done, so it is not done yet. It is
        None for what was not begun: the desk has stopped answering, or there was no time left.
        """
        began = self.clock.now()
        jobs = [_Job(one, one.made, held=one.made is not None) for one in due]
        self._take([job for job in jobs if not job.held], began)
        playbooks = self._playbooks(jobs)
        silent: set[str] = set()

        def write(job: _Job) -> None:
            connection = job.due.stored.ticket.ref.connection
            # Whoever begins has two thirds of the hold left, more than a desk can take.
            in_time = self.clock.now() <= began + self.hold / 3
            if job.held and in_time and connection not in silent:
                try:
                    self._write(job, playbooks)
                except Exception as error:  # ruff: ignore[blind-except] — handed to whoever asked
                    job.error = error
                    if isinstance(error, Unavailable):
                        silent.add(connection)

        try:
            side_by_side(write, jobs)
        finally:
            self._keep(jobs)
        return [_came_to(job) for job in jobs]

    def _take(self, jobs: Sequence[_Job], now: datetime) -> None:
        """Take hold of decisions that were made before, by whomever."""
        if not jobs:
            return
        with self.store.work() as work:
            for job in sorted(jobs, key=lambda job: job.due.stored.decision or 0):
                job.decision = work.decisions.get(job.due.stored.decision or 0)
                if job.decision is None:
                    job.error = Refused("The decision is gone.")
                elif work.decisions.hold(job.decision.id, now, now + self.hold):
                    job.held = True
                else:
                    job.error = Busy("Another delivery is writing the decision into the desk.")
            work.commit()

    def _playbooks(self, jobs: Sequence[_Job]) -> _Playbooks:
        versions = {job.decision.playbook for job in jobs if job.decision is not None}
        with self.store.look() as work:
            live = work.playbooks.live()
            known: dict[int, Playbook | None] = {} if live is None else {live.version: live}
            known |= {one: work.playbooks.get(one) for one in versions - known.keys()}
        return _Playbooks(live, known)

    def _write(self, job: _Job, playbooks: _Playbooks) -> None:
        decision, reading, desk = job.decision, job.due.reading, job.due.desk
        if decision is None or playbooks.live is None:
            raise Refused("The decision or the playbook is gone.")
        ref = reading.ticket.ref
        changes = _changes(playbooks.live, decision, ref.connection)
        written = desk.write(reading, changes)
        # What we moved ourselves must not look like a person's move when it is read next.
        job.place = Place(decision.ticket, changes.queue, changes.agent, self.clock.now())
        decided_by = playbooks.known[decision.playbook]
        near = () if decided_by is None else near_segments(decision.facts, decided_by)
        text = note_text(decision, self.links.panel(ref.connection, ref.id), near[:1])
        # A decision made just now cannot have been written by anybody yet.
        first = job.due.made is not None
        noted = desk.note(ref.id, text, mark_of(decision.id, decision.revision), first=first)
        why = "Private note." if noted else "The note was there already."
        job.written = (*_in_names(written, decision), Written("note", noted, why))

    def _keep(self, jobs: Sequence[_Job]) -> None:
        """Keep what stands in the desks now; what does not, others may write at once."""
        held = {job.decision.id: job for job in jobs if job.held and job.decision is not None}
        stand = {key: job.written for key, job in held.items() if job.written is not None}
        if not held:
            return
        with self.store.work() as work:
            work.decisions.applied(stand, self.clock.now())
            work.decisions.let_go(held.keys() - stand.keys())
            work.tickets.set_places(job.place for job in held.values() if job.place is not None)
            work.commit()


@dataclass(frozen=True, slots=True)
class _Playbooks:
    """The playbook that is live, and by their versions those that decided."""

    live: Playbook | None
    known: Mapping[int, Playbook | None]


def _came_to(job: _Job) -> str | Exception | None:
    if job.written is None:
        return job.error
    return "" if any(one.done for one in job.written) else "nothing to change"


def _in_names(written: tuple[Written, ...], decision: StoredDecision) -> list[Written]:
    """The same lines with the names people use in place of the desk's ids."""
    said = decision.decision
    names = {"queue": said.queue, "agent": said.agent.agent}
    return [
        replace(one, why=f"Set to {names[one.what]}.") if one.done and names.get(one.what) else one
        for one in written
    ]


def mark_of(decision: int, revision: int = 1) -> str:
    """The line by which our note is known when we meet it again."""
    return f"Deskroute decision {decision}" + (f", revision {revision}" if revision > 1 else "")


def _changes(playbook: Playbook, decision: StoredDecision, connection: str) -> Changes:
    said = decision.decision
    try:
        queue = playbook.queue(said.queue).ids[connection]
    except KeyError:
        raise Refused(
            f"The queue “{said.queue}” has no id for the desk {connection}. "
            f"Add it to the playbook (queues, ids), publish, then replay. "
            "The ticket stays where it is until then."
        ) from None
    agent = next((a for a in playbook.agents if a.name == said.agent.agent), None)
    return Changes(
        queue=queue,
        agent=None if agent is None else agent.ids.get(connection),
        priority=said.priority,
        tags=frozenset(said.tags),
    )


def note_text(decision: StoredDecision, link: str, near: Sequence[NearMiss] = ()) -> str:
    """The private note: who, where, why, what was near, and the way to all of it."""
    said = decision.decision
    lines = []
    if decision.replaced:
        back = [name for name in decision.replaced[-1].degraded if name not in decision.degraded]
        lines.append(f"Decided again, since {join_or(back, 'and')} answered.")
    if said.segments:
        first = said.segments[0]
        lines.append(f"Segment: {first.segment} ({_reasons(first.because)})")
        others = [member.segment for member in said.segments[1:]]
        if others:
            lines.append(f"Also: {', '.join(others)}")
    else:
        lines.append("Segment: none")
    lines += [_nearly(one, decision.facts.now) for one in near]
    lines += [f"Queue: {said.queue}. {said.because}", f"Agent: {said.agent.because}"]
    if said.replies:
        names = [f"{place}. {one.reply}" for place, one in enumerate(said.replies, 1)]
        lines.append(f"Replies: {'  '.join(names)}")
    if decision.degraded:
        silent = join_or(list(decision.degraded), "and")
        lines.append(f"Decided on what was known: no answer from {silent}.")
    lines.append(f"Panel and reasons in full: {link}")
    return "\n".join(lines)


def _nearly(near: NearMiss, now: datetime) -> str:
    would = "Would be" if near.is_known else "Could be"
    return f"{would} {near.name} if {near.why(now)}."


def _reasons(because: tuple[Seen, ...]) -> str:
    return "; ".join(one.sentence for one in because[:3]) or "everyone"
