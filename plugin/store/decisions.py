"""Decisions with their facts, and what the pages count about them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from math import isfinite
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, text, update

from plugin.ports import Written
from plugin.records.decisions import DegradedTicket, NewDecision, ReplacedDecision, StoredDecision
from plugin.records.page import Page
from plugin.store.database import WrittenJson, to_json, written_as_it_is
from plugin.store.rows import (
    DECISIONS,
    TICKETS,
    change_tickets,
    outcome_of,
    seconds,
    table,
    upsert,
    worked_values,
    written_from_json,
    written_to_json,
)
from plugin.store.schema import DEGRADED, FiredRow, ReplyUseRow
from plugin.views.decisions import DecisionLine
from routing.decide import Decision
from routing.outcomes.result import Result
from routing.record import decision_in, decision_out, facts_in, facts_out
from routing.rules.trace import Verdict
from routing.rules.turns import OPENED
from routing.tickets import Facts, TicketRef, Use

USES = table(ReplyUseRow)
FIRED = table(FiredRow)

FACTS_AT_ONCE = 200
"""Decisions with their facts that are in memory together while many are read."""

_HAD_A_SAY = frozenset({Verdict.FIRED, Verdict.SHADOW, Verdict.HELD})
"""Rules that fired, or would have but for watching only."""

ASSIGNING = 7_340_001
"""The number of the lock under which agents are chosen; any number nobody else uses."""

# What every new ticket needs is built once: building it takes longer than running it.
_THIS = DECISIONS.c.id == bindparam("this")
_LOCK = text("SELECT pg_advisory_xact_lock(:name)")
_GET = select(DECISIONS).where(_THIS)
_ADD = insert(DECISIONS).inline()
# To have the keys come back with it makes one long statement of all, which is read anew each time.
_ADDED = select(DECISIONS.c.id, DECISIONS.c.ticket_id, DECISIONS.c.turn).where(
    DECISIONS.c.ticket_id.in_(bindparam("these", expanding=True))
)
_ADD_FIRED = insert(FIRED)
_UPDATE = update(DECISIONS).where(_THIS)
_LET_GO = _UPDATE.values(held_until=None)
_HOLD = update(DECISIONS).where(
    _THIS,
    DECISIONS.c.applied_at.is_(None),
    or_(DECISIONS.c.held_until.is_(None), DECISIONS.c.held_until <= bindparam("now")),
)
_DEGRADED = (
    select(
        DECISIONS.c.id,
        DECISIONS.c.revision,
        DECISIONS.c.decided_at,
        DECISIONS.c.degraded,
        TICKETS.c.connection,
        TICKETS.c.desk_id,
        TICKETS.c.requester_email,
    )
    .join(TICKETS, TICKETS.c.id == DECISIONS.c.ticket_id)
    .where(
        DEGRADED,
        DECISIONS.c.id > bindparam("last"),
        DECISIONS.c.applied_at.is_not(None),
        DECISIONS.c.turn == OPENED,
        TICKETS.c.solved_at.is_(None),
        TICKETS.c.gone.is_(None),
    )
    .order_by(DECISIONS.c.id)
    .limit(1_000)
)
_USES = (
    select(USES.c.reply, func.count(), func.count(TICKETS.c.solved_at))
    .join(DECISIONS, DECISIONS.c.id == USES.c.decision_id)
    .join(TICKETS, TICKETS.c.id == DECISIONS.c.ticket_id)
    .group_by(USES.c.reply)
)


class SqlDecisions:
    """Decisions in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._written: dict[int, tuple[Facts, WrittenJson]] = {}

    def lock(self) -> None:
        """Let nobody else decide until this transaction ends, so that loads are true."""
        if self._c.dialect.name != "sqlite":  # there, a writing transaction is alone already
            self._c.execute(_LOCK, {"name": ASSIGNING})

    def as_kept(self, facts: Facts) -> Facts:
        """The facts as they will be read again: what no database takes is left out of them."""
        told = facts_out(facts)
        written = written_as_it_is(told) if _is_finite(facts) else None
        if written is None:
            return facts_in(json.loads(to_json(told)))
        self._written[id(facts)] = (facts, written)
        return facts

    def _facts_out(self, facts: Facts) -> object:
        """Facts as JSON, which may have been written before: that costs as much as to decide."""
        known, written = self._written.get(id(facts), (None, None))
        return written if known is facts else facts_out(facts)

    def add(self, made: Sequence[NewDecision], until: datetime) -> dict[int, int]:
        """Keep decisions, with a snapshot on each ticket; their ids, by our id of the ticket."""
        values = [
            {
                "ticket_id": one.ticket,
                "turn": one.turn,
                "playbook": one.decision.playbook,
                "decided_at": one.facts.now,
                "facts": self._facts_out(one.facts),
                "decision": decision_out(one.decision),
                "degraded": list(one.facts.silent),
                "written": [],
                "held_until": until,
            }
            for one in made
        ]
        if not values:
            return {}
        self._c.execute(_ADD, values)
        keys = self._keys_of({one.ticket: one.turn for one in made})
        self._keep_fired({keys[one.ticket]: one.decision for one in made})
        self._take_snapshots([one for one in made if one.turn == OPENED])
        later = [one for one in made if one.turn != OPENED]
        self._hold_places(later)
        self._promise_anew(later)
        self._hand_back(made)
        return keys

    def _keys_of(self, turns: Mapping[int, str]) -> dict[int, int]:
        """The ids of one turn's decision of each ticket, by our id of the ticket."""
        rows = self._c.execute(_ADDED, {"these": list(turns)})
        return {row.ticket_id: row.id for row in rows if row.turn == turns[row.ticket_id]}

    def _keep_fired(self, decisions: Mapping[int, Decision]) -> None:
        rows = [
            {"decision_id": key, "rule": seen.name, "effect": seen.verdict is Verdict.FIRED}
            for key, decision in decisions.items()
            for seen in decision.trace
            if seen.verdict in _HAD_A_SAY
        ]
        if rows:
            self._c.execute(_ADD_FIRED, rows)

    def _take_snapshots(self, made: Sequence[NewDecision]) -> None:
        """Keep on the tickets how they were decided, which is never looked up again."""
        snapshots = [
            {
                "this": one.ticket,
                "segment": one.decision.segment,
                "queue_name": one.decision.queue,
                "agent_name": one.decision.agent.agent,
                "rule": one.rule,
                "playbook": one.decision.playbook,
                "language": one.facts.language,
                "first_reply_target": _promised(one.decision.first_reply),
                "resolution_target": _promised(one.decision.resolution),
                **worked_values(one.worked),
            }
            for one in made
        ]
        change_tickets(self._c, snapshots)

    def _hold_places(self, later: Sequence[NewDecision]) -> None:
        """Who holds the tickets by later decisions counts at once; the snapshot stays."""
        holders = [
            {"this": one.ticket, "agent_name": one.decision.agent.agent}
            for one in later
            if one.decision.agent.agent is not None
        ]
        change_tickets(self._c, holders)

    def _promise_anew(self, later: Sequence[NewDecision]) -> None:
        """What a later decision promises takes the place of what was promised before."""
        first = [
            {"this": one.ticket, "first_reply_target": _promised(one.decision.first_reply)}
            for one in later
            if one.decision.first_reply is not None
        ]
        change_tickets(self._c, first)
        whole = [
            {"this": one.ticket, "resolution_target": _promised(one.decision.resolution)}
            for one in later
            if one.decision.resolution is not None
        ]
        change_tickets(self._c, whole)

    def _hand_back(self, made: Sequence[NewDecision]) -> None:
        back = [
            {"this": one.ticket, "hand_back_at": one.facts.now + one.decision.hand_back}
            for one in made
            if one.decision.hand_back is not None
        ]
        change_tickets(self._c, back)

    def hold(self, decision: int, now: datetime, until: datetime) -> bool:
        """Be the only one to write it into the desk until then."""
        values = {"this": decision, "now": now, "held_until": until}
        return self._c.execute(_HOLD, values).rowcount > 0

    def let_go(self, decisions: Collection[int]) -> None:
        """Let others write them at once, after we could not."""
        if decisions:
            self._c.execute(_LET_GO, [{"this": one} for one in sorted(decisions)])

    def applied(self, written: Mapping[int, Sequence[Written]], now: datetime) -> None:
        """These decisions stand in the desk."""
        values = [
            {"this": key, "applied_at": now, "written": [written_to_json(one) for one in lines]}
            for key, lines in sorted(written.items())
        ]
        if values:
            self._c.execute(_UPDATE, values)

    def get(self, decision: int) -> StoredDecision | None:
        """A decision by its id."""
        row = self._c.execute(_GET, {"this": decision}).one_or_none()
        return None if row is None else _stored(row)

    def degraded(self, limit: int) -> list[DegradedTicket]:
        """Open tickets whose decision in the desk was made without some source; oldest first."""
        found: list[DegradedTicket] = []
        waiting: Counter[str] = Counter()
        last = 0
        while rows := self._c.execute(_DEGRADED, {"last": last}).all():
            for row in rows:
                if any(waiting[name] < limit for name in row.degraded):
                    waiting.update(row.degraded)
                    found.append(_degraded(row))
            last = rows[-1].id
        return found

    def replace(self, decision: int, made: NewDecision, revision: int) -> bool:
        """Put a new decision in the place of this revision, which is kept beside it."""
        row = self._c.execute(_GET.with_for_update(), {"this": decision}).one_or_none()
        if row is None or row.revision != revision:
            return False
        before = {
            "playbook": row.playbook,
            "decided_at": row.decided_at.isoformat(),
            "facts": row.facts,
            "decision": row.decision,
            "degraded": row.degraded,
            "applied_at": None if row.applied_at is None else row.applied_at.isoformat(),
            "written": row.written,
        }
        values = {
            "playbook": made.decision.playbook,
            "decided_at": made.facts.now,
            "facts": self._facts_out(made.facts),
            "decision": decision_out(made.decision),
            "degraded": list(made.facts.silent),
            "written": [],
            "applied_at": None,
            "held_until": None,
            "revision": revision + 1,
            "replaced": [*row.replaced, before],
        }
        self._c.execute(_UPDATE, {"this": decision, **values})
        self._c.execute(delete(FIRED).where(FIRED.c.decision_id == decision))
        self._keep_fired({decision: made.decision})
        self._take_snapshots([made])
        self._hand_back([made])
        return True

    def repaired(self, decision: int, silent: Sequence[str], revision: int) -> None:
        """The decision stays as it is; only these sources are still missing in it."""
        self._c.execute(
            update(DECISIONS)
            .where(DECISIONS.c.id == decision, DECISIONS.c.revision == revision)
            .values(degraded=list(silent))
        )

    def of(self, connection: str, desk_id: str) -> list[int]:
        """The ids of all decisions on a ticket."""
        return list(
            self._c.execute(
                select(DECISIONS.c.id)
                .join(TICKETS, TICKETS.c.id == DECISIONS.c.ticket_id)
                .where(TICKETS.c.connection == connection, TICKETS.c.desk_id == desk_id)
            ).scalars()
        )

    def newest(self, desk_id: str) -> dict[str, int]:
        """The decision on the opening of each ticket with this id, by its desk's connection."""
        rows = self._c.execute(
            select(TICKETS.c.connection, func.max(DECISIONS.c.id))
            .join(DECISIONS, TICKETS.c.id == DECISIONS.c.ticket_id)
            .where(TICKETS.c.desk_id == desk_id, DECISIONS.c.turn == OPENED)
            .group_by(TICKETS.c.connection)
        )
        return {connection: newest for connection, newest in rows}  # ruff: ignore[unnecessary-comprehension] — typed

    def lines(self, page: Page) -> list[DecisionLine]:
        """Decisions, newest first."""
        query = (
            select(
                DECISIONS.c.id,
                DECISIONS.c.decided_at,
                DECISIONS.c.applied_at,
                DECISIONS.c.degraded,
                TICKETS.c.connection,
                TICKETS.c.desk_id,
                TICKETS.c.subject,
                TICKETS.c.segment,
                TICKETS.c.queue_name,
                TICKETS.c.agent_name,
                TICKETS.c.rule,
            )
            .join(TICKETS, TICKETS.c.id == DECISIONS.c.ticket_id)
            .where(DECISIONS.c.turn == OPENED)
            .order_by(DECISIONS.c.id.desc())
            .limit(page.limit)
        )
        if page.before is not None:
            query = query.where(DECISIONS.c.id < page.before)
        return [
            DecisionLine(
                id=row.id,
                connection=row.connection,
                ticket=row.desk_id,
                subject=row.subject,
                segment=row.segment,
                queue=row.queue_name,
                agent=row.agent_name,
                rule=row.rule,
                decided_at=row.decided_at,
                state=_state(row),
            )
            for row in self._c.execute(query)
        ]

    def fired(self, since: datetime) -> dict[str, int]:
        """How often each rule fired."""
        rows = self._c.execute(
            select(FIRED.c.rule, func.count())
            .join(DECISIONS, DECISIONS.c.id == FIRED.c.decision_id)
            .where(DECISIONS.c.decided_at >= since, FIRED.c.effect)
            .group_by(FIRED.c.rule)
        )
        return {rule: count for rule, count in rows}  # ruff: ignore[unnecessary-comprehension] — typed

    def fired_by_version(self, since: datetime | None) -> dict[tuple[str, int], int]:
        """How often each rule fired for tickets opened since then, by name and playbook."""
        query = (
            select(FIRED.c.rule, DECISIONS.c.playbook, func.count())
            .join(DECISIONS, DECISIONS.c.id == FIRED.c.decision_id)
            .where(FIRED.c.effect)
            .group_by(FIRED.c.rule, DECISIONS.c.playbook)
        )
        if since is not None:
            of_ticket = TICKETS.c.id == DECISIONS.c.ticket_id
            query = query.join(TICKETS, of_ticket).where(TICKETS.c.opened_at >= since)
        return {(rule, version): count for rule, version, count in self._c.execute(query)}

    def segments(self, since: datetime) -> dict[str, int]:
        """How many tickets each segment had as their primary one."""
        rows = self._c.execute(
            select(TICKETS.c.segment, func.count())
            .where(TICKETS.c.opened_at >= since)
            .group_by(TICKETS.c.segment)
        )
        return {segment: count for segment, count in rows if segment is not None}

    def uses(self) -> dict[str, Use]:
        """How replies have done so far, by name."""
        rows = self._c.execute(_USES)
        return {reply: Use(inserted, solved) for reply, inserted, solved in rows}

    def results(self, since: datetime, limit: int) -> Iterator[tuple[Facts, Result]]:
        """What tickets were decided on and what became of them, the newest first."""
        of_tickets = TICKETS.c.id == DECISIONS.c.ticket_id
        newest = self._c.execute(
            select(DECISIONS.c.id)
            .join(TICKETS, of_tickets)
            .where(
                TICKETS.c.opened_at >= since,
                TICKETS.c.requester_email.is_not(None),
                DECISIONS.c.turn == OPENED,
            )
            .order_by(TICKETS.c.opened_at.desc(), DECISIONS.c.id.desc())
            .limit(limit)
        )
        every = newest.scalars().all()
        for first in range(0, len(every), FACTS_AT_ONCE):
            ids = every[first : first + FACTS_AT_ONCE]
            rows = self._c.execute(
                select(*TICKETS.c, DECISIONS.c.facts)
                .join(TICKETS, of_tickets)
                .where(DECISIONS.c.id.in_(ids))
                .order_by(TICKETS.c.opened_at.desc(), DECISIONS.c.id.desc())
            ).all()
            for row in rows:
                yield facts_in(row.facts), Result(outcome_of(row), row.surveyed, row.score)

    def inserted(self, decision: int, reply: str, position: int, by: str, now: datetime) -> None:
        """An agent inserted a suggested reply; doing it again changes nothing."""
        self._c.execute(
            upsert(self._c, ReplyUseRow)
            .values(decision_id=decision, reply=reply, position=position, by=by, at=now)
            .on_conflict_do_nothing()
        )


def _promised(time: timedelta | None) -> int | None:
    return None if time is None else seconds(time.total_seconds())


def _is_finite(facts: Facts) -> bool:
    known = chain((fact.value for fact in facts.customer.values()), facts.before.values())
    return all(isfinite(value) for value in known if isinstance(value, float))


def _state(row: Row[*tuple[Any, ...]]) -> str:
    if row.applied_at is None:
        return "waiting"
    return "degraded" if row.degraded else "applied"


def _stored(row: Row[*tuple[Any, ...]]) -> StoredDecision:
    return StoredDecision(
        id=row.id,
        ticket=row.ticket_id,
        playbook=row.playbook,
        decided_at=row.decided_at,
        facts=facts_in(row.facts),
        decision=decision_in(row.decision),
        degraded=tuple(row.degraded),
        applied_at=row.applied_at,
        written=tuple(written_from_json(one) for one in row.written),
        turn=row.turn,
        revision=row.revision,
        replaced=tuple(_replaced(one) for one in row.replaced),
    )


def _degraded(row: Row[*tuple[Any, ...]]) -> DegradedTicket:
    return DegradedTicket(
        decision=row.id,
        revision=row.revision,
        decided_at=row.decided_at,
        ref=TicketRef(row.connection, row.desk_id),
        email=row.requester_email,
        silent=tuple(row.degraded),
    )


def _replaced(raw: Any) -> ReplacedDecision:
    return ReplacedDecision(
        decided_at=datetime.fromisoformat(raw["decided_at"]),
        facts=facts_in(raw["facts"]),
        decision=decision_in(raw["decision"]),
        degraded=tuple(raw["degraded"]),
    )
