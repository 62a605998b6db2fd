"""What differs between two playbooks is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.demo.stage import SAMPLES
from routing.playbook_diff import LONGEST, diff
from routing.playbook_file import read_playbook

TEXT = """\
playbook: Halden Books
default_queue: General
time_zone: Europe/Berlin
schedules:
  - {name: Office, time_zone: Europe/Berlin, hours: {mon: "09:00-12:00, 13:00-17:30"}}
fields:
  customer.seats: {type: number}
segments:
  - name: Large
    model: firmographic
    when: {field: account.employees, at least: 500}
    goal: CSAT at least 90 %
queues: [{name: General, ids: {zendesk: "1"}}, {name: Priority}]
agents: [{name: Mara, queues: [General], capacity: 6}]
rules:
  - name: One
    when: {field: segments, contains: Large}
    then: {queue: General, first_reply: 2 h}
  - name: Two
    when: {field: ticket.channel, is: mail}
    then: {tags: [mail]}
  - name: Three
    when: {field: ticket.channel, is: chat}
    then: {queue: Priority}
replies: [{name: Hello, body: Hello}]
survey: {brand: Halden, questions: {en: How was it to you?}}
"""


def words(*edits: tuple[str, str]) -> list[str]:
    after = TEXT
    for old, new in edits:
        assert old in after
        after = after.replace(old, new)
    return [str(one) for one in diff(read_playbook(TEXT), read_playbook(after))]


def test_the_same_playbook_differs_in_nothing() -> None:
    assert words() == []
    assert words(("model: firmographic", "model: firmographic   # a comment")) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{queue: General, first_reply: 2 h}",
            "{queue: Priority, first_reply: 30 min}",
            "Rule “One”: queue was General, is Priority; first reply was 2 hours, is 30 minutes.",
        ),
        (
            "then: {tags: [mail]}",
            "then: {tags: [mail]}\n    state: off\n    owner: Ines",
            "Rule “Two”: state was on, is off; owner was nothing, is Ines.",
        ),
        ("name: Three", "name: Chat", "Rule “Chat”: name was Three, is Chat."),
        (
            "at least: 500",
            "at least: 250",
            (
                "Segment “Large”: definition was “employees is at least 500”, is “employees is at "
                "least 250”."
            ),
        ),
        (
            "goal: CSAT at least 90 %",
            "persona: {tone: Short}",
            (
                "Segment “Large”: persona, tone was nothing, is Short; goal was “CSAT at least "
                "90 %”, is nothing."
            ),
        ),
        (
            'zendesk: "1"',
            'zendesk: "2"',
            "Queue “General”: ids was “1 in zendesk”, is “2 in zendesk”.",
        ),
        ("capacity: 6", "capacity: 9", "Agent “Mara”: capacity was 6, is 9."),
        ("body: Hello", "body: Good day", "Reply “Hello”: text was Hello, is Good day."),
        ("type: number", "type: text", "Field “customer.seats”: type was number, is text."),
        (
            "13:00-17:30",
            "13:00-18:00",
            (
                "Schedule “Office”: hours was “mon 09:00–12:00, 13:00–17:30 in Europe/Berlin”, is "
                "“mon 09:00–12:00, 13:00–18:00 in Europe/Berlin”."
            ),
        ),
        (
            "How was it to you?",
            "Did we help you?",
            "Survey “CSAT”: question in en was “How was it to you?”, is “Did we help you?”.",
        ),
        (
            "{name: Priority}",
            "{name: Priority, hours: Office}",
            "Queue “Priority”: hours was nothing, is Office.",
        ),
        (
            "default_queue: General",
            "hours: Office\ndefault_queue: General",
            "Playbook: hours was nothing, is Office.",
        ),
        (
            "default_queue: General",
            "default_queue: Priority",
            "Playbook: default queue was General, is Priority.",
        ),
    ],
)
def test_each_change_is_a_sentence(old: str, new: str, says: str) -> None:
    assert words((old, new)) == [says]


def test_a_new_rule_says_what_it_does_and_moves_no_other() -> None:
    entry = "  - name: New\n    when: always\n    then: {queue: Priority}\n"
    (said,) = words(("  - name: Two\n", entry + "  - name: Two\n"))
    told = "on opened; when always; queue Priority; after that stop; state on"
    assert said == f"Rule “New” is new, at place 2: {told}."


def test_a_rule_taken_out_says_where_it_was() -> None:
    two = "  - name: Two\n    when: {field: ticket.channel, is: mail}\n    then: {tags: [mail]}\n"
    assert words((two, "")) == ["Rule “Two” is gone; it was at place 2."]


def test_of_rules_in_another_order_only_those_that_moved_are_told() -> None:
    one = (
        "  - name: One\n    when: {field: segments, contains: Large}\n"
        "    then: {queue: General, first_reply: 2 h}\n"
    )
    assert words((one, ""), ("replies:", one + "replies:")) == [
        "Rule “One” moved from place 1 to 3."
    ]


def test_a_rule_that_others_changed_sides_with_is_not_said_to_move_to_where_it_is() -> None:
    live = read_playbook(TEXT)
    round_about = replace(live, rules=tuple(reversed(live.rules)))
    assert [str(one) for one in diff(live, round_about)] == [
        "Rule “Three” moved from place 3 to 1.",
        "Rule “Two” stays at place 2, with others before it.",
    ]


def test_a_long_text_is_cut() -> None:
    (said,) = words(("body: Hello", f"body: {'a' * 9_000}"))
    assert len(said) < 2 * LONGEST
    assert "…" in said


@given(st.permutations(range(6)))
def test_the_rules_said_to_have_moved_are_as_few_as_can_be(order: list[int]) -> None:
    head = "playbook: X\ndefault_queue: A\nqueues: [{name: A}]\nrules:\n"
    entry = "  - {{name: R{0}, when: always, then: {{tags: [t{0}]}}}}\n"
    before = read_playbook(head + "".join(entry.format(one) for one in range(6)))
    after = read_playbook(head + "".join(entry.format(one) for one in order))
    moved = len(diff(before, after))
    longest = [1] * 6
    for at in range(6):
        longest[at] += max((longest[b] for b in range(at) if order[b] < order[at]), default=0)
    assert moved == 6 - max(longest)


def test_the_sample_playbook_against_an_empty_one_names_everything_once() -> None:
    sample = read_playbook((SAMPLES / "playbook.yaml").read_text("utf-8"))
    empty = read_playbook("playbook: X\ndefault_queue: General\nqueues: [{name: General}]\n")
    told = diff(empty, sample)
    count = len(sample.rules) + len(sample.segments) + len(sample.replies) + len(sample.agents)
    assert len([one for one in told if one.thing in {"rule", "segment", "reply", "agent"}]) == count
    assert len({(one.thing, one.name, one.how) for one in told}) == len(told)
