"""Customers from uploaded files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from plugin.records import CustomerRecord
from plugin.store.rows import facts_from_json, facts_to_json, mail, table, upsert
from plugin.store.schema import CustomerRow, Utc, clean
from routing.tickets import Fact

CUSTOMERS = table(CustomerRow)


class SqlCustomers:
    """Customer records in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def put(self, source: str, records: Sequence[CustomerRecord], now: datetime) -> int:
        """Keep records; one that says the same as before is not touched."""
        # Of one that comes twice the later record counts.
        rows = {}
        for record in records:
            key = clean(record.external_id)
            rows[key] = {
                "source": source,
                "external_id": key,
                "email": None if record.email is None else mail(record.email),
                "facts": facts_to_json(record.facts),
                "as_of": now,
            }
        if not rows:
            return 0
        statement = upsert(self._c, CustomerRow)
        new = statement.excluded
        changed = statement.on_conflict_do_update(
            index_elements=["source", "external_id"],
            set_={"email": new.email, "facts": new.facts, "as_of": new.as_of},
            where=(CUSTOMERS.c.facts != new.facts) | CUSTOMERS.c.email.is_distinct_from(new.email),
        ).returning(CUSTOMERS.c.id)
        return len(self._c.execute(changed, list(rows.values())).all())

    def find(
        self, source: str, email: str | None, external_id: str | None
    ) -> dict[str, Fact] | None:
        """What a source says of a customer: by the desk's id first, then by e-mail."""
        for column, value in (
            (CUSTOMERS.c.external_id, external_id),
            (CUSTOMERS.c.email, None if email is None else mail(email)),
        ):
            if value is None:
                continue
            row = self._c.execute(
                select(CUSTOMERS.c.facts, CUSTOMERS.c.as_of)
                .where(CUSTOMERS.c.source == source, column == value)
                .order_by(CUSTOMERS.c.as_of.desc(), CUSTOMERS.c.id)
                .limit(1)
            ).one_or_none()
            if row is not None:
                return facts_from_json(row.facts, source, row.as_of)
        return None

    def counts(self) -> dict[str, tuple[int, datetime]]:
        """How many customers each uploaded source has, and when the newest row came."""
        rows = self._c.execute(
            select(
                CUSTOMERS.c.source, func.count(), func.max(CUSTOMERS.c.as_of, type_=Utc())
            ).group_by(CUSTOMERS.c.source)
        )
        return {source: (count, newest) for source, count, newest in rows}
