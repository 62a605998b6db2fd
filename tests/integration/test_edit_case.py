"""Cases: written in a form, made of a decided ticket, and in the way of a publishing while red."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from test_forget import Gathering
from world import NOON, ON_SQLITE, PLAYBOOK, FakeClock, House, claimed, dump, publish

from plugin.cli import main
from plugin.flows.playbook.check_rules import CheckRules
from plugin.flows.playbook.edit_case import EditCase
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_rule import EditRule
from plugin.flows.playbook.edit_segment import EditSegment
from plugin.flows.playbook.try_rule import TryRule
from plugin.pages.refusals import Conflict, NotThere, RedCases
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.views.cases import CaseDraft
from plugin.views.people import Person, Role
from routing.errors import Invalid
from routing.playbook_file import read_playbook

INES = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)

CASES = """\
cases:
  - name: An enterprise comes first
    ticket: {subject: Cannot sign in, language: en}
    customer: {account.employees: 900}
    expect: {queue: Priority, segment: Enterprise, rule: Enterprise to Priority}
"""
GUARDED = f"{PLAYBOOK}{CASES}"
BROKEN = GUARDED.replace("then: {queue: Priority,", "then: {queue: General,")


@pytest.fixture
def playbooks(store: Store, clock: FakeClock) -> EditPlaybook:
    return EditPlaybook(store, clock)


@pytest.fixture
def guarded(playbooks: EditPlaybook) -> EditPlaybook:
    playbooks.publish(GUARDED, "With a case.", 0, INES)
    return playbooks


@pytest.fixture
def edit(store: Store, clock: FakeClock, guarded: EditPlaybook) -> EditCase:
    return EditCase(store, clock, guarded)


def filled(draft: CaseDraft, note: str = "For a test.", **values: str) -> CaseDraft:
    said = {key.replace("__", "."): value for key, value in values.items()}
    return CaseDraft(draft.based_on, draft.was, {**draft.values, **said}, note)


def test_a_playbook_with_a_red_case_is_not_published_and_nothing_is_kept(
    guarded: EditPlaybook, database: Database
) -> None:
    before = dump(database)
    with pytest.raises(RedCases) as red:
        guarded.publish(BROKEN, "Breaks it.", 1, INES)
    assert dump(database) == before
    assert "1 of 1 cases is red" in str(red.value)
    assert "queue: expected Priority, came out General" in str(red.value)
    assert "Rule 2, Enterprise to Priority." in str(red.value)
    assert (red.value.text, red.value.note, red.value.based_on) == (BROKEN, "Breaks it.", 1)


def test_an_old_playbook_whose_cases_are_red_today_is_not_rolled_back_to(
    guarded: EditPlaybook, store: Store
) -> None:
    publish(store, BROKEN, NOON, 1)
    publish(store, GUARDED, NOON, 2)
    with pytest.raises(RedCases):
        guarded.roll_back(2, INES)
    assert guarded.roll_back(1, INES) == 4


def test_a_rule_or_segment_that_turns_a_case_red_is_not_published(
    guarded: EditPlaybook, store: Store, clock: FakeClock
) -> None:
    rules = EditRule(store, clock, guarded, TryRule(store, clock), CheckRules(clock))
    draft = rules.begin("Enterprise to Priority", None)
    draft = replace(draft, queue="General")
    with pytest.raises(RedCases):
        rules.publish(draft, INES)
    with pytest.raises(RedCases, match="there is no such rule"):
        rules.publish(rules.without("Enterprise to Priority"), INES)
    segments = EditSegment(store, clock, guarded)
    segment = segments.begin("Enterprise", None)
    segment = replace(segment, when={"field": "account.employees", "at least": 5000})
    with pytest.raises(RedCases):
        segments.publish(segment, INES)


def test_cases_follow_a_rule_and_a_segment_to_their_new_names(
    guarded: EditPlaybook, store: Store, clock: FakeClock
) -> None:
    rules = EditRule(store, clock, guarded, TryRule(store, clock), CheckRules(clock))
    draft = rules.begin("Enterprise to Priority", None)
    draft = replace(draft, name="Big ones: first")
    assert rules.publish(draft, INES) == 2
    segments = EditSegment(store, clock, guarded)
    segment = segments.begin("Enterprise", None)
    segment = replace(segment, name="Big ones")
    assert segments.publish(segment, INES) == 3
    (case,) = read_playbook(guarded.text(3)).cases
    assert (case.expect.rule, case.expect.segment) == ("Big ones: first", "Big ones")


def test_a_case_is_typed_in_changed_and_removed_each_as_a_version_with_its_note(
    edit: EditCase, guarded: EditPlaybook, store: Store
) -> None:
    draft = filled(
        edit.begin(None, None),
        name="Lost ones go Nowhere",
        subject="I am lost",
        expect__queue="Nowhere",
        customer="account.employees: 3\ncustomer.lists: [Pilot, Webinar]",
    )
    view = edit.look(draft)
    assert view.proof is not None
    assert view.proof.green
    assert edit.publish(draft, INES) == 2
    again = edit.begin("Lost ones go Nowhere", None)
    assert again.values["customer"].splitlines() == [
        "account.employees: 3",
        "customer.lists: [Pilot, Webinar]",
    ]
    assert edit.publish(filled(again, expect__rule="Lost to Nowhere"), INES) == 3
    assert read_playbook(guarded.text(3)).cases[1].expect.rule == "Lost to Nowhere"
    gone = filled(edit.begin("Lost ones go Nowhere", None), note="Nobody is lost.")
    assert edit.remove(gone, INES) == 4
    assert guarded.text(4).rstrip() == GUARDED.rstrip()
    with store.look() as work:
        assert work.playbooks.versions()[0].note == "Nobody is lost."


def test_a_case_that_is_red_from_the_start_is_shown_red_and_not_published(edit: EditCase) -> None:
    draft = filled(edit.begin(None, None), name="Wrong", subject="Hello", expect__queue="Nowhere")
    view = edit.look(draft, strict=True)
    assert view.proof is not None
    assert [one.what for one in view.proof.misses] == ["queue"]
    with pytest.raises(RedCases):
        edit.publish(draft, INES)


@pytest.mark.parametrize(
    ("values", "where", "says"),
    [
        ({"customer": "account.employees: many"}, "customer", "not a number"),
        ({"customer": "account.employes: 3"}, "customer", "no field"),
        ({"customer": "just words"}, "customer", "one fact on each line"),
        ({"customer": "a: [b"}, "customer", "Line"),
        ({"now": "soon"}, "now", "not a moment"),
        ({"expect__queue": "Nowhere else"}, "expect.queue", "no queue"),
        ({"expect__first_reply": "soon"}, "expect.first_reply", "30 min"),
        ({"expect__queue": ""}, "expect.queue", "expects nothing"),
        ({"name": ""}, "name", "missing"),
        ({"name": "An enterprise comes first"}, "name", "also the name"),
        ({"language": "english"}, "language", "two small letters"),
    ],
)
def test_what_is_wrong_is_told_at_its_input_and_not_before_somebody_has_begun(
    edit: EditCase, values: dict[str, str], where: str, says: str
) -> None:
    draft = filled(edit.begin(None, None), **{"name": "New", "expect__queue": "General", **values})
    view = edit.look(draft, strict=True)
    assert list(view.problems) == [where]
    assert says in view.problems[where]
    assert view.proof is None
    assert edit.look(draft).problems == {}
    with pytest.raises(Invalid):
        edit.publish(draft, INES)


def test_a_case_over_somebody_elses_version_is_a_conflict(
    edit: EditCase, guarded: EditPlaybook
) -> None:
    draft = filled(edit.begin(None, None), name="New", expect__queue="General")
    guarded.publish(f"{GUARDED}# More.\n", "", 1, INES)
    with pytest.raises(Conflict):
        edit.publish(draft, INES)
    with pytest.raises(Conflict):
        edit.remove(filled(CaseDraft(1, "An enterprise comes first", {})), INES)
    with pytest.raises(NotThere):
        edit.begin("Never was", None)


def test_a_decided_ticket_becomes_a_case_without_its_person(house: House) -> None:
    world = House(house.store, house.clock, house.desk, customers=Gathering())
    world.handle(claimed())
    playbooks = EditPlaybook(house.store, house.clock)
    edit = EditCase(house.store, house.clock, playbooks)
    draft = edit.begin(None, world.ticket().decision)
    view = edit.look(draft)
    assert view.proof is not None
    assert view.proof.green
    assert (draft.values["expect.queue"], draft.was) == ("Priority", None)
    edit.publish(filled(draft), INES)
    kept = playbooks.text(2)[len(PLAYBOOK) :]
    assert "account.employees" in kept
    for trace in ("Lena", "Vogt", "lena@kontor.example", "customer.city"):
        assert trace not in kept
    with pytest.raises(NotThere):
        edit.begin(None, 10**30)


def test_no_case_is_made_of_a_ticket_whose_customer_was_forgotten(
    house: House, database: Database
) -> None:
    house.handle(claimed())
    from_ = house.ticket()
    with house.store.work() as work:
        work.privacy.forget("lena@kontor.example", NOON)
        work.commit()
    edit = EditCase(house.store, house.clock, EditPlaybook(house.store, house.clock))
    with pytest.raises(NotThere, match="forgotten"):
        edit.begin(None, from_.decision)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM playbooks")).scalar_one() == 1


@ON_SQLITE
def test_the_command_line_checks_cases_and_refuses_to_publish_red_ones(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DESKROUTE_KEYS", "a-key-of-the-tests-that-is-long-enough-0123456789")
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GUARDED, encoding="utf-8")
    bad.write_text(BROKEN, encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, words)
        return result.exit_code, result.output

    code, told = run("playbook", "check", str(good))
    assert (code, "1 of 1 cases are green." in told) == (0, True)
    code, told = run("playbook", "check", str(bad))
    assert code == 1
    assert "red: “An enterprise comes first” is red: queue: expected Priority" in told
    code, told = run("playbook", "check", "--json", str(bad))
    (case,) = json.loads(told)["cases"]
    assert (code, case["green"]) == (1, False)
    assert case["misses"] == [{"what": "queue", "expected": "Priority", "came": "General"}]
    assert case["expects"]["rule"] == "Enterprise to Priority"
    code, told = run("playbook", "publish", str(bad))
    assert code == 1
    assert "came out General" in told
    assert run("playbook", "publish", str(good))[0] == 0
