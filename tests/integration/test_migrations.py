"""The database's shape: up, down and up again, by one or by many at once."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, MetaData, inspect, text
from sqlalchemy.exc import StatementError
from world import NOON, put

from plugin.records.page import Page
from plugin.records.work import Store
from plugin.store.database import Database, open_engine, revision
from plugin.store.inbox import INBOX
from plugin.store.migrate import SCRIPTS, downgrade, pending, upgrade
from plugin.store.schema import REVISION, Base
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from routing.tickets import Fact

MIGRATE = """
import sys
from plugin.store.database import open_engine
from plugin.store.migrate import upgrade
upgrade(open_engine(sys.argv[1]))
"""


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def differences(engine: Engine, models: MetaData = Base.metadata) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, models))


def revisions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def test_all_tables_come_and_go_and_come_again(bare_engine: Engine) -> None:
    wanted = {table.name for table in Base.metadata.sorted_tables}
    assert tables(bare_engine) == set()
    upgrade(bare_engine)
    assert tables(bare_engine) == wanted | {"alembic_version"}
    downgrade(bare_engine, "base")
    assert tables(bare_engine) == {"alembic_version"}
    assert revisions(bare_engine) == []
    upgrade(bare_engine)
    assert tables(bare_engine) == wanted | {"alembic_version"}


def test_the_migrated_database_is_what_the_models_say(bare_engine: Engine) -> None:
    upgrade(bare_engine)
    assert differences(bare_engine) == []


def test_a_difference_would_be_found(bare_engine: Engine) -> None:
    upgrade(bare_engine)
    with bare_engine.begin() as connection:
        connection.execute(text("ALTER TABLE people ADD COLUMN shoe_size INTEGER"))
        connection.execute(text("DROP INDEX ix_customers_email"))
    assert len(differences(bare_engine)) == 2


def test_migrating_again_leaves_everything_as_it_is(bare_engine: Engine) -> None:
    upgrade(bare_engine)
    store = SqlStore(Database(bare_engine), Vault(["a key for the tests of migrations"]))
    put(store)
    upgrade(bare_engine)
    with store.look() as work:
        assert work.inbox.tally().received == 1


def test_a_database_says_which_revision_it_lacks(bare_engine: Engine) -> None:
    has, wanted = pending(bare_engine)
    assert has is None
    assert wanted is not None
    upgrade(bare_engine)
    assert pending(bare_engine) == (wanted, wanted)


def test_processes_that_migrate_at_once_leave_one_sound_database(
    empty_url: str, bare_engine: Engine
) -> None:
    # `deskroute up` and a second host that starts in the same moment.
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_url], stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0], errors
    assert differences(bare_engine) == []
    assert len(revisions(bare_engine)) == 1


def test_a_migration_that_fails_half_way_leaves_nothing_behind(bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        connection.execute(text("CREATE TABLE surveys (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="surveys"):
        upgrade(bare_engine)
    assert tables(bare_engine) <= {"surveys", "alembic_version"}
    with bare_engine.begin() as connection:
        connection.execute(text("DROP TABLE surveys"))
    upgrade(bare_engine)
    assert differences(bare_engine) == []


def test_a_naive_time_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 2, 12, 0)  # ruff: ignore[call-datetime-without-tzinfo]
    with database.write() as connection:
        statement = INBOX.update().values(due_at=naive)
        with pytest.raises(StatementError, match="naive"):
            connection.execute(statement)


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
        datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=timezone(-timedelta(hours=9.5))),
        datetime(1970, 1, 1, tzinfo=UTC),
    ],
)
def test_an_aware_time_comes_back_as_the_same_moment_in_utc(store: Store, at: datetime) -> None:
    put(store, at=at)
    with store.look() as work:
        (line,) = work.inbox.lines(Page(), None, None, "")
    assert line.received_at == at
    assert line.received_at.tzinfo is UTC


@pytest.fixture
def far_away(empty_url: str, kind: str) -> Iterator[Store]:
    """A store whose PostgreSQL lives in another time zone than ours."""
    engine = open_engine(empty_url)
    upgrade(engine)
    if kind == "postgresql":
        with engine.begin() as connection:
            name = engine.url.database
            connection.execute(text(f"ALTER DATABASE {name} SET timezone = 'Pacific/Auckland'"))
        engine.dispose()
    yield SqlStore(Database(engine), Vault(["a key for the tests of migrations"]))
    engine.dispose()


def test_the_time_zone_of_the_database_changes_nothing(far_away: Store) -> None:
    put(far_away, at=NOON)
    with far_away.look() as work:
        (line,) = work.inbox.lines(Page(), None, None, "")
    assert line.received_at == NOON
    assert line.received_at.tzinfo is UTC
    with far_away.work() as work:
        assert len(work.inbox.claim(NOON, 60, 10, ())) == 1
        assert work.inbox.claim(NOON + timedelta(seconds=59), 60, 10, ()) == []


def test_the_revision_a_web_process_expects_is_the_newest(bare_engine: Engine) -> None:
    database = Database(bare_engine)
    assert revision(database) is None
    upgrade(bare_engine)
    assert revision(database) == REVISION == pending(bare_engine)[1]


def test_what_sources_said_of_customers_survives_the_way_up_and_down(bare_engine: Engine) -> None:
    said = {
        "customer.plan": {"value": "Basic", "source": "Upload", "as_of": None},
        "customer.signed_up": {
            "value": {"date": "2024-01-31"},
            "source": "Upload",
            "as_of": "2026-03-01T12:00:00+00:00",
        },
    }
    upgrade(bare_engine)
    downgrade(bare_engine, "0002")
    with bare_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO customers (source, external_id, facts, as_of)"
                " VALUES ('Upload', 'c-1', :facts, '2026-03-02 12:00:00')"
            ),
            {"facts": json.dumps(said)},
        )
    upgrade(bare_engine)
    with SqlStore(Database(bare_engine), Vault(["a key for the tests"])).look() as work:
        found = work.customers.find("Upload", None, "c-1")
    assert found == {
        "customer.plan": Fact("Basic", "Upload", NOON),
        "customer.signed_up": Fact(date(2024, 1, 31), "Upload", NOON - timedelta(days=1)),
    }
    downgrade(bare_engine, "0002")
    with bare_engine.connect() as connection:
        kept = connection.execute(text("SELECT facts FROM customers")).scalar_one()
    assert (json.loads(kept) if isinstance(kept, str) else kept) == said


CHAIN = sorted(file.name[:4] for file in (SCRIPTS / "versions").glob("0*.py"))


@pytest.mark.parametrize(("older", "newer"), [*itertools.pairwise(CHAIN)])
@pytest.mark.parametrize("way", ["up", "down"])
def test_no_migration_loses_a_row_of_any_table(
    bare_engine: Engine, older: str, newer: str, way: str
) -> None:
    upgrade(bare_engine)
    downgrade(bare_engine, older)
    if way == "down":
        upgrade(bare_engine, newer)
    before = with_a_row_in_each_table(bare_engine)
    (upgrade if way == "up" else downgrade)(bare_engine, newer if way == "up" else older)
    after = rows(bare_engine)
    assert {name: after[name] for name in before if name in after} == {
        name: count for name, count in before.items() if name in after
    }


def test_going_down_leaves_a_ticket_the_decision_on_its_opening(bare_engine: Engine) -> None:
    upgrade(bare_engine)
    with_a_row_in_each_table(bare_engine)
    with bare_engine.begin() as connection:
        connection.execute(text("UPDATE decisions SET turn = 'replied:7'"))
    downgrade(bare_engine, "0006")
    left = rows(bare_engine)
    assert (left["decisions"], left["fired"], left["reply_uses"], left["tickets"]) == (0, 0, 0, 1)


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in tables(engine) - {"alembic_version"}
        }


def with_a_row_in_each_table(engine: Engine) -> dict[str, int]:
    """A database in which every table has one more row, all with the number 1; what it has now."""
    found = MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        for table in found.sorted_tables:
            if table.name in {"alembic_version", "audit_head"}:
                continue
            values = {
                column.name: 1 if column.primary_key or column.foreign_keys else a_value(column)
                for column in table.columns
                if column.server_default is None or column.primary_key
            }
            connection.execute(table.insert().values(values))
    return rows(engine)


def a_value(column: Column[Any]) -> object:
    kinds: dict[type, object] = {
        bool: True,
        int: 1,
        float: 1.0,
        str: "x",
        bytes: b"x",
        datetime: NOON,
        date: NOON.date(),
        object: {},
    }
    return kinds[column.type.python_type]


def test_decisions_survive_the_way_up_and_down(bare_engine: Engine) -> None:
    facts, decision = {"language": "de", "text": "Größe 10"}, {"fired": ["A"], "hand_back": 3600.0}
    upgrade(bare_engine)
    downgrade(bare_engine, "0007")
    with bare_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO tickets (id, connection, desk_id, subject, text, status, tags,"
                " read_at, mark, imported, opened_at, public_replies, reopens, transfers, surveyed)"
                " VALUES (1, 'demo', '17', 'S', 'T', 'open', '[]', :at, '', :no, :at, 0, 0, 0, :no)"
            ),
            {"at": "2026-03-02 12:00:00", "no": False},
        )
        connection.execute(
            text(
                "INSERT INTO decisions (id, ticket_id, turn, playbook, decided_at, facts, decision,"
                " degraded, written, revision, replaced)"
                " VALUES (1, 1, 'opened', 1, :at, :facts, :decision, '[]', '[]', 1, '[]')"
            ),
            {
                "at": "2026-03-02 12:00:00",
                "facts": json.dumps(facts),
                "decision": json.dumps(decision),
            },
        )
    upgrade(bare_engine)
    assert _documents(bare_engine) == (facts, decision)
    downgrade(bare_engine, "0007")
    assert _documents(bare_engine) == (facts, decision)


def _documents(engine: Engine) -> tuple[object, object]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT facts, decision FROM decisions")).one()
    facts, decision = (json.loads(one) if isinstance(one, str) else one for one in row)
    return facts, decision
