"""One delivery, whole: read the ticket, record what happened, route it if it is new."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.apply_decision import ApplyDecision
from plugin.flows.ask_survey import AskSurvey
from plugin.flows.forget import without_forgotten
from plugin.flows.record_outcome import RecordOutcome
from plugin.flows.repair import REPAIR, RepairTicket
from plugin.flows.route_ticket import RouteTicket
from plugin.ports import Desks, Reading
from plugin.records import Claimed, StoredTicket
from routing.tickets import Status


@dataclass(frozen=True, slots=True)
class HandleDelivery:
    """Does all that a delivery asks for. Each step may be repeated without doing it twice."""

    desks: Desks
    record: RecordOutcome
    route: RouteTicket
    repair: RepairTicket
    apply: ApplyDecision
    ask: AskSurvey

    def __call__(self, claimed: Claimed) -> str:
        """Handle a delivery; returns what came of it, in a few words."""
        desk = self.desks.named(claimed.connection)
        reading = without_forgotten(desk.read(claimed.ticket), self.record.store)
        stored, outcome = self.record(reading)
        said = []
        if stored.decision is None and _wants_routing(stored, reading):
            stored = self.route(stored, reading)
            said.append("routed")
        elif claimed.kind == REPAIR and stored.applied:
            stored, what = self.repair(stored, reading)
            said.append(what)
        if stored.decision is not None and not stored.applied:
            said.append(self.apply(desk, stored, reading))
        if outcome.solved_at is not None and outcome.solvings:
            said.append(self.ask(desk, stored, outcome))
        return ", ".join(word for word in said if word)


def _wants_routing(stored: StoredTicket, reading: Reading) -> bool:
    return not stored.imported and reading.ticket.status is Status.OPEN
