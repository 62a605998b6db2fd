"""A rule tried on one ticket: one that was decided, or one typed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plugin.flows.customers.trusted import trusted
from plugin.ports import Clock
from plugin.records.work import Store, Work
from plugin.views.rules import TicketToTry, TriedRule
from routing.decide import decide
from routing.languages import recognise
from routing.playbook import Playbook
from routing.rules.rule import State
from routing.tickets import Fact, Facts, Ticket, TicketRef

TYPED = TicketRef("typed in", "0")
"""What a ticket is called that is in no desk."""


@dataclass(frozen=True, slots=True)
class TryRule:
    """What a rule would have done with a ticket."""

    store: Store
    clock: Clock

    def __call__(
        self, wanted: TicketToTry, edited: Playbook, place: int, live: Playbook
    ) -> TriedRule:
        """Try the rule at this place (from 0) of the edited playbook."""
        with self.store.look() as work:
            facts = self._stored(work, wanted.id) if wanted.id else self._typed(work, wanted, live)
        if facts is None:
            told = f"No decision is kept of a ticket {wanted.id}. Type the ticket in instead."
            return TriedRule(problem=told)
        rule = edited.rules[place]
        # As if what the rule is for had happened to the ticket just then.
        facts = replace(facts, trigger=rule.on, waited=rule.waits)
        decision = seen_by = decide(facts, edited)
        if rule.state is not State.ON:
            on = list(edited.rules)
            on[place] = replace(rule, state=State.ON)
            seen_by = decide(facts, replace(edited, rules=tuple(on)))
        seen = next(one for one in seen_by.trace if one.place == place + 1)
        ticket = facts.ticket
        return TriedRule(
            title=ticket.subject if ticket.ref == TYPED else f"{ticket.ref.id}: {ticket.subject}",
            seen=seen,
            queue=decision.queue,
            because=decision.because,
            queue_before=decide(facts, live).queue,
        )

    def _stored(self, work: Work, wanted: str) -> Facts | None:
        """The facts that a ticket was decided on; ``wanted`` is its id, or connection/id."""
        connection, _, key = wanted.rpartition("/")
        names = [connection] if connection else [one.name for one in work.connections.desks()]
        for name in names:
            stored = work.tickets.find(name, key)
            if stored is not None and stored.decision is not None:
                decision = work.decisions.get(stored.decision)
                return None if decision is None else decision.facts
        return None

    def _typed(self, work: Work, wanted: TicketToTry, playbook: Playbook) -> Facts:
        now = self.clock.now()
        return Facts(
            ticket=Ticket(TYPED, wanted.subject, wanted.text, wanted.email or None, now),
            now=now,
            language=recognise(f"{wanted.subject}\n{wanted.text}", playbook.languages),
            customer=_known(work, wanted.email) if wanted.email else {},
        )


def _known(work: Work, email: str) -> dict[str, Fact]:
    """What is kept of a customer; nobody is asked over the network."""
    facts: dict[str, Fact] = {}
    told = []
    for record in work.connections.sources():
        said = work.customers.find(record.name, email, None)
        if said is None:
            remembered = work.customers.recall(record.name, email, None)
            said = {} if remembered is None else dict(remembered.facts)
        told.append(said)
        for name in trusted(record).first_for & said.keys():
            facts.setdefault(name, said[name])
    for said in told:
        facts = {**said, **facts}
    return {"customer.email": Fact(email, "typed in"), **facts}
