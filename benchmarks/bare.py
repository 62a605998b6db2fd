"""What Deskroute is compared with: the least that a Flask view and a Celery task can do.

The view checks the same signature over the same body and makes one durable insert. It knows one
desk, keeps no list of secrets, reads no JSON, and its table has no index but its key.
"""

from __future__ import annotations

import hmac
import os
import sys
import time
from datetime import UTC, datetime
from sqlite3 import Connection as SqliteConnection

from celery import Celery
from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
)
from sqlalchemy.pool import ConnectionPoolEntry

DATABASE, SECRET, BROKER = "BARE_DATABASE", "BARE_SECRET", "BARE_BROKER"
"""The environment variables that a bare process reads."""

TOLERANCE = 300
NOTHING, QUEUE = "bare.nothing", "bare"

DELIVERIES = Table(
    "deliveries",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("delivery_id", String(200), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


def open_bare(url: str, pool: int) -> Engine:
    """An engine as durable as Deskroute's: SQLite with WAL and FULL, PostgreSQL as it is."""
    if not url.startswith("sqlite"):
        return create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1), pool_size=pool)
    engine = create_engine(url, connect_args={"timeout": 10})
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def create_app() -> Flask:
    """The bare view."""
    secret = os.environ[SECRET].encode()
    engine = open_bare(os.environ[DATABASE], pool=10)
    app = Flask("bare")

    @app.post("/webhooks/<connection>")
    def receive(connection: str) -> Response:
        _ = connection
        body, sent_at = request.get_data(), request.headers["X-Chatwoot-Timestamp"]
        digest = hmac.new(secret, f"{sent_at}.".encode() + body, "sha256").hexdigest()
        fits = hmac.compare_digest(f"sha256={digest}", request.headers["X-Chatwoot-Signature"])
        if not fits or abs(time.time() - int(sent_at)) > TOLERANCE:
            return Response(status=401)
        with engine.begin() as transaction:
            transaction.execute(
                insert(DELIVERIES).values(
                    delivery_id=request.headers["X-Chatwoot-Delivery"],
                    received_at=datetime.now(UTC),
                    body=body,
                )
            )
        return Response(b'{"received": true}\n', 202, content_type="application/json")

    return app


def serve(port: int, processes: int, threads: int) -> None:
    """Serve the bare view exactly as `deskroute web` serves Deskroute."""
    Granian(
        "benchmarks.bare:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=port,
        workers=processes,
        blocking_threads=threads,
        backlog=1024,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


celery = Celery("bare", broker=os.environ.get(BROKER, "redis://127.0.0.1:6379/0"))
celery.conf.update(
    task_default_queue=QUEUE, task_ignore_result=True, worker_hijack_root_logger=False
)


@celery.task(name=NOTHING)
def nothing() -> None:
    """Do nothing."""


if __name__ == "__main__":
    serve(*(int(argument) for argument in sys.argv[1:4]))
