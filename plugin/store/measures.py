"""How tickets are measured: by which hours, and what came out."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, or_, select

from plugin.records.tickets import Measured
from plugin.store.rows import TICKETS, change_tickets, outcome_of, worked_values
from routing.outcomes.worked import Worked

_NEXT = (
    select(TICKETS)
    .where(
        TICKETS.c.id > bindparam("after"),
        or_(TICKETS.c.imported, TICKETS.c.playbook.is_not(None)),
    )
    .order_by(TICKETS.c.id)
    .limit(bindparam("most"))
    .with_for_update()
)


class SqlMeasures:
    """Measures in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def after(self, ticket: int, limit: int) -> list[Measured]:
        """The next decided and imported tickets, held until the transaction ends."""
        return [
            Measured(
                id=row.id,
                queue_name=row.queue_name,
                outcome=outcome_of(row),
                worked=Worked(
                    row.schedule, row.first_reply_worked, row.first_solved_worked, row.solved_worked
                ),
            )
            for row in self._c.execute(_NEXT, {"after": ticket, "most": limit})
        ]

    def put(self, changes: Iterable[tuple[int, Worked]]) -> None:
        """Keep by which hours tickets are measured, and their working time."""
        change_tickets(
            self._c, [{"this": ticket, **worked_values(worked)} for ticket, worked in changes]
        )
