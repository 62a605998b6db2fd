"""`deskroute playbook diff`: in words, or as changed lines."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from world import KEY, NOON, ON_SQLITE, PLAYBOOK, publish

from plugin.cli import main
from plugin.records.work import Store

pytestmark = [ON_SQLITE, pytest.mark.usefixtures("two_versions")]


@pytest.fixture
def two_versions(published: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(published, PLAYBOOK.replace("priority: high", "priority: urgent"), NOON, 1)
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)


def said(*words: str) -> str:
    done = CliRunner().invoke(main, ["playbook", "diff", *words])
    assert done.exit_code == 0
    return done.output


def test_what_differs_is_said_in_words() -> None:
    for words in (("1", "2"), ("1",)):
        assert said(*words) == "Rule “Enterprise to Priority”: priority was high, is urgent.\n"


def test_the_same_version_says_the_same() -> None:
    assert said("2", "2") == "They say the same.\n"


def test_the_changed_lines_are_shown_where_they_are_asked_for() -> None:
    lines = said("1", "2", "--text").splitlines()
    assert "+    then: {queue: Priority, priority: urgent, tags: [enterprise]}" in lines
    assert "-    then: {queue: Priority, priority: high, tags: [enterprise]}" in lines
