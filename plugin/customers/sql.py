"""Customers from an SQL query over any database that SQLAlchemy knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, ProgrammingError, SQLAlchemyError

from plugin.customers.typed import Answer, read_answer, read_moment
from plugin.ports import Clock, Refused, Requester, Unavailable
from plugin.unreached import NAME_NOT_KNOWN, NOBODY_ANSWERS
from routing.conditions.fields import Fields

MOST_COLUMNS = 200
"""More columns than this are not a customer."""

BAD_URL = "This is not a database. Example: postgresql+psycopg://name:secret@db.example.com/crm"

_READS = re.compile(r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)
# As SQLAlchemy reads a parameter; a cast such as ::date is none.
_ASKED = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_KNOWN = ("email", "external_id")


class BadQuery(Unavailable):
    """The database is there and cannot run the query; until that is mended the source is silent."""


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
            reason = _plain(str(error.__cause__ or error).splitlines()[0])
            failed = BadQuery if _is_mistaken(error) else Unavailable
            raise failed(f"{self.name} does not answer: {reason}.") from error
        if row is None:
            return None
        if len(row) > MOST_COLUMNS:
            raise Refused(f"{self.name} answers with {len(row)} columns; {MOST_COLUMNS} at most.")
        now = self.clock.now()
        as_of = read_moment(row.get("as_of"), now) or now
        return read_answer({str(key): cell for key, cell in row.items()}, fields, self.name, as_of)


def asks_by(query: str) -> frozenset[str]:
    """What of a customer a query is given: ``email``, ``external_id``, or what there is not."""
    return frozenset(_ASKED.findall(query))


def problems_of_sql(url: str, query: str) -> dict[str, str]:
    """What is wrong with a database's URL or a query, by setting; no database is asked."""
    problems = {}
    if why := _bad_url(url):
        problems["url"] = why
    if why := _bad_query(query):
        problems["query"] = why
    return problems


def _bad_url(url: str) -> str:
    try:
        make_url(url).get_dialect().import_dbapi()
    except NoSuchModuleError:
        return f"This kind of database is not known here. {BAD_URL}"
    except ImportError as error:
        return f"The driver of this database is not installed: {error.name}."
    except (ArgumentError, ValueError):
        return BAD_URL
    return ""


def _bad_query(query: str) -> str:
    if not _READS.match(query):
        return "A source is only read: the query begins with SELECT or WITH."
    asked = asks_by(query)
    strange = sorted(asked.difference(_KNOWN))
    if strange:
        return f"There is no :{strange[0][:40]}. Use :email or :external_id."
    if not asked:
        return "The query must say who is asked about: WHERE email = :email, or :external_id."
    return ""


def _is_mistaken(error: SQLAlchemyError) -> bool:
    if isinstance(error, ProgrammingError):
        return True
    # SQLite has one error for a wrong word and a locked file; only its code tells them apart.
    return getattr(getattr(error, "orig", None), "sqlite_errorname", "") == "SQLITE_ERROR"


def _plain(reason: str) -> str:
    """What a driver says, without the words of the system's libraries for a common mishap."""
    if any(sign in reason for sign in ("[Errno -", "resolve host", "translate host name")):
        return NAME_NOT_KNOWN
    return NOBODY_ANSWERS if "Connection refused" in reason else reason.rstrip(".")


def _limits(url: str, timeout: float) -> dict[str, Any]:
    if not make_url(url).drivername.endswith("psycopg"):
        return {}
    milliseconds = round(timeout * 1_000)
    return {"connect_timeout": 3, "options": f"-c statement_timeout={milliseconds}"}
