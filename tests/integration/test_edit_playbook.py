"""The playbook: published whole or not at all, by one person at a time, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, text
from world import KEY, NOON, ON_SQLITE, PLAYBOOK, FakeClock, House, at_once, claimed, dump

from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.pages.refusals import Conflict, NotThere
from plugin.records.work import Store
from plugin.store.audit import AUDIT
from plugin.store.database import Database
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.views.people import Person, Role
from routing.errors import Invalid

INES = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)
RUBEN = Person(3, "ruben@halden.example", "Ruben Haas", Role.ADMIN)


@pytest.fixture
def edit(store: Store, clock: FakeClock) -> EditPlaybook:
    return EditPlaybook(store, clock)


def changed(word: str) -> str:
    return PLAYBOOK.replace("Halden Books", word)


def test_what_another_process_publishes_is_live_for_all(
    edit: EditPlaybook, store: Store, database: Database, clock: FakeClock
) -> None:
    edit.publish(PLAYBOOK, "The first.", 0, INES)
    with store.look() as work:
        first = work.playbooks.live()
        assert work.playbooks.live() is first
    other = SqlStore(database, Vault([KEY]))
    EditPlaybook(other, clock).publish(changed("Kontor Books"), "The second.", 1, RUBEN)
    for one in (store, other):
        with one.look() as work:
            live = work.playbooks.live()
        assert live is not None
        assert (live.version, live.name) == (2, "Kontor Books")


def test_the_first_playbook_becomes_version_one_and_is_live(
    edit: EditPlaybook, store: Store
) -> None:
    assert edit.view(None) is None
    assert edit.publish(PLAYBOOK, "The first.", 0, INES) == 1
    with store.look() as work:
        live = work.playbooks.live()
        lines = work.playbooks.versions()
    assert live is not None
    assert (live.version, live.name) == (1, "Halden Books")
    assert [(line.version, line.by, line.note, line.live) for line in lines] == [
        (1, "Ines Moreau", "The first.", True)
    ]


def test_a_published_text_is_kept_to_the_letter(edit: EditPlaybook) -> None:
    written = PLAYBOOK + "\n# Zoë’s note 😀, kept with its blanks   \n"
    edit.publish(written, "", 0, INES)
    assert edit.text(1) == written


def test_each_publishing_is_noted_with_who_did_it(edit: EditPlaybook, database: Database) -> None:
    edit.publish(PLAYBOOK, "The first\0.", 0, INES)
    with database.read() as connection:
        (row,) = connection.execute(select(AUDIT)).all()
    assert (row.by, row.did, row.at) == (INES.email, "published playbook 1: The first.", NOON)


def test_a_text_with_mistakes_is_refused_with_all_of_them_and_nothing_is_kept(
    edit: EditPlaybook, database: Database
) -> None:
    edit.publish(PLAYBOOK, "", 0, INES)
    before = dump(database)
    wrong = (
        PLAYBOOK.replace("default_queue: General", "default_queue: Nobody")
        .replace("field: ticket.subject", "field: ticket.mood")
        .replace("then: {queue: Nowhere}", "then: {queue: Elsewhere}")
    )
    with pytest.raises(Invalid) as invalid:
        edit.publish(wrong, "", 1, INES)
    said = str(invalid.value)
    assert len(invalid.value.problems) >= 3
    assert all(word in said for word in ("Nobody", "ticket.mood", "Elsewhere"))
    assert all(problem.line for problem in invalid.value.problems)
    with pytest.raises(Invalid):
        edit.check(wrong)
    assert dump(database) == before


@ON_SQLITE
@pytest.mark.parametrize("text_", ["", "\0", "&a [*a, *a]", "[" * 10_000, "- 1", "!!python/x"])
def test_what_is_no_playbook_at_all_is_refused_in_words(edit: EditPlaybook, text_: str) -> None:
    with pytest.raises(Invalid):
        edit.publish(text_, "", 0, INES)


def test_whoever_publishes_over_somebody_elses_version_is_told_whose_it_is(
    edit: EditPlaybook,
) -> None:
    edit.publish(PLAYBOOK, "", 0, INES)
    edit.publish(changed("Second"), "", 1, RUBEN)
    with pytest.raises(Conflict) as conflict:
        edit.publish(changed("Third"), "", 1, INES)
    assert (conflict.value.version, conflict.value.by) == (2, "Ruben Haas")
    assert "Second" in edit.text(2)


@pytest.mark.parametrize("based_on", [7, -1, 10**30])
def test_a_publishing_based_on_a_version_that_never_was_is_a_conflict_or_not_there(
    edit: EditPlaybook, based_on: int
) -> None:
    with pytest.raises((Conflict, NotThere)):
        edit.publish(PLAYBOOK, "", based_on, INES)
    edit.publish(PLAYBOOK, "", 0, INES)
    with pytest.raises(Conflict):
        edit.publish(PLAYBOOK, "", based_on, INES)


@pytest.mark.parametrize("based_on", [0, 1])
def test_of_many_who_publish_at_once_one_wins_and_the_others_are_told(
    edit: EditPlaybook, store: Store, based_on: int
) -> None:
    if based_on:
        edit.publish(PLAYBOOK, "", 0, INES)

    def publish(number: int) -> int | None:
        try:
            return edit.publish(changed(f"Book {number}"), "", based_on, INES)
        except Conflict as conflict:
            assert conflict.version == based_on + 1
            return None

    made = at_once(8, [partial(publish, number) for number in range(8)])
    assert sorted(one for one in made if one) == [based_on + 1]
    with store.look() as work:
        assert len(work.playbooks.versions()) == based_on + 1


def test_rolling_back_publishes_the_old_text_as_a_new_version(
    edit: EditPlaybook, store: Store
) -> None:
    edit.publish(PLAYBOOK, "", 0, INES)
    edit.publish(changed("Second"), "", 1, INES)
    assert edit.roll_back(1, RUBEN) == 3
    assert edit.text(3) == PLAYBOOK
    assert "Second" in edit.text(2)
    with store.look() as work:
        line = work.playbooks.versions()[0]
    assert (line.version, line.by, line.note) == (3, "Ruben Haas", "Back to playbook 1.")


def test_an_old_text_that_this_version_of_ours_cannot_read_is_not_rolled_back_to(
    edit: EditPlaybook, store: Store, database: Database
) -> None:
    edit.publish(PLAYBOOK, "", 0, INES)
    edit.publish(changed("Second"), "", 1, INES)
    with database.write() as connection:
        connection.execute(text("UPDATE playbooks SET text = 'of an older time' WHERE version = 1"))
    with pytest.raises(Invalid):
        edit.roll_back(1, INES)
    with store.look() as work:
        live = work.playbooks.live()
    assert live is not None
    assert live.version == 2


@pytest.mark.parametrize("ask", [EditPlaybook.text, lambda edit, v: edit.roll_back(v, INES)])
@pytest.mark.parametrize("version", [0, 2, -1, 10**30])
def test_a_version_that_never_was_is_not_there(
    edit: EditPlaybook, ask: Callable[[EditPlaybook, int], object], version: int
) -> None:
    edit.publish(PLAYBOOK, "", 0, INES)
    with pytest.raises(NotThere, match=f"There is no playbook {version}"):
        ask(edit, version)


def test_the_page_counts_what_the_rules_and_segments_did(house: House) -> None:
    edit = EditPlaybook(house.store, house.clock)
    for number in range(3):
        reading = house.desk.tickets["17"]
        house.desk.tickets[str(number)] = reading
        house.desk.events[str(number)] = []
    house.handle(claimed())
    view = edit.view(None)
    assert view is not None
    assert [rule.name for rule in view.rules] == ["Lost to Nowhere", "Enterprise to Priority"]
    assert [rule.fired for rule in view.rules] == [0, 0]
    assert view.line.live
    assert edit.view(99) is None
    assert edit.view(10**30) is None


@ON_SQLITE
def test_a_playbook_of_a_thousand_rules_is_published_and_read_again(edit: EditPlaybook) -> None:
    rules = "".join(
        f"  - name: Rule {number}\n"
        f"    when: {{field: ticket.subject, contains: word{number}}}\n"
        f"    then: {{queue: Priority}}\n"
        for number in range(1_000)
    )
    edit.publish(PLAYBOOK.replace("rules:\n", f"rules:\n{rules}"), "", 0, INES)
    view = edit.view(1)
    assert view is not None
    assert len(view.rules) == 1_002
