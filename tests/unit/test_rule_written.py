"""A rule changes in the playbook's text; everything around it stays byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.demo.stage import SAMPLES
from routing.errors import Invalid
from routing.rules.written import with_order, with_rule
from routing.yaml_text import read_yaml

PLAYBOOK = """\
playbook: Halden Books   # ours
default_queue: General
queues: [{name: General}, {name: Priority}]

rules:
  # Nobody waits here.
  - name: VIP to Priority     # since 2024
    when: {field: segments, contains: VIP}   # by hand
    then:
      queue: Priority   # the small team
      # the contract says so
      first_reply: 30 min
      tags: [vip]
    owner: Ines
    note: By contract.   # see the wiki

  # ---- the rest ----

  - name: Night
    when:
      all:
        - {field: ticket.tags, contains: night}  # from the desk
        - {field: ticket.channel, is: mail}
    then: {queue: General}
    state: off   # until June
  - {name: Last, when: always, then: {queue: General}}

# Replies come later.
replies: []
"""

VIP: dict[str, Any] = {
    "name": "VIP to Priority",
    "when": {"field": "segments", "contains": "VIP"},
    "then": {"queue": "Priority", "first_reply": "30 min", "tags": ["vip"], "agent": ""},
    "after": "stop",
    "state": "on",
    "owner": "Ines",
    "note": "By contract.",
}
NEW: dict[str, Any] = {
    "name": "Banks",
    "when": {"all": [{"field": "account.industry", "is": "Banking"}, {"not": "always"}]},
    "then": {"queue": "Priority", "priority": "high"},
    "after": "go on",
    "state": "on",
    "owner": "",
    "note": "",
}


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that only one of two texts has."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def rules(text: str) -> list[Any]:
    document: Any = read_yaml(text).value
    found: list[Any] = document["rules"]
    return found


def names(text: str) -> list[str]:
    return [one["name"] for one in rules(text)]


def test_nothing_changed_is_nothing_written() -> None:
    assert with_rule(PLAYBOOK, "VIP to Priority", VIP, 0) == PLAYBOOK


def test_another_queue_changes_one_line_of_a_rule_written_line_by_line() -> None:
    then = VIP["then"] | {"queue": "General"}
    wrote = with_rule(PLAYBOOK, "VIP to Priority", VIP | {"then": then}, 0)
    assert changed_lines(PLAYBOOK, wrote) == (
        ["      queue: Priority   # the small team"],
        ["      queue: General   # the small team"],
    )


def test_what_a_rule_decides_no_more_goes_with_its_line() -> None:
    then = {"queue": "Priority", "priority": "high"}
    wrote = with_rule(PLAYBOOK, "VIP to Priority", VIP | {"then": then}, 0)
    assert rules(wrote)[0]["then"] == then
    assert (
        "      queue: Priority   # the small team\n      priority: high\n    owner: Ines\n" in wrote
    )


def test_several_last_keys_can_go_at_once() -> None:
    wrote = with_rule(PLAYBOOK, "VIP to Priority", VIP | {"owner": "", "note": ""}, 0)
    assert rules(wrote)[0].keys() == {"name", "when", "then"}
    assert "  # ---- the rest ----\n" in wrote


def test_a_rule_is_switched_off_and_on_with_a_word() -> None:
    off = with_rule(PLAYBOOK, "VIP to Priority", VIP | {"state": "off"}, 0)
    assert changed_lines(PLAYBOOK, off) == ([], ["    state: off"])
    night = rules(PLAYBOOK)[1] | {"state": "on", "after": "stop"}
    on = with_rule(PLAYBOOK, "Night", night, 1)
    assert changed_lines(PLAYBOOK, on) == (
        ["    state: off   # until June"],
        ["    state: on   # until June"],
    )


def test_a_new_rule_stands_at_its_place_and_says_no_more_than_it_must() -> None:
    wrote = with_rule(PLAYBOOK, None, NEW, 1)
    assert names(wrote) == ["VIP to Priority", "Banks", "Night", "Last"]
    assert rules(wrote)[1].keys() == {"name", "when", "then", "after"}
    assert changed_lines(PLAYBOOK, wrote)[0] == []


def test_keys_that_are_not_known_here_stay() -> None:
    text = PLAYBOOK.replace("      tags: [vip]\n", "      tags: [vip]\n      reply: Hello\n")
    text = text.replace("    owner: Ines\n", "    owner: Ines\n    trigger: opened\n")
    wrote = with_rule(text, "VIP to Priority", VIP | {"owner": "Priya"}, 0)
    assert rules(wrote)[0]["trigger"] == "opened"
    assert rules(wrote)[0]["then"]["reply"] == "Hello"


def test_another_order_takes_each_rule_with_its_comments_along() -> None:
    wrote = with_order(PLAYBOOK, ["Last", "VIP to Priority", "Night"])
    assert names(wrote) == ["Last", "VIP to Priority", "Night"]
    assert "  # Nobody waits here.\n  - name: VIP to Priority     # since 2024" in wrote
    assert sorted(wrote.splitlines()) == sorted(PLAYBOOK.splitlines())


@pytest.mark.parametrize(
    ("left", "gone"),
    [
        (["Night", "Last"], "  # Nobody waits here."),
        (["VIP to Priority", "Last"], "  - name: Night"),
        (["VIP to Priority", "Night"], "  - {name: Last, when: always, then: {queue: General}}"),
        (["Night"], "  # Nobody waits here."),
    ],
)
def test_a_rule_taken_out_leaves_all_other_lines(left: list[str], gone: str) -> None:
    wrote = with_order(PLAYBOOK, left)
    assert names(wrote) == left
    old, new = changed_lines(PLAYBOOK, wrote)
    assert gone in old
    assert new == []
    assert "# Replies come later.\nreplies: []\n" in wrote


def test_the_last_rule_of_all_can_be_taken_out() -> None:
    wrote = with_order(PLAYBOOK, [])
    assert rules(wrote) == []
    assert names(with_rule(wrote, None, NEW, 0)) == ["Banks"]


@pytest.mark.parametrize("left", [["A"], ["B"], ["C"], ["A", "C"], ["C", "A"], ["B", "C"], []])
def test_a_list_on_one_line_loses_rules_too(left: list[str]) -> None:
    entries = ", ".join(f"{{name: {one}, when: always, then: {{tags: [x]}}}}" for one in "ABC")
    assert names(with_order(f"playbook: X\nrules: [{entries}] # all\n", left)) == left


def test_a_rule_that_is_gone_is_told() -> None:
    with pytest.raises(Invalid, match="There is no rule “Gone” any more"):
        with_rule(PLAYBOOK, "Gone", VIP, 0)
    with pytest.raises(Invalid, match="There is no rule “Gone” any more"):
        with_order(PLAYBOOK, ["Gone"])


def test_every_rule_of_the_sample_playbook_can_be_changed_and_changed_back() -> None:
    text = (SAMPLES / "playbook.yaml").read_text("utf-8")
    for at, one in enumerate(rules(text)):
        said = {**one, "after": one.get("after", "stop"), "state": one.get("state", "on")}
        away = with_rule(text, one["name"], {**said, "name": "Another", "owner": "Zoë"}, 0)
        back = with_rule(away, "Another", said, at)
        assert rules(back) == rules(text)


@given(st.permutations(["VIP to Priority", "Night", "Last"]), st.integers(0, 3))
def test_any_order_of_any_rules_can_be_written(order: list[str], count: int) -> None:
    wrote = with_order(PLAYBOOK, order[:count])
    assert names(wrote) == order[:count]
    assert wrote.startswith("playbook: Halden Books   # ours\n")
    assert wrote.endswith("\n# Replies come later.\nreplies: []\n")
