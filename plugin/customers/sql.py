"""Customers from an SQL query over any database that SQLAlchemy knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from plugin.customers.typed import Answer, read_answer, read_moment
from plugin.ports import Clock, Refused, Requester, Unavailable
from routing.conditions.fields import Fields

MOST_COLUMNS = 200
"""More columns than this are not a customer."""


@dataclass(frozen=True, slots=True)
class SqlSource:
    """One query, for example ``SELECT plan AS "customer.plan" FROM users WHERE email = :email``.

    The query may use ``:email`` and ``:external_id``; its columns are named as fields. A column
    named ``as_of`` says when the row was true. ``timeout`` is in seconds, for PostgreSQL; the
    drivers of other databases have no one word for it.
    """

    name: str
    url: str = field(repr=False)
    query: str
    clock: Clock
    timeout: float = 10.0
    _engine: Engine = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = create_engine(
            self.url,
            pool_size=2,
            max_overflow=2,
            pool_timeout=2,
            connect_args=_limits(self.url, self.timeout),
        )
        object.__setattr__(self, "_engine", engine)

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        """Run the query for one customer; its first row counts. May raise Unavailable."""
        values = {"email": who.email, "external_id": who.external_id}
        try:
            with self._engine.connect() as connection:
                # One row is fetched, also of a query that forgot its WHERE.
                rows = connection.execution_options(stream_results=True, max_row_buffer=1)
                row = rows.execute(text(self.query), values).mappings().first()
        except SQLAlchemyError as error:
            reason = str(error.__cause__ or error).splitlines()[0]
            raise Unavailable(f"{self.name} does not answer: {reason}") from error
        if row is None:
            return None
        if len(row) > MOST_COLUMNS:
            raise Refused(f"{self.name} answers with {len(row)} columns; {MOST_COLUMNS} at most.")
        now = self.clock.now()
        as_of = read_moment(row.get("as_of"), now) or now
        return read_answer({str(key): cell for key, cell in row.items()}, fields, self.name, as_of)


def _limits(url: str, timeout: float) -> dict[str, Any]:
    if not make_url(url).drivername.endswith("psycopg"):
        return {}
    milliseconds = round(timeout * 1_000)
    return {"connect_timeout": 3, "options": f"-c statement_timeout={milliseconds}"}
