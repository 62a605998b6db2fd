"""The audit log's chain: whole however many write, broken wherever somebody meddles."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from test_forget import ADMIN, Gathering, live
from world import KEY, NOON, ON_SQLITE, FakeClock, House, at_once

from plugin.chain import Walk, hash_of, words_of
from plugin.cli import main
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.people.audit import BATCH, SeeAudit
from plugin.flows.people.sign_in import SignInPeople
from plugin.pages.refusals import NotThere
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.migrate import downgrade, upgrade
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.views.audit import ChainView
from plugin.views.customers import Keeps
from plugin.views.people import Role

LENA = "lena@kontor.example"
PUT_IN = (
    "INSERT INTO audit SELECT 10, at, \"by\", 'put in', salt, words, previous, hash, masks"
    " FROM audit WHERE id = 9"
)
ADDED = (
    'INSERT INTO audit SELECT 11, at, "by", did, salt, words, hash, hash, masks'
    " FROM audit WHERE id = 10"
)
WRITER = """
import sys
from datetime import UTC, datetime
from plugin.store.database import Database, open_engine
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
store = SqlStore(Database(open_engine(sys.argv[1])), Vault([sys.argv[2]]))
for number in range(25):
    with store.work() as work:
        work.audit.note(sys.argv[3], f"line {number}", datetime.now(UTC))
        work.commit()
"""


def note(store: Store, *lines: str, by: str = "ines@halden.example") -> None:
    for line in lines:
        with store.work() as work:
            work.audit.note(by, line, NOON)
            work.commit()


@pytest.fixture
def see(store: Store, clock: FakeClock) -> SeeAudit:
    return SeeAudit(store, clock)


@pytest.fixture
def ten(store: Store) -> None:
    note(store, *(f"did thing {number}" for number in range(1, 11)))


def fail(store: Store) -> None:
    with store.work() as work:
        work.audit.note("nobody", "never happened", NOON)
        work.commit()
        raise NotThere("Something else went wrong.")


def run(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for one in statements:
            connection.execute(text(one))


def test_an_empty_log_is_whole(see: SeeAudit) -> None:
    assert str(see.verify()) == "The chain is whole: 0 entries."


@pytest.mark.usefixtures("ten")
def test_what_was_noted_is_a_whole_chain(see: SeeAudit, store: Store) -> None:
    view = see.verify()
    assert (view.lines, view.broken) == (10, None)
    with store.look() as work:
        links = work.audit.links(0, 100)
        assert work.audit.head().hash == view.head == links[-1].hash
    for before, link in zip([None, *links], links, strict=False):
        assert link.previous == ("0" * 64 if before is None else before.hash)
        assert link.words == words_of(link.salt, link.did)
        assert link.hash == hash_of(link.previous, link.at, link.by, link.words, {})
    assert len({link.salt for link in links}) == 10


def test_what_is_rolled_back_leaves_no_line(see: SeeAudit, store: Store) -> None:
    note(store, "first")
    with store.work() as work:
        work.audit.note("nobody", "never happened", NOON)
    with pytest.raises(NotThere):
        fail(store)
    note(store, "second")
    assert str(see.verify()) == "The chain is whole: 2 entries."


@pytest.mark.parametrize(
    ("statements", "line"),
    [
        (("UPDATE audit SET did = 'did nothing' WHERE id = 4",), 4),
        (("UPDATE audit SET did = 'did nothing', salt = '' WHERE id = 4",), 4),
        (("""UPDATE audit SET "by" = 'ruben@halden.example' WHERE id = 4""",), 4),
        (("UPDATE audit SET at = '2026-03-02 12:00:00.000001' WHERE id = 4",), 4),
        (("UPDATE audit SET previous = hash WHERE id = 4",), 4),
        (('UPDATE audit SET masks = \'{"a": "b"}\' WHERE id = 4',), 4),
        (("DELETE FROM audit WHERE id = 4",), 5),
        (("DELETE FROM audit WHERE id = 1",), 2),
        (("DELETE FROM audit WHERE id = 10",), None),
        (("DELETE FROM audit WHERE id > 3",), None),
        (("DELETE FROM audit",), None),
        (
            (
                "UPDATE audit SET id = 40 WHERE id = 4",
                "UPDATE audit SET id = 4 WHERE id = 5",
                "UPDATE audit SET id = 5 WHERE id = 40",
            ),
            4,
        ),
        (
            (
                "UPDATE audit SET id = 12 WHERE id = 10",
                PUT_IN,
            ),
            10,
        ),
        (
            (ADDED,),
            11,
        ),
        (("UPDATE audit_head SET lines = 11",), None),
        (("DELETE FROM audit_head",), None),
    ],
)
@pytest.mark.usefixtures("ten")
def test_whoever_meddles_with_a_line_is_found_out(
    see: SeeAudit, database: Database, statements: tuple[str, ...], line: int | None
) -> None:
    assert see.verify().broken is None
    run(database, *statements)
    broken = see.verify().broken
    assert broken is not None
    assert broken.line == line
    assert str(see.verify()).startswith("The chain is broken.")


@pytest.mark.usefixtures("ten")
def test_a_line_that_is_chained_anew_breaks_the_next_one(
    see: SeeAudit, database: Database, store: Store
) -> None:
    with store.look() as work:
        old = work.audit.links(3, 1)[0]
    words = words_of(old.salt, "did nothing")
    made = hash_of(old.previous, old.at, old.by, words, {})
    run(
        database,
        f"UPDATE audit SET did = 'did nothing', words = '{words}', hash = '{made}' WHERE id = 4",
    )
    broken = see.verify().broken
    assert broken is not None
    assert broken.line == 5
    assert "does not follow line 4" in broken.why


@pytest.mark.usefixtures("ten")
def test_a_head_noted_earlier_shows_a_chain_that_was_made_anew_from_the_start(
    see: SeeAudit, database: Database, store: Store
) -> None:
    noted = see.verify().head
    note(store, "more")
    assert see.verify(noted).broken is None
    run(database, "DELETE FROM audit", "DELETE FROM audit_head")
    note(store, *(f"did thing {number}" for number in range(1, 13)))
    assert see.verify().broken is None
    broken = see.verify(noted).broken
    assert broken is not None
    assert "is in no line" in broken.why


def test_many_who_write_at_once_make_one_chain(
    see: SeeAudit, store: Store, clock: FakeClock
) -> None:
    def write(number: int) -> None:
        with store.work() as work:
            work.audit.note(f"thread {number}", "first", clock.now())
            work.audit.note(f"thread {number}", "second", clock.now())
            work.commit()

    at_once(8, [partial(write, number) for number in range(64)])
    view = see.verify()
    assert (view.lines, view.broken) == (128, None)
    with store.look() as work:
        links = work.audit.links(0, 200)
    # What one transaction noted stands together.
    assert all(a.by == b.by for a, b in zip(links[::2], links[1::2], strict=True))


def test_processes_that_write_at_once_make_one_chain(see: SeeAudit, url: str) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, KEY, f"process {number}"],
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    errors = [one.communicate(timeout=120)[1] for one in writers]
    assert [one.returncode for one in writers] == [0, 0, 0], errors
    assert str(see.verify()) == "The chain is whole: 75 entries."


def test_whoever_notes_first_and_writes_then_blocks_nobody(
    see: SeeAudit, store: Store, clock: FakeClock
) -> None:
    people = SignInPeople(store, clock)
    people.save("ada@halden.example", "Ada", Role.ADMIN, "a horse and a battery")

    def crossing(first: str, second: str) -> None:
        with store.work() as work:
            work.people.by_email(first, hold=True)
            work.audit.note("x", f"held {first}", clock.now())
            work.commit()
        with store.work() as work:
            work.audit.note("x", f"noted before {second}", clock.now())
            work.people.by_email(second, hold=True)
            work.commit()

    mail = "ada@halden.example"
    at_once(6, [partial(crossing, mail, mail) for _ in range(30)])
    assert see.verify().broken is None


def test_a_log_of_several_batches_is_walked_whole(see: SeeAudit, store: Store) -> None:
    with store.work() as work:
        for number in range(BATCH + 3):
            work.audit.note("x", f"line {number}", NOON)
        work.commit()
    assert see.verify().lines == BATCH + 3
    assert sum(1 for _ in see.export(ADMIN, csv=False)) == BATCH + 4


@pytest.fixture
def forgetful(house: House) -> House:
    world = House(house.store, house.clock, house.desk, customers=Gathering())
    live(world)
    note(world.store, f"published playbook 2: as {LENA} asked", "nothing of the kind")
    return world


def test_forgetting_a_customer_leaves_the_chain_whole_and_no_trace_in_it(
    forgetful: House, see: SeeAudit, store: Store
) -> None:
    before = see.verify()
    ForgetCustomers(store, forgetful.clock, Keeps(0, 0)).forget(LENA, ADMIN)
    view = see.verify(before.head)
    assert view.broken is None
    # The forgetting itself, and what it did to this log.
    assert view.lines == before.lines + 2
    with store.look() as work:
        links = work.audit.links(0, 100)
    assert not [one for one in links if LENA in one.did.casefold() or "Lena" in one.did]
    assert links[-1].did == "took who was forgotten out of 3 lines of this log"
    masked = [one for one in links if one.hash in links[-1].masks]
    assert len(masked) == 3
    # Nobody can try out whose address it was.
    assert {one.salt for one in masked} == {""}


def test_two_customers_may_be_forgotten_out_of_one_line(
    forgetful: House, see: SeeAudit, store: Store
) -> None:
    note(store, f"wrote to {LENA} and olga@kontor.example")
    forget = ForgetCustomers(store, forgetful.clock, Keeps(0, 0))
    forget.forget(LENA, ADMIN)
    forget.forget("olga@kontor.example", ADMIN)
    assert see.verify().broken is None
    with store.look() as work:
        assert not [one for one in work.audit.links(0, 100) if "kontor" in one.did]


@pytest.mark.parametrize(
    "meddle",
    [
        "UPDATE audit SET did = 'published playbook 2: as nobody asked' WHERE did LIKE '%as forg%'",
        "DELETE FROM audit WHERE did LIKE 'took who was forgotten%'",
        "UPDATE audit SET masks = '{}' WHERE did LIKE 'took who was forgotten%'",
    ],
)
def test_a_rewritten_line_may_say_only_what_the_chain_says_it_does(
    forgetful: House, see: SeeAudit, store: Store, database: Database, meddle: str
) -> None:
    ForgetCustomers(store, forgetful.clock, Keeps(0, 0)).forget(LENA, ADMIN)
    assert see.verify().broken is None
    run(database, meddle)
    assert see.verify().broken is not None


def test_who_was_forgotten_is_not_put_back_into_the_log(
    forgetful: House, see: SeeAudit, store: Store, database: Database
) -> None:
    with store.look() as work:
        (old,) = work.audit.lines(Page(), "as lena")
    ForgetCustomers(store, forgetful.clock, Keeps(0, 0)).forget(LENA, ADMIN)
    run(database, f"UPDATE audit SET did = '{old.did}', salt = '{old.salt}' WHERE id = {old.id}")
    broken = see.verify().broken
    assert broken is not None
    assert "names them again" in broken.why


def test_the_lines_from_before_the_chain_are_chained_by_the_migration(bare_engine: Engine) -> None:
    upgrade(bare_engine)
    downgrade(bare_engine, "0003")
    with bare_engine.begin() as connection:
        for number in range(1, 6):
            connection.execute(
                text('INSERT INTO audit (id, at, "by", did) VALUES (:id, :at, :by, :did)'),
                {
                    "id": number * 3,
                    "at": datetime(2026, 3, 2, 12, number, 0, 123_456, tzinfo=UTC)
                    if bare_engine.dialect.name == "postgresql"
                    else f"2026-03-02 12:0{number}:00.123456",
                    "by": "zoë@halden.example",
                    "did": f"published playbook {number}: “Grüße” 😀",
                },
            )
    upgrade(bare_engine)
    store = SqlStore(Database(bare_engine), Vault([KEY]))
    see = SeeAudit(store, FakeClock())
    assert str(see.verify()) == "The chain is whole: 5 entries."
    if bare_engine.dialect.name == "postgresql":
        # The rows above came with ids of their own.
        with bare_engine.begin() as connection:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('audit', 'id'), 15)"))
    note(store, "and on")
    assert str(see.verify()) == "The chain is whole: 6 entries."
    downgrade(bare_engine, "0003")
    with bare_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == 6
    upgrade(bare_engine)
    assert str(see.verify()) == "The chain is whole: 6 entries."


@pytest.mark.usefixtures("ten")
def test_the_page_finds_and_pages(see: SeeAudit, store: Store) -> None:
    note(store, "100 % of it_all", by="Ruben@halden.example")
    view = see.view("", None)
    assert [one.id for one in view.lines] == list(range(11, 0, -1))
    assert (view.older, view.written, str(view.chain)) == (
        None,
        11,
        "The chain is whole: 11 entries.",
    )
    assert [one.id for one in see.view("THING 1", None).lines] == [10, 1]
    assert [one.id for one in see.view("ruben", None).lines] == [11]
    assert [one.id for one in see.view("0 % of it_", None).lines] == [11]
    assert see.view("%", None, 1).older is None
    page = see.view("", None, 4)
    assert page.older == 8
    assert [one.id for one in see.view("", page.older, 4).lines] == [7, 6, 5, 4]


@pytest.mark.usefixtures("ten")
def test_an_export_proves_itself_and_is_noted(see: SeeAudit, store: Store) -> None:
    told = [json.loads(one) for one in see.export(ADMIN, csv=False)]
    assert [one["did"] for one in told][-2:] == [
        "did thing 10",
        "exported the audit log as JSON",
    ]
    last = "0" * 64
    for one in told:
        assert one["previous"] == last
        at = datetime.fromisoformat(one["at"])
        assert words_of(one["salt"], one["did"]) == one["words"]
        last = hash_of(one["previous"], at, one["by"], one["words"], one["masks"])
        assert one["hash"] == last
    assert see.verify().head == last
    note(store, '=HYPERLINK("http://evil.example")', by="@sum")
    body = "".join(see.export(ADMIN, csv=True)).removeprefix("\ufeff")
    assert "\ufeff" not in body
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == ["line", "at", "by", "did", "hash", "hash before"]
    assert rows[12][2:4] == ["'@sum", '\'=HYPERLINK("http://evil.example")']
    assert len(rows) == 1 + 10 + 3


@ON_SQLITE
def test_the_command_line_lists_checks_and_exports(
    url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)

    def call(*words: str, stdin: str | None = None) -> tuple[int, str]:
        result = CliRunner().invoke(main, words, input=stdin)
        return result.exit_code, result.output

    password = "a horse and a battery"
    person = ("people", "add", "ada@halden.example", "--name", "Ada", "--password", password)
    assert call(*person, "--role", "lead")[0] == 0
    assert call(*person, "--role", "admin")[0] == 0
    assert call(*person, "--role", "admin")[0] == 0
    assert call("people", "add", "bo@halden.example", *person[3:], "--role", "lead")[0] == 0
    assert call("people", "remove", "bo@halden.example")[0] == 0
    code, told = call("audit", "verify")
    assert (code, told.splitlines()[0]) == (0, "The chain is whole: 5 entries.")
    head = told.split()[-1].rstrip(".")
    assert call("audit", "verify", "--head", head)[0] == 0
    code, told = call("audit", "export")
    done = [json.loads(line) for line in told.splitlines()]
    assert [(one["by"], one["did"]) for one in done] == [
        ("command line", "added ada@halden.example, who signs in in the role lead"),
        (
            "command line",
            "gave ada@halden.example the role admin, was lead, and a new password",
        ),
        ("command line", "gave ada@halden.example, in the role admin, a new password"),
        ("command line", "added bo@halden.example, who signs in in the role lead"),
        ("command line", "removed bo@halden.example, who signed in in the role lead"),
        ("command line", "exported the audit log as JSON"),
    ]
    assert password not in told
    assert len(call("audit", "export", "--csv")[1].splitlines()) == 8
    assert "removed" in call("audit", "list", "--find", "bo@", "--limit", "1")[1]
    run(database, "DELETE FROM audit WHERE id = 2")
    code, told = call("audit", "verify")
    assert code == 1
    assert "Line 3 does not follow line 1" in told


def test_a_walk_that_is_fed_nothing_is_whole() -> None:
    walk = Walk()
    assert walk.end(0, "0" * 64) is None
    assert str(ChainView(1, "", None)) == "The chain is whole: 1 entry."
