"""What happens to tickets after they were routed: decided by the rules for it, once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from plugin.flows.customers.forget import without_forgotten
from plugin.flows.tickets.apply_decision import HOLD, ApplyDecisions, Unapplied, standing_of
from plugin.flows.tickets.route_ticket import (
    Known,
    Moment,
    look_up,
    moved,
    naming_rule,
    ticket_facts,
)
from plugin.ports import Clock, Customers, Desk, Reading
from plugin.records.decisions import NewDecision, StoredDecision, TurnTaken
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from routing.decide import decide, used_facts
from routing.outcomes.outcome import Outcome
from routing.playbook import Playbook
from routing.rules.occasions import acts_later, occasions
from routing.rules.turns import Life, Taken, Turn, next_turn, spent
from routing.tickets import Facts, Load, Status, Trigger, Value

MOST_AT_ONCE = 20
"""Turns of one ticket that are answered in one visit; what is left waits for the next."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A ticket whose opening is decided and stands in the desk.

    ``made`` is that decision where it was made just now.
    """

    stored: StoredTicket
    reading: Reading
    outcome: Outcome
    made: StoredDecision | None


@dataclass(frozen=True, slots=True)
class AnswerTurns:
    """Decides each thing that happened to a routed ticket, and writes that into the desk.

    As with the opening, a decision is stored before it is applied, under a key that is the same
    whenever the same thing is found again. So whatever ends in between, it is done once.
    """

    store: Store
    customers: Customers
    clock: Clock
    apply: ApplyDecisions
    hold: timedelta = HOLD

    def due(self, routed: Sequence[Routed]) -> set[int]:
        """Those of these tickets (our ids) for which there is something to do.

        Most have nothing, so this is cheap: for one that was decided just now all is known, and the
        others are looked up together.
        """
        with self.store.look() as work:
            playbook = work.playbooks.live()
            older = [one.stored for one in routed if one.made is None]
            taken = work.turns.taken([one.id for one in older]) if older else {}
            # What was decided is written, whatever the rules are by now.
            left = {key for key, turns in taken.items() if not all(one.applied for one in turns)}
            if playbook is None or not acts_later(playbook.rules):
                return left
            lives = {one.id: _life(work, one, taken[one.id]) for one in older}
        lives |= {one.stored.id: life for one in routed if (life := _young(one)) is not None}
        return left | {
            ticket for ticket, life in lives.items() if self._due(life, playbook) is not None
        }

    def __call__(self, desk: Desk, stored: StoredTicket, reading: Reading) -> str:
        """Answer what is due for a ticket whose opening stands in the desk; says what came of it.

        Raises what stops a decision from being applied: Refused, Unavailable, Busy.
        """
        said: list[str] = []
        for _ in range(MOST_AT_ONCE):
            turns = self._taken(stored)
            left = next((one for one in turns if not one.applied), None)
            if left is not None:
                due = Unapplied(desk, stored, reading, key=left.taken.id)
            elif self._next(stored, turns) is not None:
                # What was written last may have changed it, and others may have since.
                (reading,) = without_forgotten([desk.read(stored.ticket.ref.id)], self.store)
                made = self._decide(stored, reading)
                if made is None:
                    break
                said.append(f"decided: {made.facts.trigger}")
                if made.applied_at is not None:
                    continue
                due = Unapplied(desk, stored, reading, made)
            else:
                break
            (came,) = self.apply([due])
            if not isinstance(came, str):
                if came is not None:
                    raise came
                break
        return ", ".join(said)

    def _taken(self, stored: StoredTicket) -> list[TurnTaken]:
        with self.store.look() as work:
            return work.turns.taken([stored.id])[stored.id]

    def _next(self, stored: StoredTicket, turns: list[TurnTaken]) -> Turn | None:
        with self.store.look() as work:
            playbook = work.playbooks.live()
            if playbook is None:
                return None
            return self._due(_life(work, stored, turns), playbook)

    def _due(self, life: Life, playbook: Playbook) -> Turn | None:
        return next_turn(life, occasions(playbook.rules), self.clock.now())

    def _decide(self, stored: StoredTicket, reading: Reading) -> StoredDecision | None:
        """Decide the next turn and keep the decision; None where another worker was faster."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            return None
        (known,) = look_up([(stored, reading)], playbook, self.customers)
        with self.store.work() as work:
            # Under the lock nobody else assigns, so that loads are true and capacities hold.
            work.decisions.lock()
            held = work.tickets.hold_again([stored])
            if stored.id not in held:
                return None
            known = replace(known, stored=held[stored.id])
            life = _life(work, known.stored, work.turns.taken([stored.id])[stored.id])
            turn = self._due(life, playbook)
            if turn is None:
                return None
            made = self._made(work, known, playbook, life, turn)
            now = self.clock.now()
            key = work.decisions.add([made], now + self.hold)[stored.id]
            silent = not made.decision.fired and turn.trigger is not Trigger.HANDED_BACK
            if silent:
                # Nothing is to be done; that it was decided is kept all the same.
                work.decisions.applied({key: ()}, now)
            work.commit()
        return StoredDecision(
            id=key,
            ticket=stored.id,
            playbook=playbook.version,
            decided_at=made.facts.now,
            facts=made.facts,
            decision=made.decision,
            degraded=made.facts.silent,
            applied_at=now if silent else None,
            written=(),
            turn=made.turn,
        )

    def _made(
        self, work: Work, known: Known, playbook: Playbook, life: Life, turn: Turn
    ) -> NewDecision:
        stored, now = known.stored, self.clock.now()
        past = work.tickets.pasts([stored.id], now)[stored.id]
        loads = moved(work.tickets.loads(), stored.agent_name, None)
        facts = ticket_facts(known, playbook, past, Moment(now, loads, work.decisions.uses()))
        standing = standing_of(known.reading.ticket, playbook)
        if turn.trigger is Trigger.HANDED_BACK and standing.agent is not None:
            open_now = facts.loads.get(standing.agent, Load()).open
            facts = replace(
                facts, loads={**facts.loads, standing.agent: Load(open_now, present=False)}
            )
        facts = replace(
            facts,
            standing=standing,
            trigger=turn.trigger,
            waited=turn.waited,
            rating=turn.rating,
            before=_before(turn, facts, playbook),
            spent=spent(life, turn),
        )
        facts = work.decisions.as_kept(facts)
        decision = decide(facts, playbook)
        used = used_facts(facts, playbook, decision.segment)
        return NewDecision(
            stored.id, decision, used, naming_rule(decision, playbook), turn.key[:200]
        )


def _young(routed: Routed) -> Life | None:
    """The life of a ticket that was decided just now; it may have been moved by that."""
    made = routed.made
    if made is None:
        return None
    said = made.decision
    opening = Taken(
        made.id,
        made.turn,
        made.decided_at,
        said.fired,
        moved=made.facts.ticket.queue != said.queue,
        moved_from=made.facts.ticket.queue,
        hand_back=said.hand_back,
    )
    return Life(routed.reading.events, routed.outcome.waiting_since, (opening,))


def _life(work: Work, stored: StoredTicket, turns: list[TurnTaken]) -> Life:
    return Life(
        events=work.tickets.events([stored])[stored.id],
        waiting_since=stored.outcome.waiting_since,
        taken=[_while_held(one, stored.agent_name) for one in turns],
        ratings=work.surveys.ratings(stored.id),
        is_open=stored.outcome.solved_at is None
        and stored.outcome.gone is None
        and stored.ticket.status is Status.OPEN,
    )


def _while_held(turn: TurnTaken, holder: str | None) -> Taken:
    """The turn; a ticket is not taken from whom somebody else has given it to since."""
    return turn.taken if turn.agent == holder else replace(turn.taken, hand_back=None)


def _before(turn: Turn, facts: Facts, playbook: Playbook) -> dict[str, Value | None]:
    """What the turn has changed, as ``has changed`` asks for it."""
    match turn.trigger:
        case Trigger.MOVED:
            connection = facts.ticket.ref.connection
            ours = turn.key.startswith("moved by:")
            before = turn.queue_before
            return {"ticket.queue": before if ours else playbook.queue_of(connection, before)}
        case Trigger.REOPENED:
            return {"ticket.status": Status.SOLVED.value}
        case _:
            return {}
