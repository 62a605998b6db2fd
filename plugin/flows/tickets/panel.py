"""The agent's panel in a ticket: who this is, why it came here, what to answer."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.pages.refusals import NotThere
from plugin.ports import Changes, Clock, Desks, Reading, Refused
from plugin.records.decisions import StoredDecision
from plugin.records.tickets import Place, StoredTicket
from plugin.records.work import Store, Work
from plugin.views.panel import OfferedReply, PanelView
from plugin.views.people import Person
from routing.decide import near_segments
from routing.events import Actor, TicketMoved
from routing.playbook import Playbook
from routing.replies.rank import Suggestion
from routing.replies.render import Missing, render
from routing.replies.values import reply_values
from routing.tickets import Fact, Facts

CASES = 2
"""How many solved cases the panel shows, and how many of the customer's own tickets."""

RATINGS = 3
"""How many of the customer's last ratings it shows."""


MOST_NOTE = 500
"""Longest note of somebody who moves a ticket, in characters."""


@dataclass(frozen=True, slots=True)
class SeePanel:
    """The panel, and what an agent does in it."""

    store: Store
    desks: Desks
    clock: Clock

    def view(self, connection: str, ticket: str) -> PanelView | None:
        """The decision on a ticket with all an agent needs; None if there is none."""
        with self.store.look() as work:
            found = self._find(work, connection, ticket)
            if found is None:
                return None
            stored, decision, playbook = found
            cases = tuple(work.tickets.solved_like(stored, CASES))
            history = work.tickets.history(stored, CASES, RATINGS)
        said = decision.decision
        segment = next((s for s in playbook.segments if s.name == said.segment), None)
        opened = stored.outcome.opened_at
        replied = stored.outcome.first_reply_at
        waiting = said.first_reply is not None and replied is None
        here = playbook.queue_of(connection, stored.ticket.queue) or stored.queue_name
        others = [queue.name for queue in playbook.queues if queue.name != here]
        name = decision.facts.customer.get("customer.name")
        return PanelView(
            decision_id=decision.id,
            connection=connection,
            ticket=ticket,
            subject=stored.ticket.subject,
            decision=said,
            facts=decision.facts,
            persona=None if segment is None else segment.persona,
            replies=tuple(_offered(one, playbook, decision) for one in said.replies),
            solved_before=cases,
            other_queues=tuple(others),
            degraded=decision.degraded,
            due_at=opened + said.first_reply if waiting and said.first_reply else None,
            target=said.first_reply,
            replied_at=replied,
            greeted=None if name is None else str(name.value),
            now=self.clock.now(),
            queue_now=here if stored.applied and here != said.queue else None,
            near=next(iter(near_segments(decision.facts, playbook)), None),
            history=history,
            known=_known(decision.facts, playbook),
        )

    def _find(
        self, work: Work, connection: str, ticket: str
    ) -> tuple[StoredTicket, StoredDecision, Playbook] | None:
        stored = work.tickets.find(connection, ticket)
        if stored is None or stored.decision is None:
            return None
        decision = work.decisions.get(stored.decision)
        playbook = None if decision is None else work.playbooks.get(decision.playbook)
        if decision is None or playbook is None:
            return None
        return stored, decision, playbook

    def move(self, decision_id: int, queue: str, note: str, person: Person) -> None:
        """A person says the queue is wrong: move the ticket, and note in it what they said."""
        with self.store.look() as work:
            decision, stored = self._decided(work, decision_id)
            playbook = work.playbooks.live()
        ref = stored.ticket.ref
        target = next((q for q in playbook.queues if q.name == queue), None) if playbook else None
        if target is None or ref.connection not in target.ids:
            raise Refused(f"The queue “{queue}” is not one that this desk has. Nothing was moved.")
        to = target.ids[ref.connection]
        desk = self.desks.named(ref.connection)
        reading = desk.read(ref.id)
        if reading.ticket.queue == to:
            raise Refused(f"The ticket is in {queue} already. Nothing was moved.")
        desk.write(reading, Changes(queue=to))
        with self.store.work() as work:
            (stored,) = work.tickets.hold([reading])
            events = work.tickets.events([stored])[stored.id]
            moves = [event for event in events if isinstance(event, TicketMoved)]
            now = self.clock.now()
            moved = TicketMoved(
                ticket=ref,
                at=now,
                key=f"panel:moved:{len(moves)}",
                by=Actor.AGENT,
                queue_before=reading.ticket.queue,
                queue=to,
            )
            work.tickets.add_events([(stored.id, moved)])
            work.tickets.set_places([Place(stored.id, to, None, now)])
            before = _queue_name(playbook, reading) or decision.decision.queue
            said = f"moved ticket {ref} from {before} to {queue}"
            work.audit.note(person.email, said, self.clock.now())
            work.commit()
        if note:
            text = f"{person.name} moved this ticket from {before} to {queue}: {note[:MOST_NOTE]}"
            desk.note(ref.id, text, f"Deskroute move {len(moves) + 1}")

    def inserted(self, decision_id: int, reply: str, position: int, person: Person) -> None:
        """An agent inserted a suggested reply."""
        with self.store.work() as work:
            decision, _ = self._decided(work, decision_id)
            if reply not in [one.reply for one in decision.decision.replies]:
                raise NotThere(f"The reply “{reply}” was not suggested for this ticket.")
            work.decisions.inserted(decision_id, reply, position, person.email, self.clock.now())
            work.commit()

    def _decided(self, work: Work, decision_id: int) -> tuple[StoredDecision, StoredTicket]:
        decision = work.decisions.get(decision_id)
        if decision is None:
            raise NotThere("There is no such decision.")
        return decision, work.tickets.get(decision.ticket)


def _queue_name(playbook: Playbook | None, reading: Reading) -> str | None:
    ticket = reading.ticket
    return playbook.queue_of(ticket.ref.connection, ticket.queue) if playbook else None


def _offered(one: Suggestion, playbook: Playbook, decision: StoredDecision) -> OfferedReply:
    values = reply_values(decision.facts, decision.decision.agent.agent)
    text = render(playbook.reply(one.reply).body, values)
    if isinstance(text, Missing):
        return OfferedReply(one.reply, f"Not offered: {text.variable} is unknown", None)
    return OfferedReply(one.reply, one.because, text)


def _known(facts: Facts, playbook: Playbook) -> dict[str, Fact]:
    """All customer facts, in the order of the fields, by how each is said."""
    says = {name: field.says for name, field in playbook.fields.items()}
    place = {name: number for number, name in enumerate(says)}
    names = sorted(facts.customer, key=lambda name: (place.get(name, len(place)), name))
    known: dict[str, Fact] = {}
    for name in names:
        said = says.get(name, name)
        known[name if said in known else said] = facts.customer[name]
    return known
