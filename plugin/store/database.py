"""Engines and transactions: SQLite as a real database, PostgreSQL as it is."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import isfinite
from select import POLLIN, poll
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SqliteConnection
from sqlite3 import DatabaseError as SqliteError
from typing import Any

import orjson
from psycopg import Connection as PostgresConnection
from psycopg import Error as PostgresError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from plugin.ports import Unavailable
from plugin.store.schema import clean

BUSY_MS = 10_000
"""How long SQLite waits for another writer before it gives up, in milliseconds."""

ASK_AGAIN = 0.001
"""How long it sleeps until it looks whether the other writer is done, in seconds."""

_WRITING = "BEGIN IMMEDIATE"

READING, LIGHT = "deskroute_reading", "deskroute_light"
"""The execution options that tell how a transaction begins."""

_NOT_MIGRATED = frozenset({"42P01", "42703"})
"""PostgreSQL's codes for a table and a column that are not there."""

_MISSES = re.compile(r"no such (?:table|column): |table \w+ has no column named ")
"""SQLite's words for the same: it has one code for every mistake in a statement."""

NOT_MIGRATED = "The database does not have the tables of this version. Run `deskroute migrate`."


_UNSTORABLE = re.compile(r"\\u(?:0000|d[89a-f])")
_NO_NUMBER = re.compile(r"\b(?:NaN|Infinity)\b")


@dataclass(frozen=True, slots=True)
class WrittenJson:
    """A value that was written out before: it is stored as this text."""

    text: str


def to_json(value: object) -> str:
    """JSON that every database takes, though a customer or a source may have said what it can't.

    NUL and half surrogates are left out, and what is no number is null.
    """
    if isinstance(value, WrittenJson):
        return value.text
    text = _quickly(value)
    if text is None:
        text = _written(value)
    return text if _is_storable(text) else _written(_cleaned(value))


def written_as_it_is(value: object) -> WrittenJson | None:
    """A value written out, where nothing has to be left out, so that it comes back as it was.

    Its numbers must be finite.
    """
    text = _quickly(value)
    return None if text is None or not _is_storable(text) else WrittenJson(text)


def _quickly(value: object) -> str | None:
    """The value as JSON, with null for what is no number; None where it takes the long way."""
    try:
        return orjson.dumps(value, option=_PLAIN_ONLY).decode()
    except TypeError:
        return None  # half surrogates, numbers of more than 64 bits, keys that are no texts


def _is_storable(text: str) -> bool:
    # To look for a word is quick, for a pattern that begins with a boundary it is slow.
    has_word = "NaN" in text or "Infinity" in text
    return not (_UNSTORABLE.search(text) or (has_word and _NO_NUMBER.search(text)))


# What only one of the two ways can write would be there or not by chance.
_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

_written = json.JSONEncoder(separators=(",", ":")).encode


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {clean(str(name)): _cleaned(inner) for name, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list | tuple) else value


def open_engine(url: str, pool: int = 10) -> Engine:
    """An engine for this URL. Make it after a fork, never before: sockets can't be shared."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            connect_args={"timeout": BUSY_MS / 1000},
            json_serializer=to_json,
            json_deserializer=orjson.loads,
        )
        event.listen(engine, "do_connect", _make_for_its_owner)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"{parsed.get_backend_name()} is not supported; use PostgreSQL or SQLite")
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=5,
        # The driver begins no transactions: they begin below, and a statement that is one by itself
        # needs one way to the server and not three.
        connect_args={"connect_timeout": 5, "keepalives_idle": 30, "autocommit": True},
        json_serializer=to_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "checkout", _refuse_dead)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _refuse_dead(
    connection: PostgresConnection, _record: ConnectionPoolEntry, _fairy: PoolProxiedConnection
) -> None:
    # An idle connection has nothing to read, unless the server has said good-bye on it. Seeing
    # that costs microseconds; to ask the server each time would be half of the door's work.
    socket = poll()
    if not connection.closed:
        socket.register(connection.fileno(), POLLIN)
    if connection.closed or socket.poll(0):
        raise InvalidatePoolError


def _make_for_its_owner(
    _dialect: object, _record: object, arguments: list[object], _options: object
) -> None:
    """Make the file before SQLite does: its journals are open to whom the file is open to."""
    path = str(arguments[0]) if arguments else ""
    if path.startswith((":", "file:")) or not path:
        return
    # Only a file that is not there yet is opened: to close one that is would drop every lock that
    # this process holds on it (POSIX), and SQLite's readers would lose their log in mid-sentence.
    # What is wrong with the path SQLite says better.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: it would begin deferred ones, and two
    # writers that both read first could then only fail.
    connection.isolation_level = None
    cursor = connection.cursor()
    # First of all: also the switch to WAL may have to wait for another process.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    with _as_sqlalchemy_says_it():
        _begin_on_sqlite(
            connection.connection,
            "BEGIN" if options.get(READING) else _WRITING,
            light=bool(options.get(LIGHT)),
        )


def _begin_on_sqlite(connection: PoolProxiedConnection, begin: str, *, light: bool) -> None:
    # FULL, since a 2xx promises that the delivery survives a power cut.
    sync = "NORMAL" if light else "FULL"
    known = connection.info
    # Straight to the driver: every transaction begins here, and SQLAlchemy's way is long.
    driver: Any = connection.driver_connection
    if known.get("synchronous") != sync:
        driver.execute(f"PRAGMA synchronous = {sync}")
        known["synchronous"] = sync
    if begin == _WRITING:
        _wait_to_write(driver)
    else:
        driver.execute(begin)


def _wait_to_write(driver: Any) -> None:
    # SQLite's own way to wait sleeps ever longer, up to a tenth of a second, however short the
    # other transaction is; and while workers and the door take turns, most of them are waiting.
    until = time.monotonic() + BUSY_MS / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute(_WRITING)
            except SqliteError as error:
                if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(ASK_AGAIN)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_MS}")


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(READING):
        return  # It looks anew for each statement anyway; so it need not begin and end.
    driver: Any = connection.connection.driver_connection
    with _as_sqlalchemy_says_it():
        driver.execute(_LIGHTLY if options.get(LIGHT) else "BEGIN", prepare=False)


_LIGHTLY = "BEGIN; SET LOCAL synchronous_commit = off"


@contextmanager
def _as_sqlalchemy_says_it() -> Iterator[None]:
    """Give what a driver raises the class that SQLAlchemy would have given it."""
    try:
        yield
    except (SqliteError, PostgresError) as error:
        base = SqliteError if isinstance(error, SqliteError) else PostgresError
        raise DBAPIError.instance("the driver", None, error, base) from error


class Database:
    """Transactions over one engine; every failure to reach the database becomes Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**{READING: True})
        self._light = engine.execution_options(**{LIGHT: True})

    @property
    def has_one_writer(self) -> bool:
        """Whether transactions that write can only run one after the other."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self, *, light: bool = False) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on any error.

        A ``light`` one does not wait for the disk. If the power goes, or PostgreSQL crashes, it
        may be undone, with every light one after it. An ordinary one makes all before it last.
        """
        with _translated(), (self._light if light else self.engine).begin() as connection:
            yield connection

    @contextmanager
    def straight(self, *, alone: bool = False) -> Iterator[Any]:
        """The driver's own connection, for what is done so often that SQLAlchemy's way is too long.

        One transaction, like ``write``. With ``alone`` it is for one statement, which where it can
        is a transaction by itself and spares two ways to the server.
        """
        with _translated(), _as_sqlalchemy_says_it():
            connection = self.engine.raw_connection()
            try:
                self._begin(connection, alone=alone)
                yield connection.driver_connection
                connection.commit()
            except (SqliteError, PostgresError) as error:
                said: Any = error
                if self.engine.dialect.is_disconnect(said, connection.driver_connection, None):
                    connection.invalidate(error)
                raise
            finally:
                connection.close()

    def _begin(self, connection: PoolProxiedConnection, *, alone: bool) -> None:
        driver: Any = connection.driver_connection
        if self.has_one_writer:
            _begin_on_sqlite(connection, _WRITING, light=False)
        elif not alone:
            driver.execute("BEGIN", prepare=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that only reads; on SQLite it never waits for a writer."""
        with _translated(), self._reader.connect() as connection:
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InternalError) as error:
        if _MISSES.match(str(error.orig)):
            raise Unavailable(NOT_MIGRATED, 30) from error
        # Down, locked, full or read-only: all of them pass.
        raise Unavailable(f"The database does not answer: {_first_line(error)}", 5) from error
    except PoolTimeout as error:
        raise Unavailable("All connections to the database are in use.", 1) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("The database broke off.", 5) from error
        if type(error.orig) is SqliteError:
            # Not one of its subclasses, which are mistakes of ours: the file itself is damaged.
            raise Unavailable(f"The database cannot be read: {_first_line(error)}", 60) from error
        if getattr(error.orig, "sqlstate", None) in _NOT_MIGRATED:
            raise Unavailable(NOT_MIGRATED, 30) from error
        raise


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__


def revision(database: Database) -> str | None:
    """The migration the database is at; None before the first. Raises Unavailable."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
