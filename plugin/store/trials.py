"""What became of the tickets for which a rule on trial fired, or would have."""

from __future__ import annotations

from sqlalchemy import Connection, select

from plugin.records.trials import Tried
from plugin.store.rows import DECISIONS, TICKETS, outcome_of, table
from plugin.store.schema import FiredRow
from routing.outcomes.result import Result
from routing.rules.turns import OPENED

FIRED = table(FiredRow)


class SqlTrials:
    """Trials in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def tried(self, rule: str, since_version: int) -> list[Tried]:
        """The tickets for which a rule fired or would have, since this playbook was live."""
        rows = self._c.execute(
            select(*TICKETS.c, DECISIONS.c.turn, FIRED.c.effect)
            .join(DECISIONS, DECISIONS.c.ticket_id == TICKETS.c.id)
            .join(FIRED, FIRED.c.decision_id == DECISIONS.c.id)
            .where(FIRED.c.rule == rule, DECISIONS.c.playbook >= since_version)
            .order_by(DECISIONS.c.turn != OPENED, DECISIONS.c.id)
        )
        # A rule for what happens later can fire for one ticket more than once; it counts once.
        found = {row.id: row for row in rows}
        return [
            Tried(
                effect=row.effect,
                connection=row.connection,
                queue=row.queue,
                queue_name=row.queue_name,
                result=Result(outcome_of(row), row.surveyed, row.score),
            )
            for row in found.values()
        ]
