"""What happened to a ticket, taken over from a reading of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.ports import Reading
from plugin.records import Store, StoredTicket
from routing.events import Actor, Event, TicketMoved, TicketReopened, TicketSolved
from routing.outcomes.outcome import Outcome, fold
from routing.playbook import Playbook
from routing.tickets import Status


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Keeps the ticket's state, its events, and the outcome they amount to."""

    store: Store

    def __call__(self, reading: Reading) -> tuple[StoredTicket, Outcome]:
        """Take over a reading. An older one never takes the place of a newer one."""
        with self.store.work() as work:
            stored = work.tickets.hold(reading)
            work.tickets.add_events(stored.id, reading.events)
            playbook = work.playbooks.live()
            events = work.tickets.events(stored)
            if work.tickets.is_news(stored, reading):
                unsaid = tuple(_unsaid(stored, reading, events, playbook))
                if work.tickets.add_events(stored.id, unsaid):
                    events = work.tickets.events(stored)
                work.tickets.update(stored, reading, _holder(stored, reading, playbook))
            chosen = _chosen(stored, playbook)
            # A desk that does not tell when it was opened is taken to mean its first reading.
            opened_at = min(stored.outcome.opened_at, reading.ticket.opened_at)
            outcome = fold(opened_at, events, chosen)
            work.tickets.set_outcome(stored.id, outcome)
            stored = work.tickets.get(stored.id)
            work.commit()
        return stored, outcome


def _unsaid(
    stored: StoredTicket, reading: Reading, before: list[Event], playbook: Playbook | None
) -> Iterator[Event]:
    """What the desk did not tell but its ticket shows: a move, a solving, a reopening.

    Their time is when we saw them, since the desk does not say when they were.
    """
    ref, at = reading.ticket.ref, reading.read_at
    now = reading.ticket
    if now.queue != stored.ticket.queue:
        moves = [event for event in before if isinstance(event, TicketMoved)]
        # We move it once for each decision, and not before that decision is being written.
        ours = now.queue == _chosen(stored, playbook) and (
            not stored.applied or not any(move.by is Actor.US for move in moves)
        )
        yield TicketMoved(
            ticket=ref,
            at=at,
            key=f"seen:moved:{len(moves)}",
            by=Actor.US if ours else Actor.AGENT,
            queue_before=stored.ticket.queue,
            queue=now.queue,
        )
    told = fold(now.opened_at, before)
    solved = now.status is not Status.OPEN
    key = f"{len(told.solvings)}:{told.reopens}"
    if solved and told.solved_at is None:
        yield TicketSolved(
            ticket=ref, at=at, key=f"seen:solved:{key}", by=Actor.AGENT, agent=now.agent
        )
    elif not solved and told.solved_at is not None:
        yield TicketReopened(ticket=ref, at=at, key=f"seen:reopened:{key}", by=Actor.DESK)


def _chosen(stored: StoredTicket, playbook: Playbook | None) -> str | None:
    """The desk's id of the queue that the decision chose."""
    if playbook is None or stored.queue_name is None:
        return None
    queue = next((q for q in playbook.queues if q.name == stored.queue_name), None)
    return None if queue is None else queue.ids.get(stored.ticket.ref.connection)


def _holder(stored: StoredTicket, reading: Reading, playbook: Playbook | None) -> str | None:
    """Who holds the ticket, by name. Until our decision stands in the desk, the one it chose."""
    if stored.decision is not None and not stored.applied:
        return stored.agent_name
    if playbook is None or reading.ticket.agent is None:
        return None
    return playbook.agent_of(reading.ticket.ref.connection, reading.ticket.agent)
