"""`deskroute sources` and `deskroute keys`, as an operator types them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from vendors import LENA, TOKEN, Vendor, serving

from plugin.cli import main
from plugin.keys import new_key

Run = Callable[..., Result]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving("http") as running:
        yield running


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs one command over an installation of its own."""
    key = new_key()
    settings = {
        "DESKROUTE_DATA": str(tmp_path),
        "DESKROUTE_KEYS": key,
        "DESKROUTE_INTERNAL_HOSTS": "127.0.0.1",
    }

    def command(*words: str, told: str | None = None, **changed: str) -> Result:
        env = {**settings, **changed}
        return CliRunner().invoke(main, words, input=told, env=env)

    assert command("migrate").exit_code == 0
    return command


def add(run: Run, vendor: Vendor, *more: str) -> Result:
    url = f"{vendor.url}/c?email={{email}}"
    return run("sources", "add-http", "CRM", "--url", url, "--token", TOKEN, *more)


PLAN = ("--map", "customer.plan=result.plan.name", "--map", "account.arr=arr")


def test_a_source_is_added_listed_tried_and_removed(run: Run, vendor: Vendor) -> None:
    assert add(run, vendor, *PLAN, "--first-for", "account.arr").exit_code == 0
    assert "HTTP endpoint" in run("sources", "list").output
    tried = run("sources", "test", "CRM", LENA)
    assert tried.exit_code == 0
    assert "customer.plan (text): Team" in tried.output
    assert "account.arr (number): 2,280" in tried.output
    assert "does not know" in run("sources", "test", "CRM", "x@y.example").output
    assert run("sources", "remove", "CRM").exit_code == 0
    assert "CRM" not in run("sources", "list").output


def test_who_is_asked_about_can_come_from_the_input_and_what_came_as_json(
    run: Run, vendor: Vendor
) -> None:
    add(run, vendor, *PLAN)
    told = run("sources", "test", "CRM", "-", "--json", told=f"{LENA}\n").stdout
    said = json.loads(told)
    assert (said["known"], said["problem"]) == (True, "")
    assert said["values"][1][0] == "customer.plan"


def test_what_is_wrong_is_said_by_option_and_nothing_is_added(run: Run, vendor: Vendor) -> None:
    wrong = add(run, vendor, "--fresh-for", "soon", "--map", "customer.plam=x")
    assert wrong.exit_code == 1
    assert "--fresh-for: “soon” is not a time." in wrong.output
    assert "CRM" not in run("sources", "list").output


def test_a_name_that_is_taken_is_refused_and_replaced_only_when_that_is_said(
    run: Run, vendor: Vendor
) -> None:
    url = f"{vendor.url}/c?email={{email}}"
    add(run, vendor, *PLAN)
    run("sources", "test", "CRM", LENA)
    for name in ("CRM", "crm"):
        again = run("sources", "add-http", name, "--url", url, "--token", TOKEN)
        assert again.exit_code == 1
        assert "NAME: There is a source “CRM” already." in again.output
    assert add(run, vendor, *PLAN, "--place", "3", "--replace").exit_code == 0
    assert run("sources", "list").output.count("CRM") == 1


def test_uploaded_customers_are_never_replaced_by_a_source_that_is_asked(
    run: Run, vendor: Vendor, tmp_path: Path
) -> None:
    file = tmp_path / "CRM.csv"
    file.write_text("id,customer.plan\nc-1,Basic\n")
    assert run("import", "customers", str(file)).exit_code == 0
    refused = add(run, vendor, *PLAN, "--replace")
    assert refused.exit_code == 1
    assert "“CRM” is a source of the kind “uploaded”." in refused.output
    assert "customer.plan (text): Basic" in run("sources", "test", "CRM", "c-1").output


@pytest.mark.parametrize("place", ["-1", "1000001"])
def test_a_place_that_is_none_is_refused(run: Run, vendor: Vendor, place: str) -> None:
    refused = add(run, vendor, "--place", place)
    assert refused.exit_code == 1
    assert "--place: The place is a whole number from 0 on" in refused.output
    assert "CRM" not in run("sources", "list").output


@pytest.mark.parametrize("what", ["customers", "tickets", "purchases"])
def test_an_import_of_which_every_row_is_refused_fails_and_leaves_no_source(
    run: Run, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text("id,subject,opened_at,at,amount\n,,,,\n")
    failed = run("import", what, str(file))
    assert failed.exit_code == 1
    assert "1 rows read, 1 refused" in failed.output
    assert "Every row was refused." in failed.output
    listed = run("sources", "list").output
    assert "uploaded file" not in listed


def add_sql(run: Run, url: str) -> Result:
    query = "SELECT plan FROM users WHERE email = :email"
    return run("sources", "add-sql", "DB", "--url", url, "--query", query)


def test_a_database_is_asked_at_once_and_a_query_it_cannot_run_is_not_added(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "crm.sqlite"
    broken = add_sql(run, f"sqlite:///{file}")
    assert broken.exit_code == 1
    assert "--query: DB does not answer: no such table: users" in broken.output
    assert "DB" not in run("sources", "list").output
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE users (email, plan)")
    mended = add_sql(run, f"sqlite:///{file}")
    assert mended.exit_code == 0
    assert "It answered in" in mended.output


def test_a_database_that_is_only_down_is_added_all_the_same(run: Run, tmp_path: Path) -> None:
    added = add_sql(run, f"sqlite:///{tmp_path}/no-such-folder/crm.sqlite")
    assert added.exit_code == 0
    assert "unable to open database file. It is asked again" in added.output
    assert "DB" in run("sources", "list").output


def test_a_database_whose_name_is_not_known_is_kept_and_said_in_plain_words(run: Run) -> None:
    added = add_sql(run, "postgresql+psycopg://me:word@db.invalid/crm")
    assert added.exit_code == 0
    assert "its name is not known (DNS)" in added.output
    assert "Errno" not in added.output
    assert "DB" in run("sources", "list").output


def test_an_internal_address_is_refused_unless_it_is_named(run: Run, vendor: Vendor) -> None:
    url = f"{vendor.url}/{{email}}"
    refused = run("sources", "add-http", "CRM", "--url", url, DESKROUTE_INTERNAL_HOSTS="")
    assert refused.exit_code == 1
    assert "DESKROUTE_INTERNAL_HOSTS" in refused.output


def test_a_source_that_does_not_answer_ends_the_try_with_its_reason(
    run: Run, vendor: Vendor
) -> None:
    url = f"{vendor.url}/c?email={{email}}"
    assert run("sources", "add-http", "CRM", "--url", url, "--token", "wrong").exit_code == 0
    tried = run("sources", "test", "CRM", LENA)
    assert tried.exit_code == 1
    assert "401" in tried.output
    assert "wrong" not in tried.output


def test_the_doctor_names_each_source(run: Run, vendor: Vendor) -> None:
    add(run, vendor)
    assert "ok   customer source CRM" in run("doctor").output
    assert "bad  customer source CRM" in run("doctor", DESKROUTE_INTERNAL_HOSTS="").output


def test_after_a_rotation_the_new_key_is_enough_and_the_old_one_opens_nothing(
    run: Run, vendor: Vendor, tmp_path: Path
) -> None:
    first, second = new_key(), new_key()
    url = f"{vendor.url}/c?email={{email}}"
    words = ("sources", "add-http", "CRM", "--url", url, "--token", TOKEN)
    assert run(*words, DESKROUTE_KEYS=first).exit_code == 0
    both = f"{second},{first}"
    assert "1 connection's secrets are locked" in run("keys", "rotate", DESKROUTE_KEYS=both).output
    assert "CRM" in run("sources", "list", DESKROUTE_KEYS=second).output
    assert run("sources", "list", DESKROUTE_KEYS=first).exit_code == 1
    assert TOKEN.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("*.sqlite*"))
