"""What happened to tickets, taken over from readings of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from plugin.ports import Reading
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from routing.events import (
    LOGGED,
    Actor,
    Event,
    TicketFound,
    TicketGone,
    TicketMoved,
    TicketReopened,
    TicketSolved,
)
from routing.hours import Schedule
from routing.outcomes.outcome import Outcome, fold
from routing.outcomes.worked import worked
from routing.playbook import Playbook
from routing.tickets import Status


@dataclass(frozen=True, slots=True)
class RecordOutcomes:
    """Keeps tickets' state, their events, and the outcomes they amount to."""

    store: Store

    def __call__(self, readings: Sequence[Reading]) -> list[tuple[StoredTicket, Outcome]]:
        """Take over readings of different tickets, all of them or none.

        An older reading never takes the place of a newer one.
        """
        with self.store.work() as work:
            held = list(zip(work.tickets.hold(readings), readings, strict=True))
            work.tickets.add_events((one.id, event) for one, now in held for event in now.events)
            events = work.tickets.events([stored for stored, _ in held])
            for stored, _ in held:
                if stored.imported:
                    events[stored.id] = _told_by_desk(events[stored.id])
            playbook = work.playbooks.live()
            unsaid: list[tuple[int, Event]] = []
            changes: list[tuple[StoredTicket, Reading, str | None]] = []
            for stored, reading in held:
                if stored.read_at > reading.read_at:
                    continue
                known = events[stored.id]
                holder = _holder(stored, reading, playbook)
                moved = reading.ticket.queue != stored.ticket.queue
                left = _left(work, stored) if moved or holder != stored.agent_name else ()
                new = _unheard(_unsaid(stored, reading, known, playbook, left), known)
                unsaid += [(stored.id, event) for event in new]
                known += new
                # Who is to get it has it as far as capacities go, also while the desk is down.
                holder = stored.agent_name if left else holder
                if _differs(stored, reading, holder):
                    changes.append((stored, reading, holder))
            work.tickets.add_events(unsaid)
            work.tickets.update(changes)
            outcomes = {
                stored.id: _outcome(stored, reading, events[stored.id], playbook)
                for stored, reading in held
            }
            others = [
                (stored.id, outcome, worked(outcome, _schedule(work, stored, playbook)))
                for stored, _ in held
                if replace(outcome := outcomes[stored.id], solvings=()) != stored.outcome
            ]
            work.tickets.set_outcomes(others)
            # As they are kept, which is not in every letter as the desk has them.
            touched = {stored.id for stored, _, _ in changes} | {ticket for ticket, *_ in others}
            fresh = work.tickets.some(touched) if touched else {}
            work.commit()
        return [(fresh.get(stored.id, stored), outcomes[stored.id]) for stored, _ in held]


def _told_by_desk(events: Sequence[Event]) -> list[Event]:
    """Without what a log told before: a desk tells all of it again, under keys of its own."""
    return [event for event in events if not event.key.startswith(LOGGED)]


def _differs(stored: StoredTicket, reading: Reading, holder: str | None) -> bool:
    """Whether there is anything to take over: of a ticket just made there mostly is not."""
    kept = (stored.ticket, stored.read_at, stored.mark, stored.agent_name)
    return kept != (reading.ticket, reading.read_at, reading.mark, holder)


def _unheard(told: Iterator[Event], known: Sequence[Event]) -> list[Event]:
    keys = {event.key for event in known}
    return [event for event in told if event.key not in keys]


def _outcome(
    stored: StoredTicket, reading: Reading, events: Sequence[Event], playbook: Playbook | None
) -> Outcome:
    # A desk that does not tell when it was opened is taken to mean its first reading.
    opened_at = min(stored.outcome.opened_at, reading.ticket.opened_at)
    return fold(opened_at, events, _queue_id(stored, stored.queue_name, playbook))


def _schedule(work: Work, stored: StoredTicket, playbook: Playbook | None) -> Schedule | None:
    """The hours a ticket is measured by, as they are written now.

    Those that the live playbook has no more are as the playbook had them that decided the ticket.
    """
    name = stored.schedule
    if name is None:
        return None
    found = None if playbook is None else playbook.schedule(name)
    if found is None and stored.playbook is not None:
        then = work.playbooks.get(stored.playbook)
        found = None if then is None else then.schedule(name)
    return found


def _left(work: Work, stored: StoredTicket) -> tuple[str, ...]:
    """The queues, by name, of later decisions that are not known to stand in the desk yet."""
    if not stored.applied:
        return ()
    turns = work.turns.taken([stored.id])[stored.id]
    return tuple(one.queue for one in turns if not one.applied)


def _unsaid(
    stored: StoredTicket,
    reading: Reading,
    before: Sequence[Event],
    playbook: Playbook | None,
    left: Collection[str],
) -> Iterator[Event]:
    """What the desk did not tell but its ticket shows: a move, a solving, a reopening, its end.

    Their time is when we saw them, since the desk does not say when they were.
    """
    ref, at = reading.ticket.ref, reading.read_at
    now = reading.ticket
    told = fold(now.opened_at, before)
    if reading.gone is not told.gone:
        times = sum(isinstance(event, TicketGone) for event in before)
        if reading.gone is None:
            yield TicketFound(ticket=ref, at=at, key=f"seen:found:{times}", by=Actor.DESK)
        else:
            key = f"seen:gone:{times}"
            yield TicketGone(ticket=ref, at=at, key=key, by=Actor.DESK, how=reading.gone)
    if reading.gone is not None:
        return
    if now.queue != stored.ticket.queue:
        moves = [event for event in before if isinstance(event, TicketMoved)]
        # We move it once for each decision, and not before that decision is being written.
        ours = now.queue == _queue_id(stored, stored.queue_name, playbook) and (
            not stored.applied or not any(move.by is Actor.US for move in moves)
        )
        # A worker may have ended between the writing and its being kept that it is written.
        ours = ours or now.queue in {_queue_id(stored, name, playbook) for name in left}
        yield TicketMoved(
            ticket=ref,
            at=at,
            key=f"seen:moved:{len(moves)}",
            by=Actor.US if ours else Actor.AGENT,
            queue_before=stored.ticket.queue,
            queue=now.queue,
        )
    solved = now.status is not Status.OPEN
    key = f"{len(told.solvings)}:{told.reopens}"
    if solved and told.solved_at is None:
        yield TicketSolved(
            ticket=ref, at=at, key=f"seen:solved:{key}", by=Actor.AGENT, agent=now.agent
        )
    elif not solved and told.solved_at is not None:
        yield TicketReopened(ticket=ref, at=at, key=f"seen:reopened:{key}", by=Actor.DESK)


def _queue_id(stored: StoredTicket, name: str | None, playbook: Playbook | None) -> str | None:
    """The desk's id of the queue that a decision chose."""
    if playbook is None or name is None:
        return None
    queue = next((one for one in playbook.queues if one.name == name), None)
    return None if queue is None else queue.ids.get(stored.ticket.ref.connection)


def _holder(stored: StoredTicket, reading: Reading, playbook: Playbook | None) -> str | None:
    """Who holds the ticket, by name. Until our decision stands in the desk, the one it chose."""
    if stored.decision is not None and not stored.applied:
        return stored.agent_name
    if playbook is None or reading.ticket.agent is None:
        return None
    return playbook.agent_of(reading.ticket.ref.connection, reading.ticket.agent)
