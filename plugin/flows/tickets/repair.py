"""Tickets decided while a customer source was silent: decided again once it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt

from plugin.flows.tickets.route_ticket import all_known, moved, naming_rule
from plugin.ports import Clock, Customers, Delivery, Gathered, Jobs, Notice, Reading, Requester
from plugin.records.connections import SourceState
from plugin.records.decisions import DegradedTicket, NewDecision, StoredDecision
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from routing.decide import Decision, decide, used_facts
from routing.events import Actor, Event, TicketMoved, TicketReplied
from routing.outcomes.worked import worked
from routing.playbook import Playbook
from routing.tickets import Standing, Status

REPAIR = "repair"
"""The kind of a delivery that we send ourselves, so that a ticket is looked at again."""

MOST = 500
"""Tickets looked at again at one time for one source that is back."""


@dataclass(frozen=True, slots=True)
class FindRepairs:
    """Puts tickets that can be decided better now through the same door as all others.

    So each is retried, parked and counted like any delivery, whatever ends in between.
    """

    store: Store
    customers: Customers
    jobs: Jobs
    clock: Clock

    def __call__(self) -> int:
        """Try the sources that are due, and return how many tickets are looked at again."""
        with self.store.look() as work:
            waiting = work.decisions.degraded(MOST)
            states = work.source_states.all()
            playbook = work.playbooks.live()
        if not waiting or playbook is None:
            return 0
        if self._try_those_due(waiting, states, playbook):
            with self.store.look() as work:
                states = work.source_states.all()
        ready = [one for one in waiting if any(_answers(states.get(name)) for name in one.silent)]
        put = self._put(ready)
        if put:
            self.jobs.ring()
        return put

    def _try_those_due(
        self,
        waiting: Sequence[DegradedTicket],
        states: Mapping[str, SourceState],
        playbook: Playbook,
    ) -> bool:
        """Ask the sources whose turn has come: it may be long until a new ticket does."""
        now = self.clock.now()
        due = {
            state.name
            for state in states.values()
            if state.next_try_at is not None and state.next_try_at <= now
        }
        tried = False
        for ticket in waiting:
            if ticket.email is not None and due.intersection(ticket.silent):
                list(self.customers.gather([Requester(ticket.email)], playbook.fields))
                due -= set(ticket.silent)
                tried = True
        return tried

    def _put(self, ready: Sequence[DegradedTicket]) -> int:
        now = self.clock.now()
        put = 0
        with self.store.work() as work:
            for ticket in ready:
                # Once at first, and then after 1, 4, 9, 16 … minutes: one that no answer ever
                # helps costs less and less.
                age = max(0, int((now - ticket.decided_at).total_seconds() // 60))
                key = f"{REPAIR}:{ticket.decision}:{ticket.revision}:{isqrt(age)}"
                connection = ticket.ref.connection
                if work.inbox.known(connection, [key]):
                    continue
                body = json.dumps({"ticket": ticket.ref.id, "decision": ticket.decision}).encode()
                delivery = Delivery(connection, body, {}, now)
                work.inbox.put(delivery, Notice(key, REPAIR, ticket.ref.id))
                put += 1
            work.commit()
        return put


def _answers(state: SourceState | None) -> bool:
    return state is None or state.down_since is None


@dataclass(frozen=True, slots=True)
class RepairTicket:
    """Decides a ticket again by the same playbook, with what is known now.

    The new decision takes the place of the old one, which is kept beside it, if it says something
    else and no person has touched the ticket. Writing it into the desk is the next step's work,
    and is done again after a crash.
    """

    store: Store
    customers: Customers
    clock: Clock

    def __call__(self, stored: StoredTicket, reading: Reading) -> tuple[StoredTicket, str]:
        """Repair a ticket whose decision stands; returns it, and what came of it in a few words."""
        with self.store.look() as work:
            decision = work.decisions.get(stored.decision or 0)
            playbook = None if decision is None else work.playbooks.get(decision.playbook)
        if decision is None or playbook is None or not decision.degraded:
            return stored, "nothing to repair"
        who = Requester(reading.ticket.requester_email, reading.customer_id)
        (gathered,) = self.customers.gather([who], playbook.fields)
        if not set(gathered.silent) < set(decision.degraded):
            return stored, f"still no answer from {', '.join(gathered.silent)}"
        with self.store.work() as work:
            # Under the lock nobody else assigns, so that loads are true and capacities hold.
            work.decisions.lock()
            said = self._decide_again(work, decision, playbook, reading, gathered)
            work.commit()
        with self.store.look() as work:
            return work.tickets.get(stored.id), said

    def _decide_again(
        self,
        work: Work,
        decision: StoredDecision,
        playbook: Playbook,
        reading: Reading,
        gathered: Gathered,
    ) -> str:
        stored = work.tickets.get(decision.ticket)
        now = self.clock.now()
        past = work.tickets.pasts([stored.id], now)[stored.id]
        facts = replace(
            decision.facts,
            now=now,
            customer=all_known(reading, gathered, past, now),
            # As they would be without this ticket.
            loads=moved(work.tickets.loads(), stored.agent_name, None),
            silent=gathered.silent,
            uses=work.decisions.uses(),
            standing=_standing(decision.decision),
        )
        facts = work.decisions.as_kept(facts)
        said = decide(facts, playbook)
        events = work.tickets.events([stored])[stored.id]
        touched = _is_touched(decision, playbook, reading, events)
        turns = work.turns.taken([stored.id])[stored.id]
        later = any(one.taken.key != decision.turn and one.taken.fired for one in turns)
        if later and not touched:
            work.decisions.repaired(decision.id, gathered.silent, decision.revision)
            return "left as it was decided later"
        if touched or _gist(said) == _gist(decision.decision):
            work.decisions.repaired(decision.id, gathered.silent, decision.revision)
            return "left as a person has it" if touched else "decided the same again"
        made = NewDecision(
            ticket=stored.id,
            decision=said,
            facts=used_facts(facts, playbook, said.segment),
            rule=naming_rule(said, playbook),
            worked=worked(stored.outcome, playbook.hours_of(said.queue)),
        )
        replaced = work.decisions.replace(decision.id, made, decision.revision)
        return "decided again" if replaced else "decided again by another worker"


def _gist(said: Decision) -> tuple[object, ...]:
    """What of a decision anybody would notice."""
    return (
        [member.segment for member in said.segments],
        said.queue,
        said.agent.agent,
        said.priority,
        said.tags,
        said.first_reply,
        [reply.reply for reply in said.replies],
        said.resolution,
        said.fields,
        said.notes,
        said.answer,
        said.notify,
        said.hand_back,
    )


def _standing(before: Decision) -> Standing | None:
    """Who has the ticket by the decision that stands; None where nobody has."""
    name, because = before.agent.agent, before.agent.because
    return None if name is None else Standing(before.queue, name, because)


def _is_touched(
    decision: StoredDecision, playbook: Playbook, reading: Reading, events: Sequence[Event]
) -> bool:
    """Whether a person has answered, moved or assigned the ticket, or it is not open any more."""
    ticket = reading.ticket
    if ticket.status is not Status.OPEN:
        return True
    for event in events:
        match event:
            case TicketReplied(public=True, by=Actor.AGENT) | TicketMoved(by=Actor.AGENT):
                return True
    return ticket.agent not in {None, _agent_id(decision, playbook, ticket.ref.connection)}


def _agent_id(decision: StoredDecision, playbook: Playbook, connection: str) -> str | None:
    """The desk's id of the agent whom the decision chose."""
    name = decision.decision.agent.agent
    agent = next((one for one in playbook.agents if one.name == name), None)
    return None if agent is None else agent.ids.get(connection)
