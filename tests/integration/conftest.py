"""Both databases for every test, and the world around them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import URL, Engine, create_engine, make_url, text
from world import KEY, PLAYBOOK, Command, FakeClock, House, MemoryDesk, Postgres, a_reading, publish

from plugin.cli import main
from plugin.records.work import Store
from plugin.store.database import Database, open_engine
from plugin.store.migrate import upgrade
from plugin.store.vault import Vault
from plugin.store.work import SqlStore

KINDS = ("sqlite", "postgresql")
"""Every test that needs a database runs on each of these."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own, on a socket of its own, for the whole run."""
    # Not pytest's folder: that one is closed to all but its owner, and PostgreSQL, which refuses
    # to run as root, must be able to reach its data.
    folder = Path(tempfile.mkdtemp(prefix="deskroute-postgres-", dir="/tmp"))
    folder.chmod(0o755)
    server = Postgres(folder / "data")
    yield server
    server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """A PostgreSQL database with all tables; tests use it one after the other."""
    url = postgres.new_database()
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def emptied(postgres: Postgres, postgres_url: str) -> str:
    """The same, with nothing in its tables. Much quicker than a database for each test."""
    postgres.empty(postgres_url)
    return postgres_url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database without a single table."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database with all tables and nothing in them."""
    if kind == "sqlite":
        path = tmp_path / "deskroute.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("emptied"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    engine = open_engine(url)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def store(database: Database) -> Store:
    return SqlStore(database, Vault([KEY]))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def published(store: Store, clock: FakeClock) -> Store:
    """The store with the tests' playbook live."""
    publish(store, PLAYBOOK, clock.now())
    return store


@pytest.fixture
def house(published: Store, clock: FakeClock) -> House:
    """The flows with a playbook live, and ticket 17 open in the desk."""
    desk = MemoryDesk(clock)
    desk.add(a_reading())
    return House(published, clock, desk)


@pytest.fixture
def bare_engine(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def customers_file(tmp_path: Path) -> str:
    """The URL of somebody else's database: a real SQLite file with a table of users."""
    url = URL.create("sqlite", database=str(tmp_path / "theirs.sqlite"))
    engine = create_engine(make_url(url))
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE users (email TEXT, plan TEXT, employees, since TEXT, note TEXT)")
        )
        connection.execute(
            text(
                "INSERT INTO users VALUES"
                " ('lena@kontor.example', 'Enterprise', 900, '2024-01-31', 'x')"
            )
        )
    engine.dispose()
    return url.render_as_string()


@pytest.fixture
def command(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line over the test's database."""
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    return lambda *words, **more: CliRunner().invoke(main, words, **more)
