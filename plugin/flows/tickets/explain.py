"""Why a ticket went where it went: the list of decisions, and each one whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugin.flows.tickets.decision_note import what_happened
from plugin.pages.refusals import NotThere
from plugin.ports import Refused
from plugin.records.decisions import ReplacedDecision, StoredDecision
from plugin.records.page import Page
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from plugin.views.decisions import (
    DecisionLine,
    DecisionView,
    EarlierDecision,
    OtherDecision,
    RunAgain,
    Verified,
)
from plugin.views.panel import Done
from plugin.views.playbook import VersionLine
from routing.conditions.fields import RULE_FIELDS
from routing.conditions.values import join_or
from routing.decide import Decision, NearMisses, decide, what_was_near
from routing.differences import differences, run_again
from routing.events import Actor, Event, TicketMoved, TicketReplied, TicketSolved
from routing.forgetting import FORGOTTEN
from routing.playbook import Playbook
from routing.rules.wording import does
from routing.tickets import Fact, Facts


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
            events = work.tickets.events([stored])[stored.id]
            playbook = work.playbooks.get(decision.playbook)
            versions = work.playbooks.versions()
            turns = work.turns.taken([stored.id])[stored.id]
            rest = [
                work.decisions.get(one.taken.id) for one in turns if one.taken.id != decision.id
            ]
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
                if field.fact(decision.facts) is None and not field.name.startswith("segment")
            ),
            history=tuple(_history(decision, stored, events, playbook)),
            degraded=decision.degraded,
            facts=decision.facts,
            near=NearMisses() if playbook is None else what_was_near(decision.facts, playbook),
            effects={} if playbook is None else _effects(decision.decision, playbook),
            earlier=tuple(_earlier(decision)),
            published=next((one for one in versions if one.version == decision.playbook), None),
            live=_live(versions, decision.facts),
            happened=what_happened(decision.facts),
            others=tuple(_other(one) for one in rest if one is not None),
        )

    def find(self, ticket: str, connection: str | None) -> int:
        """The id of the newest decision on a ticket (its desk's id).

        Raises NotThere, and Refused where two desks have such a ticket and none is named.
        """
        with self.store.look() as work:
            found = work.decisions.newest(ticket)
        if connection is not None:
            found = {name: newest for name, newest in found.items() if name == connection}
        if not found:
            where = "" if connection is None else f" of {connection}"
            raise NotThere(f"There is no decision on a ticket {ticket}{where}.")
        if len(found) > 1:
            desks = join_or(sorted(found), "and")
            raise Refused(f"The desks {desks} each have a ticket {ticket}. Say which one is meant.")
        (newest,) = found.values()
        return newest

    def again(self, decision_id: int) -> RunAgain:
        """A decision's facts under the live playbook; nothing is kept. Raises NotThere, Refused."""
        with self.store.look() as work:
            decision = _decision(work, decision_id)
            playbook = work.playbooks.live()
        if playbook is None:
            raise Refused("No playbook is published.")
        now = decide(decision.facts, playbook)
        return RunAgain(playbook.version, now, differences(decision.decision, now))

    def verify(self, decision_id: int) -> tuple[Verified, ...]:
        """Each revision of a decision, decided again by its own version on its own facts.

        Raises NotThere, and Refused where its customer was forgotten, and with them the facts.
        """
        with self.store.look() as work:
            decision = _decision(work, decision_id)
            kept = [*((one.facts, one.decision) for one in decision.replaced)]
            kept.append((decision.facts, decision.decision))
            books = {said.playbook: work.playbooks.get(said.playbook) for _, said in kept}
        verified = []
        for revision, (facts, stored) in enumerate(kept, 1):
            playbook = books[stored.playbook]
            if playbook is None:
                raise Refused(f"Playbook {stored.playbook} is gone.")
            verified.append(Verified(revision, run_again(facts, playbook, stored)))
        return tuple(verified)


def _decision(work: Work, decision_id: int) -> StoredDecision:
    decision = work.decisions.get(decision_id)
    if decision is None:
        raise NotThere(f"There is no decision {decision_id}.")
    if _is_forgotten(decision.facts):
        raise Refused("Its customer was forgotten, and with them what it was decided on.")
    return decision


def _other(decision: StoredDecision) -> OtherDecision:
    said = decision.decision
    happened = what_happened(decision.facts)
    return OtherDecision(decision.id, decision.decided_at, happened, said.queue, said.fired)


def _is_forgotten(facts: Facts) -> bool:
    return facts.ticket.subject == FORGOTTEN


def _live(versions: Sequence[VersionLine], facts: Facts) -> int | None:
    if _is_forgotten(facts):
        return None
    return next((one.version for one in versions if one.live), None)


def _effects(decision: Decision, playbook: Playbook) -> dict[str, str]:
    """What each rule that fired does, by its name."""
    return {name: ", ".join(does(playbook.rule(name))) for name in decision.fired}


def _earlier(decision: StoredDecision) -> Iterator[EarlierDecision]:
    after = [*(one.decision for one in decision.replaced[1:]), decision.decision]
    for one, then in zip(decision.replaced, after, strict=True) if decision.replaced else ():
        changes = differences(one.decision, then)
        yield EarlierDecision(one.decided_at, one.decision, one.degraded, changes)


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
    queue = one.decision.queue
    return Done("Decided at first", f"{queue}, without {silent}", one.decided_at)


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
