"""Stored decisions, written into the desks: only what differs, and one note each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.side_by_side import side_by_side
from plugin.flows.tickets.decision_note import mark_of, note_text, what_happened
from plugin.ports import (
    Busy,
    Changes,
    Clock,
    Desk,
    Links,
    Mail,
    Reading,
    Refused,
    Unavailable,
    Written,
)
from plugin.records.decisions import StoredDecision
from plugin.records.tickets import Place, StoredTicket
from plugin.records.work import Store
from routing.decide import Decision, near_segments
from routing.playbook import Playbook
from routing.replies.render import Missing, render
from routing.replies.values import reply_values, way_to_a_person
from routing.rules.turns import OPENED
from routing.tickets import Standing, Ticket

HOLD = timedelta(seconds=45)
"""How long one worker may take to write a decision before another may try.

Shorter than a delivery's lease: when the delivery of a worker that died comes up again, nobody
holds its decision any more.
"""


@dataclass(frozen=True, slots=True)
class Unapplied:
    """A ticket whose decision has to be written into its desk.

    ``made`` is the decision where it was made, and taken hold of, just now by us; ``key`` is its
    id where it is not the one on the opening.
    """

    desk: Desk
    stored: StoredTicket
    reading: Reading
    made: StoredDecision | None = None
    key: int | None = None

    @property
    def decision(self) -> int:
        """The id of the decision."""
        if self.made is not None:
            return self.made.id
        return self.key or self.stored.decision or 0


@dataclass(slots=True)
class _Job:
    """One decision on its way into the desk, and how far it has come.

    ``written`` is None until all of it stands there; ``error`` says what stopped it. ``answered``
    says that the customer got an automatic reply by another decision.
    """

    due: Unapplied
    decision: StoredDecision | None
    held: bool
    answered: bool = False
    place: Place | None = None
    written: tuple[Written, ...] | None = None
    mails: tuple[Mail, ...] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class ApplyDecisions:
    """Makes the desks' tickets as the decisions want them. May be repeated at any point.

    ``light`` need not wait for the disk: if what it keeps is undone, so is that the delivery is
    done, and it is applied over again.
    """

    store: Store
    light: Store
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
        self._see_answered(jobs)
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
            for job in sorted(jobs, key=lambda job: job.due.decision):
                job.decision = work.decisions.get(job.due.decision)
                if job.decision is None:
                    job.error = Refused("The decision is gone.")
                elif work.decisions.hold(job.decision.id, now, now + self.hold):
                    job.held = True
                else:
                    job.error = Busy("Another delivery is writing the decision into the desk.")
            work.commit()

    def _see_answered(self, jobs: Sequence[_Job]) -> None:
        """See whose customers got an automatic reply before, where they are to get one now."""
        answering = [job for job in jobs if job.decision and job.decision.decision.answer]
        if not answering:
            return
        with self.store.look() as work:
            turns = work.turns.taken({job.due.stored.id for job in answering})
        for job in answering:
            others = (one for one in turns[job.due.stored.id] if one.taken.id != job.due.decision)
            job.answered = any(one.answered for one in others)

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
        changes = _changes(playbooks.live, decision, reading.ticket)
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
        lines = [*_in_names(written, decision), Written("note", noted, why)]
        lines += self._answer(job, decision, decided_by)
        job.mails = tuple(_mails(decision, reading, self.links.panel(ref.connection, ref.id)))
        lines += [Written("mail", done=True, why=f"To {mail.to}.") for mail in job.mails]
        job.written = tuple(lines)

    def _answer(
        self, job: _Job, decision: StoredDecision, playbook: Playbook | None
    ) -> Iterator[Written]:
        """The automatic reply, where there is one: once for a ticket, and never with a gap."""
        said = decision.decision
        if said.answer is None or playbook is None:
            return
        if job.answered:
            yield Written("answer", done=False, why="The customer got an automatic reply before.")
            return
        reply = playbook.reply(said.answer)
        text = render(reply.body, reply_values(decision.facts, said.agent.agent))
        if isinstance(text, Missing):
            why = f"“{reply.name}” is not sent: {text.variable} is unknown."
            yield Written("answer", done=False, why=why)
            return
        text = f"{text.rstrip()}\n\n{way_to_a_person(reply.language)}"
        mark = f"Deskroute answer {decision.id}"
        job.due.desk.reply(job.due.reading.ticket.ref.id, text, mark)
        yield Written("answer", done=True, why=f"“{reply.name}” was sent.")

    def _keep(self, jobs: Sequence[_Job]) -> None:
        """Keep what stands in the desks now; what does not, others may write at once."""
        held = {job.decision.id: job for job in jobs if job.held and job.decision is not None}
        stand = {key: job.written for key, job in held.items() if job.written is not None}
        if not held:
            return
        with self.light.work() as work:
            work.decisions.applied(stand, self.clock.now())
            work.decisions.let_go(held.keys() - stand.keys())
            work.mails.put([mail for key in stand for mail in held[key].mails], self.clock.now())
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


def _changes(playbook: Playbook, decision: StoredDecision, ticket: Ticket) -> Changes:
    said, connection = decision.decision, ticket.ref.connection
    standing = None if decision.turn == OPENED else decision.facts.standing
    stays, keeps = _stays(playbook, said, standing, ticket)
    try:
        queue = None if stays else playbook.queue(said.queue).ids[connection]
    except KeyError:
        raise Refused(
            f"The queue “{said.queue}” has no id for the desk {connection}. "
            f"Add it to the playbook (queues, ids), publish, then replay. "
            "The ticket stays where it is until then."
        ) from None
    agent = next((a for a in playbook.agents if a.name == said.agent.agent), None)
    return Changes(
        queue=queue,
        agent=None if agent is None or keeps else agent.ids.get(connection),
        priority=said.priority,
        tags=frozenset(said.tags),
        fields=dict(said.fields),
    )


def standing_of(ticket: Ticket, playbook: Playbook) -> Standing:
    """Where the ticket is now, in the playbook's words as far as it has any."""
    connection = ticket.ref.connection
    queue = playbook.queue_of(connection, ticket.queue) or ticket.queue or playbook.default_queue
    agent = playbook.agent_of(connection, ticket.agent)
    return Standing(queue, agent, f"{agent} has it." if agent else "Nobody we know has it.")


def _stays(
    playbook: Playbook, said: Decision, standing: Standing | None, ticket: Ticket
) -> tuple[bool, bool]:
    """Whether a ticket stays in its queue, and with its agent.

    What happens later leaves it where it is, and with whom, unless a rule says otherwise; and if a
    person has given it another place since it was decided, that is how it stays.
    """
    if standing is None:
        return False, False
    now = standing_of(ticket, playbook)
    is_ours = now.queue in {standing.queue, said.queue} and now.agent in {
        standing.agent,
        said.agent.agent,
    }
    return (
        not is_ours or standing.queue == said.queue,
        not is_ours or standing.agent == said.agent.agent,
    )


def _mails(decision: StoredDecision, reading: Reading, link: str) -> Iterator[Mail]:
    """To whomever rules want to be told. What the customer wrote stays in the desk."""
    said, ref = decision.decision, reading.ticket.ref
    what = what_happened(decision.facts)
    for place, address in enumerate(said.notify, 1):
        yield Mail(
            key=f"decision-{decision.id}-{decision.revision}-{place}",
            to=address,
            subject=f"Ticket {ref.id}: {what}",
            text="\n".join(
                [
                    f"Ticket {ref.id} of {ref.connection}. {what}",
                    f"Queue: {said.queue}. {said.because}",
                    f"Agent: {said.agent.because}",
                    *said.notes,
                    "",
                    f"What is known of it, and why: {link}",
                ]
            ),
        )
