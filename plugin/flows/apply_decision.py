"""A stored decision, written into the desk: only what differs, and one note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.ports import Busy, Changes, Clock, Desk, Links, Reading, Refused, Written
from plugin.records import Store, StoredDecision, StoredTicket
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
class ApplyDecision:
    """Makes the desk's ticket as the decision wants it. May be repeated at any point."""

    store: Store
    links: Links
    clock: Clock
    hold: timedelta = HOLD

    def __call__(self, desk: Desk, stored: StoredTicket, reading: Reading) -> str:
        """Apply a ticket's decision; returns what came of it, in a few words.

        Raises Refused where the playbook and the desk do not fit each other, and Busy while
        somebody else writes it: they may die before they are done, so it is not done yet.
        """
        now = self.clock.now()
        with self.store.work() as work:
            decision = work.decisions.get(stored.decision or 0)
            playbook = work.playbooks.live()
            if decision is None or playbook is None:
                raise Refused("The decision or the playbook is gone.")
            decided_by = work.playbooks.get(decision.playbook)
            held = work.decisions.hold(decision.id, now, now + self.hold)
            work.commit()
        if not held:
            raise Busy("Another delivery is writing the decision into the desk.")
        try:
            near = () if decided_by is None else near_segments(decision.facts, decided_by)
            written = self._write(desk, playbook, decision, reading, near[:1])
        except BaseException:
            self._let_go(decision)
            raise
        with self.store.work() as work:
            work.decisions.applied(decision.id, written, self.clock.now())
            work.commit()
        return "" if any(one.done for one in written) else "nothing to change"

    def _let_go(self, decision: StoredDecision) -> None:
        with self.store.work() as work:
            work.decisions.let_go(decision.id)
            work.commit()

    def _write(
        self,
        desk: Desk,
        playbook: Playbook,
        decision: StoredDecision,
        reading: Reading,
        near: Sequence[NearMiss],
    ) -> tuple[Written, ...]:
        changes = _changes(playbook, decision, reading.ticket.ref.connection)
        written = desk.write(reading.ticket, changes)
        with self.store.work() as work:
            # What we moved ourselves must not look like a person's move when it is read next.
            now = self.clock.now()
            work.tickets.set_place(decision.ticket, changes.queue, changes.agent, now)
            work.commit()
        ref = reading.ticket.ref
        text = note_text(decision, self.links.panel(ref.connection, ref.id), near)
        noted = desk.note(ref.id, text, mark_of(decision.id, decision.revision))
        why = "Private note." if noted else "The note was there already."
        return (*_in_names(written, decision), Written("note", noted, why))


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
