"""Why a ticket went where it went: the list of decisions, and each one whole."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.records import Page, ReplacedDecision, Store, StoredDecision, StoredTicket
from plugin.views import DecisionLine, DecisionView, Done
from routing.conditions.fields import RULE_FIELDS
from routing.conditions.values import join_or
from routing.events import Actor, Event, TicketMoved, TicketReplied, TicketSolved
from routing.playbook import Playbook
from routing.tickets import Fact


@dataclass(frozen=True, slots=True)
class Explain:
    """The decision pages."""

    store: Store

    def recent(self, limit: int, before: int | None) -> tuple[DecisionLine, ...]:
        """The newest decisions, newest first."""
        with self.store.look() as work:
            return tuple(work.decisions.lines(Page(before, limit)))

    def view(self, decision_id: int) -> DecisionView | None:
        """One decision, whole."""
        with self.store.look() as work:
            decision = work.decisions.get(decision_id)
            if decision is None:
                return None
            stored = work.tickets.get(decision.ticket)
            events = work.tickets.events(stored)
            playbook = work.playbooks.get(decision.playbook)
        fields = {**RULE_FIELDS, **({} if playbook is None else playbook.fields)}
        known: dict[str, Fact] = {}
        for name, fact in decision.facts.customer.items():
            known[fields[name].says if name in fields else name] = fact
        used = [] if playbook is None else [f for f in playbook.layout.fields if f.read is None]
        return DecisionView(
            id=decision.id,
            connection=stored.ticket.ref.connection,
            ticket=stored.ticket.ref.id,
            subject=stored.ticket.subject,
            requester=stored.ticket.requester_name or stored.ticket.requester_email or "unknown",
            decided_at=decision.decided_at,
            decision=decision.decision,
            playbook_name="" if playbook is None else playbook.name,
            known=known,
            unknown=tuple(
                field.says
                for field in used
                if field.name not in decision.facts.customer
                and not field.name.startswith("segment")
            ),
            history=tuple(_history(decision, stored, events, playbook)),
            degraded=decision.degraded,
        )


def _history(
    decision: StoredDecision,
    stored: StoredTicket,
    events: list[Event],
    playbook: Playbook | None,
) -> list[Done]:
    lines = [
        Done("Ticket opened", stored.ticket.channel or "", stored.outcome.opened_at),
        *(_before(one) for one in decision.replaced),
        Done(_stored(decision), f"Playbook {decision.playbook}", decision.decided_at),
    ]
    if decision.applied_at is not None:
        lines += [
            Done(_titled(one.what), one.why, decision.applied_at, good=one.done)
            for one in decision.written
        ]
    first = True
    for event in events:
        match event:
            case TicketReplied(public=True, by=Actor.AGENT) if first:
                first = False
                lines.append(Done("First public reply", _who(event, playbook), event.at))
            case TicketSolved():
                lines.append(Done("Solved", _who(event, playbook), event.at))
            case TicketMoved(by=Actor.AGENT):
                lines.append(Done("Moved by a person", _where(event, playbook), event.at))
    return sorted(lines, key=lambda line: line.at)


def _before(one: ReplacedDecision) -> Done:
    silent = join_or(list(one.degraded), "and")
    return Done("Decided at first", f"{one.queue}, without {silent}", one.decided_at)


def _stored(decision: StoredDecision) -> str:
    return "Decided again, with what was missing" if decision.replaced else "Decision stored"


def _titled(what: str) -> str:
    return what[:1].upper() + what[1:]


def _who(event: Event, playbook: Playbook | None) -> str:
    if playbook is None or event.agent is None:
        return ""
    return playbook.agent_of(event.ticket.connection, event.agent) or f"agent {event.agent}"


def _where(event: TicketMoved, playbook: Playbook | None) -> str:
    if playbook is None:
        return ""
    names = [
        playbook.queue_of(event.ticket.connection, queue) or f"queue {queue}"
        for queue in (event.queue_before, event.queue)
    ]
    return f"{names[0]} to {names[1]}"
