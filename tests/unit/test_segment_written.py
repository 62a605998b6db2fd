"""A segment changes in the playbook's text; everything around it stays byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.demo.stage import SAMPLES
from routing.errors import Invalid
from routing.segments.written import with_segment
from routing.yaml_text import Plain, read_yaml
from routing.yaml_write import flow

PLAYBOOK = """\
# Our playbook.   Kept with care.
playbook: Halden Books
default_queue: General

segments:
  # The list is Ines's.
  - name: VIP by hand     # since 2024
    model: predetermined
    owner: Ines Moreau
    when: {field: customer.lists, contains: VIP 2026}   # never by rule
    persona:
      tone: "Personal"
      # phone first
      channel: Phone
    goal: CSAT at least 95 %   # by March

  # Above 500.
  - name: Enterprise
    when:
      all:
        - {field: account.employees, at least: 500}  # contract
        - {field: customer.plan, is any of: [Business, Enterprise]}
    model: firmographic

queues:
  - {name: General}   # for all
rules:
  - name: VIP to Priority
    when: {field: segments, contains any of: [vip by hand, Enterprise]}
    then: {tags: [vip]}
  - name: Left alone
    when:
      not:
        any:
          - {field: segment, is: "VIP by hand"}
          - {field: ticket.subject, contains: VIP by hand}
    then: {tags: [other]}
replies:
  - {name: Hello, body: Hello, segments: [VIP by hand]}
"""

VIP: dict[str, Any] = {
    "name": "VIP by hand",
    "model": "predetermined",
    "owner": "Ines Moreau",
    "when": {"field": "customer.lists", "contains": "VIP 2026"},
    "persona": {"tone": "Personal", "channel": "Phone"},
    "goal": "CSAT at least 95 %",
}
TEAMS: dict[str, Any] = {
    "name": "Teams",
    "model": "firmographic",
    "when": {
        "all": [
            {"field": "customer.plan", "is": "Team"},
            {"not": {"any": [{"field": "customer.country", "is": "NO"}, {"not": "always"}]}},
        ]
    },
    "owner": "",
    "persona": {},
}


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that only one of two texts has."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def segments(text: str) -> list[Any]:
    document = read_yaml(text).value
    assert isinstance(document, dict)
    found = document["segments"]
    assert isinstance(found, list)
    return found


def test_nothing_changed_is_nothing_written() -> None:
    assert with_segment(PLAYBOOK, "VIP by hand", VIP, 0) == PLAYBOOK


def test_another_goal_changes_one_line_and_keeps_its_comment() -> None:
    wrote = with_segment(PLAYBOOK, "VIP by hand", VIP | {"goal": "CSAT at least 97 %"}, 0)
    assert changed_lines(PLAYBOOK, wrote) == (
        ["    goal: CSAT at least 95 %   # by March"],
        ["    goal: CSAT at least 97 %   # by March"],
    )


def test_another_definition_is_written_as_a_block() -> None:
    when = {"any": [VIP["when"], {"field": "account.arr", "at least": 50_000}]}
    wrote = with_segment(PLAYBOOK, "VIP by hand", VIP | {"when": when}, 0)
    assert (
        "    when:\n"
        "      any:\n"
        "        - {field: customer.lists, contains: VIP 2026}\n"
        "        - {field: account.arr, at least: 50000}   # never by rule\n"
        "    persona:\n"
    ) in wrote


def test_what_was_not_there_comes_in_and_what_is_empty_goes() -> None:
    said = {
        "name": "Enterprise",
        "model": "firmographic",
        "when": segments(PLAYBOOK)[1]["when"],
        "goal": "CSAT at least 90 %",
    }
    wrote = with_segment(PLAYBOOK, "Enterprise", said, 1)
    assert changed_lines(PLAYBOOK, wrote) == ([], ["    goal: CSAT at least 90 %"])
    back = with_segment(wrote, "Enterprise", said | {"goal": ""}, 1)
    assert back == PLAYBOOK


def test_a_new_segment_is_added_at_its_place() -> None:
    wrote = with_segment(PLAYBOOK, None, TEAMS, 1)
    assert [one["name"] for one in segments(wrote)] == ["VIP by hand", "Teams", "Enterprise"]
    old, _ = changed_lines(PLAYBOOK, wrote)
    assert old == []
    assert segments(wrote)[1] == {key: value for key, value in TEAMS.items() if value}


def test_a_place_beyond_the_end_is_the_end() -> None:
    wrote = with_segment(PLAYBOOK, "VIP by hand", VIP, 99)
    assert [one["name"] for one in segments(wrote)] == ["Enterprise", "VIP by hand"]
    assert "  # Above 500.\n  - name: Enterprise" in wrote
    assert "  # The list is Ines's.\n  - name: VIP by hand     # since 2024" in wrote
    assert sorted(wrote.splitlines()) == sorted(PLAYBOOK.splitlines())


def test_rules_and_replies_follow_a_new_name() -> None:
    wrote = with_segment(PLAYBOOK, "VIP by hand", VIP | {"name": "Very important: all"}, 0)
    assert changed_lines(PLAYBOOK, wrote) == (
        [
            "  - name: VIP by hand     # since 2024",
            "    when: {field: segments, contains any of: [vip by hand, Enterprise]}",
            '          - {field: segment, is: "VIP by hand"}',
            "  - {name: Hello, body: Hello, segments: [VIP by hand]}",
        ],
        [
            '  - name: "Very important: all"     # since 2024',
            '    when: {field: segments, contains any of: ["Very important: all", Enterprise]}',
            '          - {field: segment, is: "Very important: all"}',
            '  - {name: Hello, body: Hello, segments: ["Very important: all"]}',
        ],
    )


@pytest.mark.parametrize(
    "text",
    [
        "playbook: X\nqueues: [{name: All}]\n",
        "playbook: X\nsegments:\nqueues: [{name: All}]\n",
        "playbook: X\nsegments: []\nqueues: [{name: All}]",
        "playbook: X\nsegments: [{name: A, model: journey, when: always}]\nqueues: []\n",
        "playbook: X\nsegments:\n- name: A\n  model: journey\n  when: always\nqueues: []\n",
        "playbook: X\r\nsegments:\r\n  - name: A\r\n    model: journey\r\n    when: always\r\n",
        "playbook: X\nsegments:\n  -   name: A\n      model: journey\n      when: always",
        "playbook: X\nsegments:\n  - {name: A, model: journey, when: always}\n  # the end\n",
        "playbook: X\nsegments:\n  - name: A\n    goal: |\n      Long\n      lines\n\nqueues: []\n",
    ],
)
def test_a_segment_is_added_to_a_list_in_any_layout(text: str) -> None:
    before = read_yaml(text).value
    assert isinstance(before, dict)
    wrote = with_segment(text, None, TEAMS, 99)
    assert segments(wrote)[-1]["name"] == "Teams"
    assert len(segments(wrote)) == len(before.get("segments") or []) + 1  # type: ignore[arg-type]


def test_keys_that_are_not_known_here_stay() -> None:
    text = PLAYBOOK.replace("    model: firmographic\n", "    model: firmographic\n    x: [1]\n")
    when = segments(text)[1]["when"]
    said = {"name": "Enterprise", "model": "firmographic", "when": when, "owner": "Priya"}
    assert segments(with_segment(text, "Enterprise", said, 1))[1]["x"] == [1]


def test_a_segment_that_is_gone_is_told() -> None:
    with pytest.raises(Invalid, match="There is no segment “Gone” any more"):
        with_segment(PLAYBOOK, "Gone", VIP, 0)


def test_a_text_that_a_program_cannot_edit_is_refused_and_not_spoilt() -> None:
    with pytest.raises(Invalid, match="only a person can edit"):
        with_segment("{playbook: X, queues: [{name: All}]}", None, TEAMS, 0)


def test_every_segment_of_the_sample_playbook_can_be_moved_and_changed_back() -> None:
    text = (SAMPLES / "playbook.yaml").read_text("utf-8")
    for at, one in enumerate(segments(text)):
        away = with_segment(text, one["name"], one | {"goal": "CSAT ≥ 1 %: soon"}, 0)
        assert with_segment(away, one["name"], one, at).split() == text.split() or one["goal"]
        assert segments(with_segment(away, one["name"], one, at)) == segments(text)


SCALARS = st.one_of(st.booleans(), st.integers(), st.text(max_size=30), st.none())
VALUES: st.SearchStrategy[Plain] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=10,
)


def _readable(value: Plain) -> bool:
    """Whether YAML text may hold it at all: NUL and half pairs may not."""
    text = repr(value)
    return "\\x00" not in text and "\\ud" not in text


@given(VALUES.filter(_readable))
def test_any_value_written_on_a_line_reads_back_as_it_was(value: Plain) -> None:
    assert read_yaml(f"x: {flow(value)}").value == {"x": value}


@given(
    st.text(max_size=40).filter(lambda text: bool(text.strip()) and _readable(text)),
    st.text(max_size=40).filter(_readable),
    st.sampled_from(["VIP by hand", "Enterprise", None]),
    st.integers(0, 4),
)
def test_any_name_and_goal_can_be_written(name: str, goal: str, of: str | None, place: int) -> None:
    wrote = with_segment(PLAYBOOK, of, VIP | {"name": name, "goal": goal}, place)
    at = min(place, len(segments(wrote)) - 1)
    assert segments(wrote)[at]["name"] == name
    assert segments(wrote)[at].get("goal", "") == goal
    assert wrote.startswith("# Our playbook.   Kept with care.\nplaybook: Halden Books\n")
