"""What programs are told over the API of the playbook, of decisions and of deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.pages.refusals import NotThere
from plugin.records.decisions import StoredDecision
from plugin.records.work import Store
from plugin.views.deliveries import Tally
from plugin.views.programs import ToldDecision, ToldDecisions, ToldSegment, ToldSegments
from routing.tickets import TicketRef

MOST = 100
"""Most decisions that are told at once."""


@dataclass(frozen=True, slots=True)
class TellPrograms:
    """Reads what there is, in plain values."""

    store: Store

    def segments(self) -> ToldSegments:
        """The segments of the live playbook. Raises NotThere before there is one."""
        with self.store.look() as work:
            live = work.playbooks.live()
            report = work.segments.latest()
        if live is None:
            raise NotThere("No playbook is published yet.")
        sizes = {} if report is None else {size.name: size.customers for size in report.sizes}
        made = None if report is None else report.made_at
        return ToldSegments(
            playbook=live.name,
            version=live.version,
            segments=tuple(
                ToldSegment(
                    name=one.name,
                    model=one.model,
                    owner=one.owner,
                    goal=one.goal,
                    customers=sizes.get(one.name),
                    counted_at=made if one.name in sizes else None,
                )
                for one in live.segments
            ),
        )

    def decisions(self, ticket: str, desk: str | None) -> ToldDecisions:
        """The decisions on the tickets with this desk id, the newest first."""
        with self.store.look() as work:
            desks = [desk] if desk is not None else sorted(work.decisions.newest(ticket))
            found = [
                (TicketRef(name, ticket), work.decisions.get(one))
                for name in desks
                for one in sorted(work.decisions.of(name, ticket))[-MOST:]
            ]
        told = [_told(ref, decision) for ref, decision in found if decision is not None]
        told.sort(key=lambda one: (one.decided_at, one.id), reverse=True)
        return ToldDecisions(tuple(told[:MOST]))

    def tally(self) -> Tally:
        """What became of everything that desks sent."""
        with self.store.look() as work:
            return work.inbox.tally()


def _told(ref: TicketRef, stored: StoredDecision) -> ToldDecision:
    said = stored.decision
    return ToldDecision(
        id=stored.id,
        desk=ref.connection,
        ticket=ref.id,
        decided_at=stored.decided_at,
        applied_at=stored.applied_at,
        playbook=stored.playbook,
        segments=tuple(one.segment for one in said.segments),
        rules=said.fired,
        queue=said.queue,
        because=said.because,
        agent=said.agent.agent,
        priority=None if said.priority is None else said.priority.value,
        silent=stored.degraded,
    )
