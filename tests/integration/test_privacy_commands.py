"""The commands about customers and the health of segments, over a real database."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from world import NOON, ON_SQLITE, PLAYBOOK, Command, House, claimed, publish

LENA = "lena@kontor.example"


@pytest.fixture
def run(house: House, command: Command) -> Command:
    """Runs a command over the database that has one ticket of Lena's."""
    house.handle(claimed())
    return command


pytestmark = ON_SQLITE


def test_show_says_what_is_held(run: Command) -> None:
    said = run("customers", "show", LENA)
    assert said.exit_code == 0
    assert "Tickets" in said.output


def test_export_writes_a_file_that_only_its_owner_reads(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "lena.json"
    assert run("customers", "export", LENA, "--out", str(out)).exit_code == 0
    assert json.loads(out.read_text())["customer"] == LENA
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    table = tmp_path / "lena.csv"
    assert run("customers", "export", LENA, "--csv", "--out", str(table)).exit_code == 0
    assert "tickets,1,subject,Cannot sign in" in table.read_text("utf-8-sig")


def test_an_export_that_cannot_be_written_says_why(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "lena.json"
    said = run("customers", "export", LENA, "--out", str(out))
    assert said.exit_code == 1
    assert f"{out} cannot be written: No such file or directory." in said.output


def test_an_older_export_is_replaced_and_closed(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "lena.json"
    out.write_text("x" * 100_000)
    out.chmod(0o644)
    assert run("customers", "export", LENA, "--out", str(out)).exit_code == 0
    assert json.loads(out.read_text())["customer"] == LENA
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_of_nobody_there_is_nothing_to_export(run: Command) -> None:
    said = run("customers", "export", "nobody@nowhere.example")
    assert (said.exit_code, said.output) == (1, "Error: Nothing is held about this address.\n")


def test_forget_asks_first(run: Command, house: House) -> None:
    assert run("customers", "forget", LENA, input="n\n").exit_code == 1
    assert house.ticket().ticket.requester_email == LENA
    assert run("customers", "forget", LENA, input="y\n").exit_code == 0
    assert house.ticket().ticket.requester_email is None


def test_a_forgotten_customer_may_be_readmitted_once(run: Command) -> None:
    assert run("customers", "forget", LENA, "--yes").exit_code == 0
    assert run("customers", "readmit", LENA).exit_code == 0
    assert "was not forgotten" in run("customers", "readmit", LENA).output


def test_what_is_no_address_is_said_plainly(run: Command) -> None:
    said = run("customers", "forget", "lena", "--yes")
    assert (said.exit_code, said.output) == (1, "Error: “lena” is not an e-mail address.\n")


def test_expire_says_what_went(run: Command) -> None:
    said = run("customers", "expire")
    assert "0 tickets lost their person (kept for ever)." in said.output
    assert "(kept for 30 days)." in said.output


def test_health_prints_findings_with_numbers_and_advice(run: Command, house: House) -> None:
    without_goal = PLAYBOOK.replace("    goal: CSAT at least 90 %\n", "")
    unused = without_goal.replace("segment, is: Enterprise", "ticket.channel, is: phone")
    publish(house.store, unused, NOON, 1)
    said = run("segments", "health")
    assert said.exit_code == 0
    assert "Enterprise: nothing uses it" in said.output
    assert "Give it a goal, a rule or a reply, or retire it." in said.output
    told = json.loads(run("segments", "health", "--json").output)
    assert {"segment", "kind", "severity", "says", "numbers", "advice"} == set(told[0])
    assert "not used" in [one["kind"] for one in told]
