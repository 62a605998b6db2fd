"""Goals that are clearly missed: since when, and until when they were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from plugin.records.subscriptions import AlertRecord
from plugin.store.rows import insert_new, table
from plugin.store.schema import AlertRow
from routing.population.goal import Goal, Standing, read_goals, write_goal

ALERTS = table(AlertRow)


class SqlAlerts:
    """Alerts in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def running(self) -> list[AlertRecord]:
        """Those that are not over, the oldest first."""
        query = select(ALERTS).where(ALERTS.c.ended_at.is_(None))
        rows = self._c.execute(query.order_by(ALERTS.c.began_at, ALERTS.c.id))
        return [_alert(row) for row in rows]

    def begin(self, alert: AlertRecord) -> bool:
        """Keep a new one; False if one of this segment's goal is there already."""
        stood = alert.standing
        values = {
            "segment": alert.segment,
            "goal": write_goal(stood.goal),
            "began_at": alert.began_at,
            "n": stood.n,
            "now": stood.now,
            "low": stood.low,
            "high": stood.high,
        }
        return self._c.execute(insert_new(self._c, AlertRow), values).rowcount > 0

    def end(self, alert: int, now: datetime) -> bool:
        """It is over; False if somebody else has said so."""
        runs = ALERTS.c.ended_at.is_(None) & (ALERTS.c.id == alert)
        return self._c.execute(update(ALERTS).where(runs).values(ended_at=now)).rowcount > 0


def _alert(row: Row[Any]) -> AlertRecord:
    (goal,) = read_goals(row.goal)
    assert isinstance(goal, Goal)
    standing = Standing(goal, row.now, row.low, row.high, row.n)
    return AlertRecord(row.segment, standing, row.began_at, row.id)
