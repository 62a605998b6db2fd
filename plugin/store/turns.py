"""What happens to tickets after they were routed: what was decided, and for what it is time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, select

from plugin.records.decisions import TurnTaken
from plugin.records.turns import DueTicket
from plugin.store.rows import DECISIONS, TICKETS, written_from_json
from routing.rules.turns import Taken
from routing.tickets import TicketRef

_OPEN = (
    TICKETS.c.solved_at.is_(None),
    TICKETS.c.gone.is_(None),
    TICKETS.c.imported.is_(False),
    TICKETS.c.playbook.is_not(None),
)


class SqlTurns:
    """Turns in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def taken(self, tickets: Collection[int]) -> dict[int, list[TurnTaken]]:
        """The turns of these tickets that are decided, oldest first, by our id of the ticket."""
        found: dict[int, list[TurnTaken]] = {ticket: [] for ticket in tickets}
        rows = self._c.execute(
            select(
                DECISIONS.c.id,
                DECISIONS.c.ticket_id,
                DECISIONS.c.turn,
                DECISIONS.c.decided_at,
                # A decision is long; of it, and of its facts, this is all that is needed.
                DECISIONS.c.decision["fired"].label("fired"),
                DECISIONS.c.decision["hand_back"].as_float().label("hand_back"),
                DECISIONS.c.decision["queue"].as_string().label("to"),
                DECISIONS.c.decision["agent", 0].as_string().label("agent"),
                DECISIONS.c.facts["ticket", "queue"].as_string().label("queue"),
                DECISIONS.c.written,
                DECISIONS.c.applied_at,
            )
            .where(DECISIONS.c.ticket_id.in_(tickets))
            .order_by(DECISIONS.c.decided_at, DECISIONS.c.id)
        )
        for row in rows:
            found[row.ticket_id].append(_taken(row))
        return found

    def waiting(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open routed tickets whose customers began to wait in this span, the longest first."""
        return self._due(TICKETS.c.waiting_since, after, until)

    def to_hand_back(self, after: datetime, until: datetime) -> list[DueTicket]:
        """Open tickets that are to be handed back in this span, the most overdue first."""
        return self._due(TICKETS.c.hand_back_at, after, until)

    def unseen(self, before: datetime, limit: int) -> list[DueTicket]:
        """Open routed tickets that were read last before then, the longest ago first."""
        rows = self._c.execute(
            select(TICKETS.c.connection, TICKETS.c.desk_id, TICKETS.c.read_at)
            .where(TICKETS.c.read_at < before, *_OPEN)
            .order_by(TICKETS.c.read_at)
            .limit(limit)
        )
        return [DueTicket(TicketRef(row.connection, row.desk_id), row.read_at) for row in rows]

    def _due(self, at: Column[datetime], after: datetime, until: datetime) -> list[DueTicket]:
        rows = self._c.execute(
            select(TICKETS.c.connection, TICKETS.c.desk_id, at.label("since"))
            .where(at > after, at <= until, *_OPEN)
            .order_by(at)
        )
        return [DueTicket(TicketRef(row.connection, row.desk_id), row.since) for row in rows]


def _taken(row: Row[*tuple[Any, ...]]) -> TurnTaken:
    written = [written_from_json(one) for one in row.written]
    return TurnTaken(
        taken=Taken(
            id=row.id,
            key=row.turn,
            decided_at=row.decided_at,
            fired=tuple(row.fired),
            moved=any(one.what == "queue" and one.done for one in written),
            moved_from=row.queue,
            hand_back=None if row.hand_back is None else timedelta(seconds=row.hand_back),
        ),
        queue=row.to,
        agent=row.agent,
        applied=row.applied_at is not None,
        answered=any(one.what == "answer" and one.done for one in written),
    )
