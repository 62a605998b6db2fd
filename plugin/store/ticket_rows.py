"""Tickets in their order of opening, some at a time, for tables that go out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from plugin.records.results import TicketRow
from plugin.store.rows import TICKETS, outcome_of

_T = TICKETS.c
_COLUMNS = (
    _T.id,
    _T.connection,
    _T.desk_id,
    _T.subject,
    _T.channel,
    _T.language,
    _T.segment,
    _T.queue_name,
    _T.agent_name,
    _T.rule,
    _T.playbook,
    _T.opened_at,
    _T.first_reply_at,
    _T.first_solved_at,
    _T.solved_at,
    _T.solved_by,
    _T.public_replies,
    _T.reopens,
    _T.transfers,
    _T.waiting_since,
    _T.first_reply_worked,
    _T.first_solved_worked,
    _T.solved_worked,
    _T.first_reply_target,
    _T.resolution_target,
    _T.surveyed,
    _T.score,
    _T.nps,
    _T.ces,
    _T.nps_asked,
    _T.ces_asked,
    _T.gone,
    _T.imported,
)
"""Never a ticket's text, nor who asked."""


class SqlTicketRows:
    """Tickets in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def some(
        self, since: datetime, until: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> list[TicketRow]:
        """Those opened in [since, until) behind the one opened then with this id, oldest first."""
        query = select(*_COLUMNS).where(_T.opened_at >= since, _T.opened_at < until)
        if after is not None:
            at, last = after
            # The first bound is what the index is read from; the pair alone SQLite would filter by.
            query = query.where(_T.opened_at >= at, tuple_(_T.opened_at, _T.id) > (at, last))
        rows = self._c.execute(query.order_by(_T.opened_at, _T.id).limit(limit))
        return [_ticket_row(row) for row in rows]


def _ticket_row(row: Row[*tuple[Any, ...]]) -> TicketRow:
    return TicketRow(
        id=row.id,
        connection=row.connection,
        desk_id=row.desk_id,
        subject=row.subject,
        channel=row.channel,
        language=row.language,
        segment=row.segment,
        queue=row.queue_name,
        agent=row.agent_name,
        rule=row.rule,
        playbook=row.playbook,
        outcome=outcome_of(row),
        worked=(row.first_reply_worked, row.first_solved_worked, row.solved_worked),
        targets=(row.first_reply_target, row.resolution_target),
        surveyed=row.surveyed,
        score=row.score,
        nps=row.nps,
        ces=row.ces,
        nps_asked=row.nps_asked,
        ces_asked=row.ces_asked,
        gone=row.gone,
        imported=row.imported,
    )
