"""New tickets: gather what is known, decide, and store the decisions with all they went by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.tickets.apply_decision import HOLD
from plugin.ports import Clock, Customers, Gathered, Reading, Refused, Requester
from plugin.records.decisions import NewDecision, StoredDecision
from plugin.records.tickets import CustomerPast, StoredTicket
from plugin.records.work import Store, Work
from routing.decide import Decision, decide, used_facts
from routing.languages import recognise
from routing.outcomes.worked import worked
from routing.playbook import Playbook
from routing.tickets import Fact, Facts, Load, Use

OURSELVES = "Deskroute"
"""The source of what we have counted ourselves."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A ticket that has a decision.

    ``made`` is the decision where it was made just now. Then it is ours to write into the desk,
    and nobody has tried to before; an older one may be somebody else's.
    """

    stored: StoredTicket
    made: StoredDecision | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a ticket is decided on, but for what changes with each decision."""

    stored: StoredTicket
    reading: Reading
    gathered: Gathered
    language: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stand while tickets are decided: who holds how much, and how replies have done."""

    at: datetime
    loads: Mapping[str, Load]
    uses: Mapping[str, Use]


@dataclass(frozen=True, slots=True)
class RouteTickets:
    """Decides where tickets go, each once."""

    store: Store
    customers: Customers
    clock: Clock
    hold: timedelta = HOLD

    def __call__(
        self, new: Sequence[tuple[StoredTicket, Reading]], until: datetime
    ) -> list[Routed]:
        """Decide tickets in their order and store the decisions; one that has one keeps it.

        After ``until`` no further customer is looked up, so that the last tickets may be missing
        in what is returned. Nothing is written into the desk yet: what is stored can be applied
        again after a crash, what is applied first could be decided twice.
        """
        playbook = self._playbook()
        known = list(self._look_up(new, playbook, until))
        with self.store.work() as work:
            # Under the lock nobody else assigns, so that loads are true and capacities hold.
            work.decisions.lock()
            held = work.tickets.hold_again([one.stored for one in known])
            undecided = [
                replace(one, stored=held[one.stored.id])
                for one in known
                if held[one.stored.id].decision is None
            ]
            made = list(self._decide(work, undecided, playbook))
            keys = work.decisions.add(made, self.clock.now() + self.hold)
            work.commit()
        by_ticket = {one.ticket: one for one in made}
        return [_routed(held[one.stored.id], by_ticket.get(one.stored.id), keys) for one in known]

    def _playbook(self) -> Playbook:
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            raise Refused("No playbook is published yet. Publish one, then replay.")
        return playbook

    def _look_up(
        self, new: Sequence[tuple[StoredTicket, Reading]], playbook: Playbook, until: datetime
    ) -> Iterator[Known]:
        for known in look_up(new, playbook, self.customers):
            yield known
            if self.clock.now() >= until:
                return

    def _decide(
        self, work: Work, undecided: Sequence[Known], playbook: Playbook
    ) -> Iterator[NewDecision]:
        if not undecided:
            return
        now = self.clock.now()
        pasts = work.tickets.pasts([one.stored.id for one in undecided], now)
        loads, uses = work.tickets.loads(), work.decisions.uses()
        for one in undecided:
            facts = ticket_facts(one, playbook, pasts[one.stored.id], Moment(now, loads, uses))
            # What is decided on is what is kept, so that it can be decided again, bit for bit.
            facts = work.decisions.as_kept(facts)
            decision = decide(facts, playbook)
            used = used_facts(facts, playbook, decision.segment)
            yield NewDecision(
                one.stored.id,
                decision,
                used,
                naming_rule(decision, playbook),
                worked=worked(one.stored.outcome, playbook.hours_of(decision.queue)),
            )
            loads = moved(loads, one.stored.agent_name, decision.agent.agent)


def look_up(
    tickets: Sequence[tuple[StoredTicket, Reading]], playbook: Playbook, customers: Customers
) -> Iterator[Known]:
    """Ask the customer sources about tickets' senders, and see which language each is in."""
    whos = [
        Requester(stored.ticket.requester_email, reading.customer_id) for stored, reading in tickets
    ]
    gathered = customers.gather(whos, playbook.fields)
    for (stored, reading), one in zip(tickets, gathered, strict=True):
        text = f"{reading.ticket.subject}\n{reading.ticket.text}"
        yield Known(stored, reading, one, recognise(text, playbook.languages))


def ticket_facts(known: Known, playbook: Playbook, past: CustomerPast, moment: Moment) -> Facts:
    """Everything a decision on a ticket may look at."""
    ticket = known.reading.ticket
    return Facts(
        # A condition names a queue as the playbook does, not by the desk's id of it.
        ticket=replace(ticket, queue=playbook.queue_of(ticket.ref.connection, ticket.queue)),
        now=moment.at,
        language=known.language,
        customer=all_known(known.reading, known.gathered, past, moment.at),
        loads=moment.loads,
        last_agent=past.last_agent,
        silent=known.gathered.silent,
        uses=moment.uses,
    )


def _routed(held: StoredTicket, made: NewDecision | None, keys: Mapping[int, int]) -> Routed:
    if made is None:
        return Routed(held, None)
    said = made.decision
    stored = replace(
        held,
        decision=keys[held.id],
        segment=said.segment,
        queue_name=said.queue,
        agent_name=said.agent.agent,
        rule=made.rule,
        playbook=said.playbook,
        schedule=made.worked.schedule,
        language=made.facts.language,
    )
    decision = StoredDecision(
        id=keys[held.id],
        ticket=held.id,
        playbook=said.playbook,
        decided_at=made.facts.now,
        facts=made.facts,
        decision=said,
        degraded=made.facts.silent,
        applied_at=None,
        written=(),
    )
    return Routed(stored, decision)


def moved(loads: Mapping[str, Load], holder: str | None, to: str | None) -> dict[str, Load]:
    """The loads after an open ticket has gone from its holder, if any, to somebody or nobody."""
    after = dict(loads)
    if holder in after:
        after[holder] = replace(after[holder], open=max(0, after[holder].open - 1))
    if to is not None:
        load = after.get(to, Load())
        after[to] = replace(load, open=load.open + 1)
    return after


def all_known(
    reading: Reading, gathered: Gathered, past: CustomerPast, now: datetime
) -> Mapping[str, Fact]:
    """What is known about the sender: by a source, else by the desk, else by our own tickets."""
    own: dict[str, Fact] = {}
    if reading.ticket.requester_email is not None:
        own["customer.tickets"] = Fact(float(past.earlier), OURSELVES, now)
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
