"""What refuses to start, and what a command says on a database without our tables."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from world import KEY

from plugin.cli import main
from plugin.data_folder import held
from plugin.ports import Unavailable
from plugin.store.database import NOT_MIGRATED, Database
from plugin.store.migrate import upgrade

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command with a data folder in which nothing is."""
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DESKROUTE_PORT", str(probe.getsockname()[1]))
    return lambda *words: CliRunner().invoke(main, words)


@pytest.mark.parametrize("command", ["web", "worker"])
def test_no_server_starts_on_a_database_without_our_tables(run: Run, command: str) -> None:
    said = run(command)
    assert (said.exit_code, said.output) == (1, f"Error: {NOT_MIGRATED}\n")


@pytest.mark.parametrize(
    "words", [("sources", "list"), ("people", "list"), ("desks", "list"), ("deliveries", "list")]
)
def test_a_command_says_to_migrate(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words)
    assert (said.exit_code, said.output) == (1, f"Error: {NOT_MIGRATED}\n")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM nowhere",
        "SELECT nowhere FROM people",
        "INSERT INTO surveys (nope) VALUES (1)",
    ],
)
def test_a_missing_table_or_column_is_told_alike_by_both_databases(
    bare_engine: Engine, statement: str
) -> None:
    upgrade(bare_engine)
    with (
        pytest.raises(Unavailable, match="Run `deskroute migrate`"),
        Database(bare_engine).write() as connection,
    ):
        connection.execute(text(statement))


def test_the_web_server_does_not_share_its_port_with_another(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setenv("DESKROUTE_PORT", str(port))
        said = run("web")
    assert said.exit_code == 1
    assert f"Port {port} is taken. Set DESKROUTE_PORT to a free one." in said.output


def test_a_second_one_does_not_come_up_in_the_same_folder(run: Run, tmp_path: Path) -> None:
    with held(tmp_path / "data"):
        said = run("up")
    assert said.exit_code == 1
    assert "Deskroute already runs in this folder (process " in said.output
    assert not (tmp_path / "data" / "deskroute.sqlite").exists()


def test_a_second_demo_does_not_start_and_forgets_nothing_of_the_first(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with held(Path(".demo")):
        kept = tmp_path / ".demo" / "demo-secrets.json"
        kept.touch()
        said = run("demo", "--fresh")
    assert said.exit_code == 1
    assert "Deskroute already runs in this folder" in said.output
    assert kept.exists()


@pytest.mark.parametrize("command", ["doctor", "web", "up", "migrate"])
def test_a_data_folder_that_cannot_be_made_is_told_in_plain_words(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "file" / "data"))
    monkeypatch.delenv("DESKROUTE_KEYS")
    said = run(command)
    assert said.exit_code == 1
    assert "Set DESKROUTE_DATA to a folder that you may write in." in said.output
    assert "Traceback" not in said.output
