"""Customers from an SQL query over any database that SQLAlchemy knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from plugin.customers.typed import facts_of
from plugin.ports import Clock, Refused, Requester, Unavailable
from routing.conditions.fields import Fields
from routing.tickets import Fact

MOST_COLUMNS = 200
"""More columns than this are not a customer."""


@dataclass(frozen=True, slots=True)
class SqlSource:
    """One query, for example ``SELECT plan AS "customer.plan" FROM users WHERE email = :email``.

    The query may use ``:email`` and ``:external_id``; its columns are named as fields. A column
    named ``as_of`` says when the row was true.
    """

    name: str
    url: str = field(repr=False)
    query: str
    clock: Clock
    _engine: Engine = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = create_engine(self.url, pool_size=2, max_overflow=2, pool_timeout=2)
        object.__setattr__(self, "_engine", engine)

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Run the query for one customer; its first row counts. May raise Unavailable."""
        values = {"email": who.email, "external_id": who.external_id}
        try:
            with self._engine.connect() as connection:
                row = connection.execute(text(self.query), values).mappings().first()
        except SQLAlchemyError as error:
            reason = str(error.__cause__ or error).splitlines()[0]
            raise Unavailable(f"{self.name} does not answer: {reason}") from error
        if row is None:
            return None
        if len(row) > MOST_COLUMNS:
            raise Refused(f"{self.name} answers with {len(row)} columns; {MOST_COLUMNS} at most.")
        as_of = row.get("as_of")
        when = as_of if isinstance(as_of, datetime) and as_of.tzinfo else self.clock.now()
        return facts_of({str(key): value for key, value in row.items()}, fields, self.name, when)
