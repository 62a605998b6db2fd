"""Drafts tried on tickets that were lived and imported, over a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from world import NOON, ON_SQLITE, PLAYBOOK, Command, FakeClock, House, claimed, publish

from plugin.files import read_rows
from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.playbook.back_test import LONGEST, SeeBackTests
from plugin.flows.playbook.run_back_test import BROKE_OFF, RunBackTest
from plugin.pages.refusals import BadFile, NotThere
from plugin.ports import Gathered, Refused, Requester
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.store import back_tests
from plugin.views.back_tests import BackTestDraft
from plugin.views.people import Person, Role
from routing.back_test.compare import BackTest
from routing.errors import Invalid
from routing.tickets import Fact

LENA, INES = "lena@kontor.example", Person(1, "ines@x.example", "Ines Moreau", Role.LEAD)
DRAFT = PLAYBOOK.replace("at least: 500", "at least: 1000")
HISTORY = """\
id,subject,opened_at,requester_email,channel,queue,solved_at
a,Sign-in,2026-02-28T09:00:00Z,lena@kontor.example,mail,General,2026-02-28T10:00:00Z
b,Invoice,2026-02-27T23:30:00Z,mia@kontor.example,mail,Priority,2026-02-28T10:00:00Z
c,I lost it,2025-02-27T23:30:00Z,,web,Nowhere,
"""


def nobody_listens(_done: int) -> None:
    pass


class Known:
    """Sources that know that the customer's company has so many people."""

    def __init__(self, employees: float) -> None:
        self.employees = employees

    def gather(self, whos: Sequence[Requester], _fields: object) -> Iterator[Gathered]:
        for _ in whos:
            yield Gathered({"account.employees": Fact(self.employees, "CRM", NOON)})


def a_source(store: Store, name: str, place: int, *customers: CustomerRecord, **terms: str) -> None:
    with store.work() as work:
        work.connections.save_source(SourceRecord(name, "uploaded", terms, {}, place), NOON)
        work.customers.put(name, customers, NOON)
        work.commit()


def employees(email: str, count: float) -> CustomerRecord:
    return CustomerRecord(email, email, {"account.employees": Fact(count, "x")})


@pytest.fixture
def run(store: Store, clock: FakeClock) -> RunBackTest:
    return RunBackTest(store, clock)


@pytest.fixture
def history(published: Store, clock: FakeClock, tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    path.write_text(HISTORY)
    ImportTickets(published, clock)("history", read_rows(path, {}), dry=False)
    return path


def test_a_ticket_that_was_decided_is_judged_by_the_facts_of_its_time(
    house: House, run: RunBackTest
) -> None:
    replace(house, customers=Known(900)).handle(claimed())
    a_source(house.store, "CRM", 1, employees(LENA, 5_000))
    report = run(DRAFT, None, None, nobody_listens)
    assert (report.tickets, report.as_then, report.moved) == (1, 1, 1)
    (flow,) = report.flows
    assert (flow.before, flow.after, flow.segment) == ("Priority", "General", None)
    (one,) = report.listed
    assert (one.before.rule, one.after.rule) == ("Enterprise to Priority", None)
    assert (one.before.tags, one.after.tags) == (("enterprise",), ())


@pytest.mark.usefixtures("history")
def test_of_an_imported_tickets_customer_counts_what_the_most_trusted_source_says_now(
    published: Store, run: RunBackTest
) -> None:
    a_source(published, "Old", 2, employees(LENA, 5_000), employees("mia@kontor.example", 700))
    a_source(published, "CRM", 1, employees(LENA, 20))
    report = run(DRAFT, None, None, nobody_listens)
    assert (report.tickets, report.as_then) == (3, 0)
    # Mia's 700 are enough for the live playbook and too few for the draft; Lena's 20 for neither.
    assert [one.name for one in report.listed] == ["b"]
    assert (report.moved_known, report.right_before, report.right_after) == (1, 1, 0)
    assert {one.field: one.tickets for one in report.unknown}["employees"] == 1


@pytest.mark.usefixtures("history")
def test_a_source_that_is_believed_first_for_a_field_is_believed_first(
    published: Store, run: RunBackTest
) -> None:
    a_source(published, "CRM", 1, employees(LENA, 20))
    a_source(published, "Register", 2, employees(LENA, 700), first_for="account.employees")
    assert [one.name for one in run(DRAFT, None, None, nobody_listens).listed] == ["a"]


@pytest.mark.usefixtures("history")
def test_only_tickets_opened_since_then_are_taken(run: RunBackTest) -> None:
    report = run(DRAFT, None, NOON - timedelta(days=3), nobody_listens)
    assert report.tickets == 2
    assert report.first is not None
    assert report.first.isoformat() == "2026-02-27T23:30:00+00:00"


def test_a_file_of_tickets_comes_out_as_if_it_had_been_imported(
    published: Store, history: Path, run: RunBackTest
) -> None:
    a_source(published, "CRM", 1, employees(LENA, 700))
    imported = run(DRAFT, None, None, nobody_listens)
    of_file, refused = run.over_file(DRAFT, None, None, read_rows(history, {}), nobody_listens)
    assert refused == 0
    listed = tuple(replace(one, id=None) for one in imported.listed)
    assert listed
    assert of_file == replace(imported, listed=listed)


@pytest.mark.usefixtures("published")
def test_a_file_without_a_readable_ticket_is_refused(run: RunBackTest, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,subject,opened_at\n1,x,yesterday\n")
    with pytest.raises(BadFile, match="line 2: opened_at is “yesterday”"):
        run.over_file(DRAFT, None, None, read_rows(path, {}), nobody_listens)


@pytest.mark.usefixtures("history")
def test_an_older_version_can_be_compared_with(published: Store, run: RunBackTest) -> None:
    publish(published, DRAFT, NOON, based_on=1)
    a_source(published, "CRM", 1, employees(LENA, 700))
    assert run(DRAFT, None, None, nobody_listens).moved == 0
    assert run(DRAFT, 1, None, nobody_listens).moved == 1
    with pytest.raises(NotThere, match="There is no playbook 9"):
        run(DRAFT, 9, None, nobody_listens)


def test_without_a_playbook_there_is_nothing_to_compare_with(
    store: Store, clock: FakeClock
) -> None:
    with pytest.raises(Refused, match="No playbook is published yet"):
        RunBackTest(store, clock)(DRAFT, None, None, nobody_listens)
    pages = SeeBackTests(store, clock, lambda _: None)
    assert pages.begin() is None
    with pytest.raises(Refused, match="No playbook is published yet"):
        pages.start(BackTestDraft(DRAFT), INES)


@pytest.mark.usefixtures("history")
def test_what_a_page_asks_for_is_run_kept_and_shown(
    published: Store, run: RunBackTest, clock: FakeClock
) -> None:
    a_source(published, "CRM", 1, employees(LENA, 700))
    pages = SeeBackTests(published, clock, run.kept)
    made = pages.start(BackTestDraft(DRAFT, "mine.yaml", days=30), INES)
    view = pages.view(made)
    assert (view.line.state, view.line.called, view.line.by) == ("done", "mine.yaml", "Ines Moreau")
    assert view.report is not None
    (one,) = view.report.listed
    assert (one.name, one.subject) == ("a", "Sign-in")
    assert one.id is not None
    compared = pages.ticket(made, one.id)
    assert (compared.before.queue, compared.after.queue) == ("Priority", "General")
    assert not compared.as_then
    form = pages.begin()
    assert form is not None
    assert [line.id for line in form.recent] == [made]
    with pytest.raises(NotThere):
        pages.ticket(made, 10_000)
    with pytest.raises(NotThere):
        pages.view(made + 1)


@pytest.mark.usefixtures("history")
def test_a_kept_report_holds_nothing_of_a_customer(
    published: Store, run: RunBackTest, clock: FakeClock
) -> None:
    a_source(published, "CRM", 1, employees(LENA, 700))
    made = SeeBackTests(published, clock, run.kept).start(BackTestDraft(DRAFT), INES)
    with published.look() as work:
        record = work.back_tests.get(made)
    assert record is not None
    assert record.report is not None
    assert record.report.listed
    assert "Sign-in" not in repr(record.report)
    assert "lena" not in repr(record.report)


def test_only_one_runs_at_a_time_and_one_that_hangs_counts_as_failed(
    published: Store, clock: FakeClock
) -> None:
    pages = SeeBackTests(published, clock, lambda _: None)
    made = pages.start(BackTestDraft(DRAFT), INES)
    assert pages.view(made).line.state == "running"
    with pytest.raises(Refused, match="A back-test is running"):
        pages.start(BackTestDraft(DRAFT), INES)
    clock.turn(seconds=LONGEST.total_seconds() + 1)
    assert pages.view(made).line.state == "failed"
    assert pages.start(BackTestDraft(version=1), INES) > made


def test_one_that_breaks_off_is_said_to_have_failed(
    published: Store, history: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history.exists()
    made = SeeBackTests(published, clock, lambda _: None).start(BackTestDraft(DRAFT), INES)
    monkeypatch.setattr(BackTest, "add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        RunBackTest(published, clock).kept(made)
    line = SeeBackTests(published, clock, lambda _: None).view(made).line
    assert (line.state, line.why) == ("failed", BROKE_OFF)


def test_a_draft_that_cannot_be_read_is_not_started(published: Store, clock: FakeClock) -> None:
    pages = SeeBackTests(published, clock, lambda _: None)
    with pytest.raises(Invalid):
        pages.start(BackTestDraft("rulez: []"), INES)
    with pytest.raises(NotThere):
        pages.start(BackTestDraft(version=7), INES)
    form = pages.begin()
    assert form is not None
    assert form.recent == ()


def test_only_the_newest_are_kept(
    published: Store, run: RunBackTest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_tests, "KEPT", 2)
    pages = SeeBackTests(published, clock, run.kept)
    made = [pages.start(BackTestDraft(DRAFT), INES) for _ in range(4)]
    form = pages.begin()
    assert form is not None
    assert [line.id for line in form.recent] == made[:1:-1]


@pytest.fixture
def command(command: Command, tmp_path: Path) -> Command:
    (tmp_path / "draft.yaml").write_text(DRAFT)
    draft = str(tmp_path / "draft.yaml")
    return lambda *words: command("back-test", "--draft", draft, *words)


@ON_SQLITE
@pytest.mark.usefixtures("history")
def test_the_command_tells_what_moves_and_what_is_unknown(
    published: Store, command: Command
) -> None:
    a_source(published, "CRM", 1, employees(LENA, 700))
    said = command()
    assert said.exit_code == 0
    assert "1 of 3 tickets move (33.3%), opened 2025-02-27 to 2026-02-28" in said.output
    assert "3 were imported" in said.output
    assert "Unknown: employees for 67% of these tickets." in said.output
    assert "Never fire on these tickets: Enterprise to Priority." in said.output
    assert "a “Sign-in”: Priority by rule Enterprise to Priority, with the draft" in said.output


@ON_SQLITE
@pytest.mark.usefixtures("published")
def test_the_commands_json_is_the_report(history: Path, command: Command) -> None:
    of_kept = command("--json", "--since", "2026-01-01")
    of_file = command("--json", "--since", "2026-01-01", "--tickets", str(history))
    assert of_kept.exit_code == of_file.exit_code == 0
    assert json.loads(of_file.stdout)["tickets"] == 2
    assert json.loads(of_kept.stdout) == json.loads(of_file.stdout)


@ON_SQLITE
@pytest.mark.usefixtures("published")
def test_a_since_that_is_no_time_is_refused(command: Command) -> None:
    said = command("--since", "lately")
    assert said.exit_code == 1
    assert "--since is “lately”; write 2026-03-31, or a time like 90 d." in said.output


@ON_SQLITE
@pytest.mark.usefixtures("published")
def test_without_past_tickets_it_says_so(command: Command) -> None:
    said = command("--since", "90 d")
    assert said.exit_code == 0
    assert "There are no past tickets to try it on." in said.output
