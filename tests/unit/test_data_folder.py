"""The data folder: closed to everybody else, and held by one process."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from plugin.children import Child, free_port, is_free
from plugin.data_folder import LOCK, close_to_others, empty, held, open_folder
from plugin.ports import Refused
from plugin.settings import Settings, read_settings
from plugin.store.database import Database, open_engine
from plugin.up import Up

HOLD = """
import sys
from pathlib import Path
from plugin.data_folder import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings_in(folder: Path) -> Settings:
    return read_settings({"DESKROUTE_DATA": str(folder)})


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    open_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_what_earlier_runs_left_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    left = [folder / name for name in ("deskroute.sqlite", "deskroute.sqlite-wal", "beat")]
    left.append(folder / "logs" / "web.log")
    for path in left:
        path.touch(0o644)
    folder.chmod(0o755)
    close_to_others(settings_in(folder))
    assert [mode(path) for path in left] == [0o600] * 4
    assert (mode(folder), mode(folder / "logs")) == (0o700, 0o700)


def test_a_folder_that_is_meant_for_everybody_stays_open(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    open_folder(shared)
    assert mode(shared) == 0o1777


def test_the_database_and_its_journals_are_made_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deskroute.sqlite"
    database = Database(open_engine(f"sqlite:///{file}"))
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE one (id)")
        made = sorted(tmp_path.iterdir())
        assert [(path.name, mode(path)) for path in made] == [
            ("deskroute.sqlite", 0o600),
            ("deskroute.sqlite-shm", 0o600),
            ("deskroute.sqlite-wal", 0o600),
        ]
    database.engine.dispose()


def test_what_a_child_writes_only_its_owner_reads(tmp_path: Path) -> None:
    child = Child("part", ("touch", str(tmp_path / "made")), {}, tmp_path / "logs" / "part.log")
    child.start()
    assert child.process is not None
    child.process.wait(20)
    child.stop(0)
    assert mode(tmp_path / "made") == 0o600
    assert mode(tmp_path / "logs" / "part.log") == 0o600
    assert mode(tmp_path / "logs") == 0o700


def test_a_folder_that_cannot_be_made_is_named_with_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"file/data cannot be used: .*Set DESKROUTE_DATA"):
        open_folder(tmp_path / "file" / "data")


def test_a_folder_is_held_by_one_process_until_that_one_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(Refused, match=rf"already runs .* \(process {other.pid}\)"),
            held(tmp_path),
        ):
            pass
        other.kill()
        other.wait()
    with held(tmp_path):
        assert (tmp_path / LOCK).read_text() == str(os.getpid())


def test_all_but_the_hold_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "db").touch()
    (tmp_path / "key").touch()
    with held(tmp_path):
        empty(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_that_somebody_listens_on_is_not_free_even_if_they_would_share_it(
    shared: bool,
) -> None:
    with socket.socket() as server:
        if shared:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not is_free(port, "127.0.0.1")
        assert free_port(port) > port
    assert is_free(port, "127.0.0.1")


def test_who_gets_another_port_is_told_that_links_no_longer_begin_as_set() -> None:
    up = Up(read_settings({}))
    assert not up.moved()
    up.port, up.base_url = 8101, "http://127.0.0.1:8101"
    assert (
        "Links now begin with http://127.0.0.1:8101, not with http://127.0.0.1:8100" in up.moved()
    )


def test_a_proxy_in_front_must_follow_to_the_other_port() -> None:
    settings = replace(read_settings({}), base_url="https://desk.example")
    up = Up(settings)
    up.port = 8101
    assert "https://desk.example must lead there" in up.moved()


WRITES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("INSERT INTO seen VALUES (2)")
connection.commit()
connection.close()
"""


def test_another_engine_in_the_same_process_drops_no_lock_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "deskroute.sqlite"
    first, second = open_engine(f"sqlite:///{path}"), open_engine(f"sqlite:///{path}")
    try:
        with first.begin() as connection:
            connection.execute(text("CREATE TABLE seen (n INTEGER)"))
            connection.execute(text("INSERT INTO seen VALUES (1)"))
        with second.connect() as connection:
            connection.execute(text("SELECT n FROM seen"))
        second.dispose()
        # Whoever closes the file last removes its log; it must see that somebody still has it.
        subprocess.run([sys.executable, "-c", WRITES, str(path)], check=True)
        assert path.with_name("deskroute.sqlite-wal").exists()
        with first.connect() as connection:
            assert connection.execute(text("SELECT n FROM seen")).scalars().all() == [1, 2]
    finally:
        first.dispose()
