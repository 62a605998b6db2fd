"""Secrets at rest, and the keys that lock them."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import select
from world import KEY, NOON, OLD_KEY, at_once

from plugin.keys import keys_of, new_key
from plugin.ports import Unavailable
from plugin.records.connections import ConnectionRecord, SourceRecord
from plugin.records.work import Store
from plugin.settings import BadSettings, Settings
from plugin.store.connections import CONNECTIONS, SOURCES
from plugin.store.database import Database
from plugin.store.vault import LockedOut, Vault
from plugin.store.work import SqlStore

SECRETS = {"token": "the-token-that-nobody-may-see", "webhook": "and-the-webhook's-secret"}


def connect(store: Store) -> ConnectionRecord:
    record = ConnectionRecord("demo", "django-helpdesk", "github", {"url": "http://x"}, SECRETS)
    source = SourceRecord("CRM", "sql", {"query": "SELECT 1"}, {"url": "db://me:hidden-word@x"}, 1)
    with store.work() as work:
        work.connections.save_desk(record, NOON)
        work.connections.save_source(source, NOON)
        work.commit()
    return record


def test_a_connection_comes_back_with_its_secrets(store: Store) -> None:
    record = connect(store)
    with store.look() as work:
        assert work.connections.desks() == [record]
        assert work.connections.desk("demo") == record
        assert work.connections.desk("other") is None
        assert work.connections.sources()[0].secrets == {"url": "db://me:hidden-word@x"}


def test_a_saved_connection_takes_the_place_of_the_one_before(store: Store) -> None:
    connect(store)
    other = ConnectionRecord("demo", "django-helpdesk", "rt", {"url": "http://y"}, {"token": "t"})
    with store.work() as work:
        work.connections.save_desk(other, NOON)
        work.commit()
    with store.look() as work:
        assert work.connections.desks() == [other]


def test_sources_come_in_the_order_of_trust(store: Store) -> None:
    with store.work() as work:
        for name, place in (("c", 3), ("a", 2), ("b", 1), ("z", 2)):
            work.connections.save_source(SourceRecord(name, "uploaded", {}, {}, place), NOON)
        work.commit()
    with store.look() as work:
        assert [source.name for source in work.connections.sources()] == ["b", "a", "z", "c"]


def test_no_secret_stands_in_the_clear_in_the_database(
    store: Store, database: Database, kind: str, tmp_path: Path
) -> None:
    connect(store)
    with database.read() as connection:
        kept = [bytes(row) for row in connection.execute(select(CONNECTIONS.c.secrets)).scalars()]
        kept += [bytes(row) for row in connection.execute(select(SOURCES.c.secrets)).scalars()]
    assert len(kept) == 2
    if kind == "sqlite":
        database.engine.dispose()
        kept += [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
        assert any(b"django-helpdesk" in one for one in kept)  # the rest is there in the clear
    everything = b"".join(kept)
    for secret in (*SECRETS.values(), "hidden-word"):
        assert secret.encode() not in everything


def test_the_same_secret_never_looks_the_same_twice() -> None:
    vault = Vault([KEY])
    assert vault.lock(b"secret") != vault.lock(b"secret")


def test_a_record_does_not_show_its_secrets_when_it_is_printed(store: Store) -> None:
    assert "nobody-may-see" not in repr(connect(store))


def test_the_wrong_key_locks_everybody_out_and_says_what_to_do(
    store: Store, database: Database
) -> None:
    connect(store)
    locked = SqlStore(database, Vault([OLD_KEY]))
    with locked.look() as work:
        with pytest.raises(LockedOut, match="Put the old key back") as locked_out:
            work.connections.desks()
        with pytest.raises(LockedOut):
            work.connections.sources()
        with pytest.raises(LockedOut):
            work.connections.desk("demo")
    assert isinstance(locked_out.value, Unavailable)  # it passes once the key is back


def test_after_a_rotation_old_secrets_open_and_new_ones_are_locked_with_the_new_key(
    database: Database,
) -> None:
    old = SqlStore(database, Vault([OLD_KEY]))
    both = SqlStore(database, Vault([KEY, OLD_KEY]))
    new = SqlStore(database, Vault([KEY]))
    connect(old)
    with both.look() as work:
        record = work.connections.desks()[0]
    assert record.secrets == SECRETS
    with new.look() as work, pytest.raises(LockedOut):
        work.connections.desks()
    with both.work() as work:
        work.connections.save_desk(record, NOON)
        work.commit()
    with new.look() as work:
        assert work.connections.desks()[0].secrets == SECRETS
    with old.look() as work, pytest.raises(LockedOut):
        work.connections.desks()


def test_rotating_the_keys_locks_every_secret_with_the_newest_one(database: Database) -> None:
    old = SqlStore(database, Vault([OLD_KEY]))
    both = SqlStore(database, Vault([KEY, OLD_KEY]))
    new = SqlStore(database, Vault([KEY]))
    connect(old)
    with both.work() as work:
        assert work.connections.relock() == 2
        work.commit()
    with new.look() as work:
        assert work.connections.desks()[0].secrets == SECRETS
        assert work.connections.sources()[0].secrets == {"url": "db://me:hidden-word@x"}
    with old.look() as work, pytest.raises(LockedOut):
        work.connections.desks()


def test_a_rotation_that_cannot_open_one_secret_changes_none(
    database: Database,
) -> None:
    old = SqlStore(database, Vault([OLD_KEY]))
    new = SqlStore(database, Vault([KEY]))
    connect(old)
    with new.work() as work, pytest.raises(LockedOut):
        work.connections.relock()
    with old.look() as work:
        assert work.connections.desks()[0].secrets == SECRETS


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\xff\x00", b"gAAAAA"])
def test_a_damaged_secret_locks_out_and_does_not_crash(damage: bytes) -> None:
    with pytest.raises(LockedOut):
        Vault([KEY]).unlock(damage)


def test_a_secret_changed_by_one_byte_does_not_open() -> None:
    vault = Vault([KEY])
    locked = bytearray(vault.lock(b"secret"))
    locked[-5] ^= 1
    with pytest.raises(LockedOut):
        vault.unlock(bytes(locked))


# The key that is made where none is set.


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new" / "folder")
    made = keys_of(settings)
    assert keys_of(settings) == made
    assert len(made[0]) >= 32
    path = settings.data / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_from_the_settings_come_first_and_make_no_file(tmp_path: Path) -> None:
    assert keys_of(Settings(data=tmp_path, keys=(KEY, OLD_KEY))) == (KEY, OLD_KEY)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_at_once_agree_on_one_whole_key(tmp_path: Path) -> None:
    # `deskroute up` starts the web server and the workers in the same moment.
    for number in range(20):
        settings = Settings(data=tmp_path / str(number))
        made = at_once(8, [lambda settings=settings: keys_of(settings)] * 8)
        assert len(set(made)) == 1
        assert len(made[0][0]) >= 32


def test_a_key_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path)
    seen: list[tuple[str, ...]] = []
    other = threading.Thread(target=lambda: seen.append(keys_of(settings)))

    def slowly() -> str:
        # Another process looks exactly while this one is making its key.
        monkeypatch.setattr("plugin.keys.new_key", new_key)
        other.start()
        other.join(0.2)
        return new_key()

    monkeypatch.setattr("plugin.keys.new_key", slowly)
    mine = keys_of(settings)
    other.join(10)
    assert seen == [mine]
    assert len(mine[0]) >= 32


def test_a_key_file_that_a_crash_left_empty_gets_its_key_at_the_next_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text("")
    made = keys_of(Settings(data=tmp_path))
    assert len(made[0]) >= 32
    assert keys_of(Settings(data=tmp_path)) == made


def test_a_key_file_with_too_short_a_key_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short")
    with pytest.raises(BadSettings, match="has 5 characters; 32 is the least"):
        keys_of(Settings(data=tmp_path))


def test_no_other_file_is_left_beside_the_key(tmp_path: Path) -> None:
    keys_of(Settings(data=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
