"""A new ticket: gather what is known, decide, and store the decision with all it went by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from plugin.ports import Clock, Customers, Gathered, Reading, Refused, Requester
from plugin.records import Store, StoredTicket, Work
from routing.decide import Decision, decide, used_facts
from routing.languages import recognise
from routing.playbook import Playbook
from routing.tickets import Fact, Facts

OURSELVES = "Deskroute"
"""The source of what we have counted ourselves."""


@dataclass(frozen=True, slots=True)
class RouteTicket:
    """Decides where a ticket goes, once."""

    store: Store
    customers: Customers
    clock: Clock

    def __call__(self, stored: StoredTicket, reading: Reading) -> StoredTicket:
        """Decide a ticket and store the decision; a ticket that has one keeps it.

        Nothing is written into the desk yet: what is stored can be applied again after a crash,
        what is applied first could be decided twice.
        """
        playbook = self._playbook()
        who = Requester(stored.ticket.requester_email, reading.customer_id)
        gathered = self.customers.gather(who, playbook.fields)
        with self.store.work() as work:
            # Under the lock nobody else assigns, so that loads are true and capacities hold.
            work.decisions.lock()
            fresh = work.tickets.get(stored.id)
            if fresh.decision is None:
                facts = self._facts(work, playbook, reading, gathered)
                decision = decide(facts, playbook)
                rule = naming_rule(decision, playbook)
                used = used_facts(facts, playbook, decision.segment)
                work.decisions.add(stored.id, decision, used, rule)
                fresh = work.tickets.get(stored.id)
            work.commit()
        return fresh

    def _playbook(self) -> Playbook:
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            raise Refused("No playbook is published yet. Publish one, then replay.")
        return playbook

    def _facts(self, work: Work, playbook: Playbook, reading: Reading, gathered: Gathered) -> Facts:
        ticket, now = reading.ticket, self.clock.now()
        email = ticket.requester_email
        ref = ticket.ref
        facts = Facts(
            # A condition names a queue as the playbook does, not by the desk's id of it.
            ticket=replace(ticket, queue=playbook.queue_of(ref.connection, ticket.queue)),
            now=now,
            language=recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages),
            customer=all_known(work, reading, gathered, now),
            loads=work.tickets.loads(),
            last_agent=None if email is None else work.tickets.last_agent(email, now),
            silent=gathered.silent,
            uses=work.decisions.uses(),
        )
        # What is decided on is what is kept, so that it can be decided again, bit for bit.
        return work.decisions.as_kept(facts)


def all_known(
    work: Work, reading: Reading, gathered: Gathered, now: datetime
) -> Mapping[str, Fact]:
    """What is known about the sender: by a source, else by the desk, else by our own tickets."""
    own: dict[str, Fact] = {}
    if reading.ticket.requester_email is not None:
        own["customer.tickets"] = Fact(float(work.tickets.earlier(reading.ticket)), OURSELVES, now)
    return {**own, **from_desk(reading), **gathered.facts}


def from_desk(reading: Reading) -> Mapping[str, Fact]:
    """What the ticket and its desk say of the sender; any customer source knows better."""
    ticket = reading.ticket
    said = {"customer.email": ticket.requester_email, "customer.name": ticket.requester_name}
    own = {name: Fact(value, "desk", reading.read_at) for name, value in said.items() if value}
    return {**own, **reading.facts}


def naming_rule(decision: Decision, playbook: Playbook) -> str | None:
    """The first rule that fired and names a queue."""
    return next((name for name in decision.fired if playbook.rule(name).then.leads_to), None)
