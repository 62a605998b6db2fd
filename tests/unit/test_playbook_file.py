"""The playbook's file: what is read, everything that is refused, and where it is said to stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import some_facts
from hypothesis import example, given
from hypothesis import strategies as st

from routing.conditions.operators import OPERATORS
from routing.conditions.wording import sentence
from routing.decide import decide
from routing.errors import Invalid, Problem
from routing.playbook import Playbook
from routing.playbook_file import playbook_schema, read_playbook
from routing.rules.rule import After, State
from routing.segments.segment import Model
from routing.tickets import Fact, Priority
from routing.yaml_text import read_yaml

SAMPLE = Path(__file__).parents[2] / "plugin" / "demo" / "samples" / "playbook.yaml"

WHOLE = """\
playbook: Halden Books
languages: [en, de, no]
default_queue: General
fields:
  customer.seats: {type: number, says: seats}
segments:
  - name: Enterprise Norway
    model: geographic
    owner: Ines Moreau
    when: {all: [{field: account.employees, at least: 1000}, {field: customer.country, is: NO}]}
    persona: {tone: Brief and exact}
    goal: CSAT at least 90 % by March
queues:
  - name: General
    ids: {demo: "1"}
  - name: Priority
agents:
  - name: Mara Lindqvist
    ids: {demo: "5"}
    queues: [Priority, General]
    languages: [en, no]
    capacity: 12
rules:
  - name: Norway to Priority
    when:
      any:
        - {field: segments, contains: enterprise norway}
        - {field: customer.seats, at least: 50}
    then:
      {queue: Priority, agent: Mara Lindqvist, priority: urgent, tags: [vip], first_reply: 30 min}
    after: go on
    state: on
  - name: Never
    when: always
    then: {tags: [never]}
    state: off
replies:
  - name: Renew
    language: no
    segments: [Enterprise Norway]
    topics: [certificate]
    body: |
      Hello {{ customer.name }},
survey:
  brand: Halden Books
  valid_days: 7
  questions: {en: "How was our help?", no: "Hvordan var hjelpen?"}
"""

SMALL = """\
playbook: Small
default_queue: General
queues:
  - name: General
"""


SCHEDULES = """\
schedules:
  - name: Office
    time_zone: Europe/Berlin
    hours: {mon: "10:00-18:00", sat: "09:00-12:00"}
    from: 2026-03-01
  - name: Office
    time_zone: Europe/Berlin
    hours: {mon: "09:00-13:00, 14:00-17:30", tue: "09:00-24:00"}
    holidays: [2026-04-06]
"""
IN_HOURS = """\
rules:
  - {name: a, when: {field: time.now, is in working time: Office}, then: {queue: General}}
"""


def refused(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(Invalid) as caught:
        read_playbook(text)
    return [(one.line, one.where, one.message) for one in caught.value.problems]


class TestAWholePlaybook:
    def test_every_part_is_read(self) -> None:
        playbook = read_playbook(WHOLE, version=4)
        assert (playbook.name, playbook.version) == ("Halden Books", 4)
        assert playbook.languages == ("en", "de", "no")
        (segment,) = playbook.segments
        assert (segment.model, segment.owner) == (Model.GEOGRAPHIC, "Ines Moreau")
        assert segment.persona.tone == "Brief and exact"
        assert playbook.queue("General").ids == {"demo": "1"}
        mara = playbook.agent("Mara Lindqvist")
        assert (mara.queues, mara.capacity) == (("Priority", "General"), 12)
        assert mara.languages == {"en", "no"}
        first, second = playbook.rules
        assert (first.after, first.state) == (After.GO_ON, State.ON)
        assert (second.after, second.state) == (After.STOP, State.OFF)
        assert first.then.priority is Priority.URGENT
        assert first.then.first_reply == timedelta(minutes=30)
        assert playbook.reply("Renew").body == "Hello {{ customer.name }},\n"
        (survey,) = playbook.surveys
        assert (survey.name, survey.kind, survey.channel) == ("CSAT", "csat", "reply")
        assert (survey.valid_days, survey.segments) == (7, frozenset())

    def test_norway_stays_norway_and_on_stays_on(self) -> None:
        playbook = read_playbook(WHOLE)
        facts = some_facts({"account.employees": 5000.0, "customer.country": "NO"})
        decision = decide(facts, playbook)
        assert decision.segment == "Enterprise Norway"
        assert decision.queue == "Priority"
        assert decision.fired == ("Norway to Priority",)

    def test_a_declared_field_can_be_used_in_conditions(self) -> None:
        decision = decide(some_facts({"customer.seats": 60.0}), read_playbook(WHOLE))
        assert decision.fired == ("Norway to Priority",)

    def test_a_built_in_field_may_be_declared_again_in_other_words(self) -> None:
        again = "fields: {customer.age: {type: number, says: years of life}}\n"
        field = read_playbook(SMALL + again).fields["customer.age"]
        assert (field.says, field.group) == ("years of life", "Person")
        assert field.derived is not None

    def test_the_versions_of_a_schedule_stand_in_order_of_the_day_they_begin(self) -> None:
        playbook = read_playbook(SMALL + SCHEDULES)
        (office,) = playbook.schedules
        assert office.name == "Office"
        assert [one.since for one in office.versions] == [date.min, date(2026, 3, 1)]
        monday, saturday = datetime(2026, 2, 23, 8, tzinfo=UTC), datetime(2026, 3, 7, 8, tzinfo=UTC)
        assert office.is_open(monday)  # 09:00 in Berlin
        assert not office.is_open(monday + timedelta(hours=4))  # the break
        assert office.is_open(saturday)
        assert not office.is_open(saturday - timedelta(days=7))

    def test_tickets_are_measured_by_the_hours_of_their_queue_else_by_those_of_all(self) -> None:
        text = SCHEDULES + SCHEDULES.replace("Office", "Night").replace("schedules:\n", "")
        own = "  - {name: Late, hours: Night}\n"
        playbook = read_playbook(SMALL + own + text + "hours: Office\n")
        office, night = playbook.schedules
        assert playbook.hours_of("Late") is night
        assert playbook.hours_of("General") is playbook.hours_of("Gone by now") is office
        assert playbook.hours_of(None) is office
        assert read_playbook(SMALL + own + text).hours_of("General") is None

    def test_a_rule_can_ask_for_the_working_time_of_a_schedule(self) -> None:
        playbook = read_playbook(SMALL + SCHEDULES + IN_HOURS)
        assert sentence(playbook.rules[0].when) == "now is in working time of Office"
        assert list(playbook.fields.schedules) == ["Office"]

    def test_a_schedule_may_be_asked_for_in_a_file_that_is_not_whole(self) -> None:
        text = SMALL + SCHEDULES + IN_HOURS + "agents: [{name: 7}]\n"
        assert [where for _, where, _ in refused(text)] == ["agents[0].name"]

    def test_the_clock_is_read_in_the_playbooks_time_zone(self) -> None:
        playbook = read_playbook(SMALL + "time_zone: Asia/Tokyo\n")
        noon = some_facts()
        assert playbook.fields["time.hour"].fact(noon) == Fact(21.0, "clock", noon.now)

    def test_the_smallest_playbook_sends_everything_to_its_queue(self) -> None:
        assert decide(some_facts(), read_playbook(SMALL)).queue == "General"

    def test_the_sample_is_a_playbook(self) -> None:
        playbook = read_playbook(SAMPLE.read_text(encoding="utf-8"))
        assert playbook.rules
        assert playbook.segments

    @pytest.mark.parametrize(
        ("written", "span"),
        [
            ("30 min", timedelta(minutes=30)),
            ("4h", timedelta(hours=4)),
            ("2 d", timedelta(days=2)),
            ("99999 d", timedelta(days=99_999)),
        ],
    )
    def test_times_are_read_in_minutes_hours_and_days(self, written: str, span: timedelta) -> None:
        rule = f"rules: [{{name: a, when: always, then: {{first_reply: {written}}}}}]"
        assert read_playbook(SMALL + rule).rules[0].then.first_reply == span

    @pytest.mark.parametrize(
        ("playbook", "desk_id", "name"),
        [(WHOLE, "1", "General"), (WHOLE, "2", None), (WHOLE, None, None)],
    )
    def test_a_queue_is_found_by_its_id_on_a_desk(
        self, playbook: str, desk_id: str | None, name: str | None
    ) -> None:
        assert read_playbook(playbook).queue_of("demo", desk_id) == name

    def test_no_id_is_nobodys_id(self) -> None:
        playbook = read_playbook(SMALL + "agents: [{name: Mara}]")
        assert playbook.queue_of("demo", None) is None
        assert playbook.agent_of("demo", None) is None


ONE_MISTAKE: list[tuple[str, str, int, str, str]] = [
    # what it is, the text, the line, the place, and what is said
    ("empty", "", 1, "", "Here belongs a map"),
    ("a list", "- a", 1, "", "Here belongs a map"),
    ("an unknown key", SMALL + "rulez: []", 5, "rulez", "Did you mean rules?"),
    ("a number as a name", SMALL + "agents: [{name: 12}]", 5, "agents[0].name", "Put 12 in quotes"),
    ("an empty name", SMALL + "agents: [{name: ' '}]", 5, "agents[0].name", "It is empty."),
    ("a name left open", SMALL + "agents: [{name: }]", 5, "agents[0].name", "belongs a text."),
    ("a map for a list", SMALL + "agents: {a: b}", 5, "agents", "Here belongs a list"),
    ("a word for a map", SMALL + "survey: yes", 5, "survey", "Here belongs a map"),
    ("no capacity", SMALL + "agents: [{name: a, capacity: 0}]", 5, "agents[0].capacity", "1"),
    (
        "yes as a number",
        SMALL + "survey: {valid_days: true}",
        5,
        "survey.valid_days",
        "whole number",
    ),
    (
        "an unknown queue",
        SMALL + "agents: [{name: a, queues: [Generel]}]",
        5,
        "agents[0].queues[0]",
        "Did you mean General?",
    ),
    (
        "an unknown default queue",
        "playbook: x\nqueues: [{name: A}]\ndefault_queue: B\n",
        3,
        "default_queue",
        "There is no queue “B”.",
    ),
    (
        "two of a name",
        SMALL + "  - name: General",
        5,
        "queues[1].name",
        "also the name of queues[0]",
    ),
    ("an unknown language", SMALL + "languages: [en, xx]", 5, "languages[1]", "not recognised"),
    (
        "a language by its name",
        SMALL + "agents: [{name: a, languages: [German]}]",
        5,
        "agents[0].languages[0]",
        "two small letters",
    ),
    (
        "a question in no language",
        SMALL + "survey: {questions: {English: hi}}",
        5,
        "survey.questions.English",
        "two small letters",
    ),
    (
        "a field outside its groups",
        SMALL + "fields: {seats: {type: number}}",
        5,
        "fields.seats",
        "begins with customer. or account.",
    ),
    (
        "a built-in field as another kind",
        SMALL + "fields: {customer.plan: {type: number}}",
        5,
        "fields.customer.plan.type",
        "is a built-in field and holds text",
    ),
    (
        "a time zone that is none",
        SMALL + "time_zone: Europe/Berln",
        5,
        "time_zone",
        "Did you mean Europe/Berlin?",
    ),
    (
        "a schedule with no hours",
        SMALL + "schedules: [{name: a, time_zone: UTC, hours: {}}]",
        5,
        "schedules[0].hours",
        "It is empty",
    ),
    (
        "a schedule on a day that is none",
        SMALL + "schedules: [{name: a, time_zone: UTC, hours: {monday: 09:00-17:00}}]",
        5,
        "schedules[0].hours.monday",
        "it must be 'mon'",
    ),
    (
        "hours that are none",
        SMALL + "schedules: [{name: a, time_zone: UTC, hours: {mon: nine to five}}]",
        5,
        "schedules[0].hours.mon",
        "like 09:00-12:00, 13:00-17:30",
    ),
    (
        "hours over midnight",
        SMALL + "schedules: [{name: a, time_zone: UTC, hours: {mon: 22:00-06:00}}]",
        5,
        "schedules[0].hours.mon",
        "at the next day",
    ),
    (
        "hours that overlap",
        SMALL + 'schedules: [{name: a, time_zone: UTC, hours: {mon: "9:00-12:00, 11:00-17:00"}}]',
        5,
        "schedules[0].hours.mon",
        "do not overlap",
    ),
    (
        "a holiday that is no day",
        SMALL
        + "schedules: [{name: a, time_zone: UTC, hours: {mon: 9:00-9:30}, holidays: [2026-02-30]}]",
        5,
        "schedules[0].holidays[0]",
        "There is no day 2026-02-30",
    ),
    (
        "a holiday written in another way",
        SMALL
        + "schedules: [{name: a, time_zone: UTC, hours: {mon: 9:00-12:00}, holidays: [1.5.2026]}]",
        5,
        "schedules[0].holidays[0]",
        "Write a day like 2026-03-31",
    ),
    (
        "two versions of a schedule from one day",
        SMALL + "schedules: [{name: a, time_zone: UTC, hours: {mon: 9:00-12:00}},"
        " {name: a, time_zone: UTC, hours: {mon: 9:00-13:00}}]",
        5,
        "schedules[1].name",
        "has a version from this day already",
    ),
    (
        "a schedule that is not there",
        SMALL + "rules: [{name: a, when: {field: time.now, is in working time: Office},"
        " then: {queue: General}}]",
        5,
        "rules[0].when.is in working time",
        "There are no schedules yet",
    ),
    (
        "hours of all queues that are not there",
        SMALL + "hours: Office\n",
        5,
        "hours",
        "There is no schedule “Office”.",
    ),
    (
        "hours of one queue by a name written wrongly",
        SMALL + "    hours: Ofice\n" + SCHEDULES,
        5,
        "queues[0].hours",
        "There is no schedule “Ofice”. Did you mean Office?",
    ),
    (
        "a field of no type",
        SMALL + "fields: {customer.seats: {type: integer}}",
        5,
        "fields.customer.seats.type",
        "It is “integer”; it must be",
    ),
    (
        "a rule that decides nothing",
        SMALL + "rules: [{name: a, when: always, then: {}}]",
        5,
        "rules[0].then",
        "decides nothing",
    ),
    (
        "a rule without a condition",
        SMALL + "rules: [{name: a, then: {tags: [b]}}]",
        5,
        "rules[0].when",
        "“when” is missing",
    ),
    (
        "an unknown agent in a rule",
        SMALL + "rules: [{name: a, when: always, then: {agent: Mara}}]",
        5,
        "rules[0].then.agent",
        "There is no agent “Mara”.",
    ),
    (
        "a priority in capitals",
        SMALL + "rules: [{name: a, when: always, then: {priority: HIGH}}]",
        5,
        "rules[0].then.priority",
        "'low', 'normal', 'high' or 'urgent'",
    ),
    (
        "a state that is true",
        SMALL + "rules: [{name: a, when: always, then: {tags: [b]}, state: true}]",
        5,
        "rules[0].state",
        "It is “True”; it must be 'on', 'off', 'shadow' or 'canary'",
    ),
    (
        "an unknown segment in a rule",
        SMALL + "rules:\n- {name: a, when: {field: segment, is: VIP}, then: {tags: [b]}}",
        6,
        "rules[0].when",
        "There is no segment “VIP”.",
    ),
    (
        "a segment that looks at segments",
        SMALL + "segments: [{name: a, model: journey, when: {field: segment, is: a}}]",
        5,
        "segments[0].when.field",
        "There is no field “segment”.",
    ),
    (
        "an unknown segment in a reply",
        SMALL + "replies: [{name: a, body: b, segments: [VIP]}]",
        5,
        "replies[0].segments[0]",
        "There is no segment “VIP”.",
    ),
    (
        "a reply for a segment in another case, which would never be offered",
        SMALL
        + "segments: [{name: Trial, model: journey, when: always}]\n"
        + "replies: [{name: a, body: b, segments: [trial]}]",
        6,
        "replies[0].segments[0]",
        "Did you mean Trial?",
    ),
    (
        "a reply that loops",
        SMALL + "replies: [{name: a, body: '{% for x in y %}{% endfor %}'}]",
        5,
        "replies[0].body",
        "uses “for”",
    ),
    (
        "a number that no computer holds in a reply",
        SMALL + "replies: [{name: a, body: '{{ " + "9" * 5000 + " }}'}]",
        5,
        "replies[0].body",
        "cannot be read",
    ),
    (
        "a condition with a wrong field",
        SMALL + "rules:\n- name: a\n  when:\n    all:\n    - always\n    - {field: x, is: 1}\n"
        "  then: {tags: [b]}",
        10,
        "rules[0].when.all[1].field",
        "There is no field “x”.",
    ),
] + [
    (
        f"a time written {written!r}",
        SMALL + f'rules: [{{name: a, when: always, then: {{first_reply: "{written}"}}}}]',
        5,
        "rules[0].then.first_reply",
        "Write a time like 30 min, 4 h or 2 d.",
    )
    # The last one is a digit to a newer Unicode than this Python's.
    for written in ("soon", "0 min", "30 minutes", "-1 h", "1.5 h", "٣ h", "\U0001e4f1 min")
]


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "line", "where", "says"),
        [case[1:] for case in ONE_MISTAKE],
        ids=[case[0] for case in ONE_MISTAKE],
    )
    def test_each_is_told_with_its_line_and_place(
        self, text: str, line: int, where: str, says: str
    ) -> None:
        ((told_line, told_where, message),) = refused(text)
        assert (told_line, told_where) == (line, where)
        assert says in message

    def test_several_are_told_at_once_in_the_order_of_their_lines(self) -> None:
        text = (
            "playbook: 12\n"
            "queues:\n"
            "  - name: General\n"
            "    colour: red\n"
            "rules:\n"
            "  - name: a\n"
            "    when: {field: customer.contry, is: DE}\n"
            "    then: {queue: General, tag: [x]}\n"
        )
        assert [(line, where) for line, where, _ in refused(text)] == [
            (1, "default_queue"),
            (1, "playbook"),
            (4, "queues[0].colour"),
            (7, "rules[0].when.field"),
            (8, "rules[0].then.tag"),
        ]

    def test_unknown_keys_do_not_hide_what_the_rest_means(self) -> None:
        text = SMALL + "colour: red\nagents: [{name: a, queues: [X], shoe: 43}]\n"
        assert [where for _, where, _ in refused(text)] == [
            "colour",
            "agents[0].queues[0]",
            "agents[0].shoe",
        ]

    def test_a_declared_field_is_no_mistake_beside_another_one(self) -> None:
        text = WHOLE.replace("default_queue: General\n", "")
        assert [where for _, where, _ in refused(text)] == ["default_queue"]

    def test_part_of_a_segments_name_may_be_asked_for(self) -> None:
        rule = "rules: [{name: a, when: {field: segment, starts with: Ent}, then: {tags: [b]}}]"
        assert read_playbook(SMALL + rule).rules

    def test_ten_thousand_rules_are_read(self) -> None:
        playbook = read_playbook(many_rules(10_000))
        assert decide(some_facts({"customer.orders": 9_999.0}), playbook).tags == ("t9999",)

    def test_a_thousand_mistakes_are_told_a_thousand_times(self) -> None:
        told = refused(many_rules(1_000).replace("when", "x: 1, when"))
        assert len(told) == 1_000
        assert told[-1][:2] == (1_005, "rules[999].x")

    def test_a_condition_nested_too_deeply_is_refused_with_its_line(self) -> None:
        deep = "{not: " * 120 + "always" + "}" * 120
        ((line, where, message),) = refused(
            f"{SMALL}rules:\n- {{name: a, then: {{tags: [b]}}, when: {deep}}}"
        )
        assert line == 6
        assert where.startswith("rules[0].when.not")
        assert "Nested deeper than 100" in message


def many_rules(count: int) -> str:
    """A playbook with a rule on each of its lines from the sixth on."""
    rules = (
        f"- {{name: r{n}, when: {{field: customer.orders, is: {n}}}, then: {{tags: [t{n}]}}}}\n"
        for n in range(count)
    )
    return f"{SMALL}rules:\n{''.join(rules)}"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("abN: {%", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "when", "then", "all", "field", "is", "queue", "tags", "body", "type"]
            )
            | st.text("ab.", max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
GROUPS = ["playbook", "default_queue", "languages", "fields", "segments", "queues", "agents"]


def as_yaml(value: object) -> str:
    """Plain values in YAML's flow style, every text in quotes."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case dict():
            return "{" + ", ".join(f"{as_yaml(k)}: {as_yaml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(as_yaml(one) for one in value) + "]"
        case _:
            return str(value)


class TestGarbage:
    @given(st.text(st.characters(), max_size=200))
    @example("playbook: \ud800")
    @example(SMALL + "rules: [" * 400)
    def test_any_text_is_a_playbook_or_a_list_of_problems(self, text: str) -> None:
        assert_read_or_refused(text)

    @given(
        st.dictionaries(st.sampled_from([*GROUPS, "rules", "replies", "survey", "surveys"]), PLAIN)
    )
    def test_any_plain_values_are_a_playbook_or_a_list_of_problems(self, value: object) -> None:
        assert_read_or_refused(as_yaml(value))

    @given(
        st.integers(0, len(WHOLE) - 1), st.integers(1, 30), st.sampled_from(["", "[", "x", "- "])
    )
    def test_a_damaged_playbook_is_read_or_refused(self, at: int, gone: int, put: str) -> None:
        assert_read_or_refused(WHOLE[:at] + put + WHOLE[at + gone :])

    @given(st.sampled_from(["segments", "rules"]), PLAIN)
    def test_any_plain_value_can_stand_where_a_condition_belongs(
        self, group: str, when: object
    ) -> None:
        entry = {"name": "a", "when": when, "model": "journey", "then": {"tags": ["b"]}}
        entry.pop("then" if group == "segments" else "model")
        assert_read_or_refused(SMALL + f"{group}: [{as_yaml(entry)}]")


def assert_read_or_refused(text: str) -> None:
    playbook: Playbook | None = None
    problems: tuple[Problem, ...] = ()
    try:
        playbook = read_playbook(text)
    except Invalid as error:
        problems = error.problems
    assert all(one.message and one.line is not None for one in problems)
    assert problems or (playbook is not None and decide(some_facts(), playbook).queue)


# ---------------------------------------------------------------------------------------------
# A small reader of JSON Schema, for the keywords our schema uses. An unknown keyword is an error,
# so that nothing in the schema goes unread.

Schema = Mapping[str, Any]
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
SAID_ONLY = {"title", "description", "default", "examples", "$defs", "$schema"}


def fits(value: Any, schema: Schema, root: Schema) -> bool:
    return all(
        key in SAID_ONLY or KEYWORDS[key](value, told, schema, root) for key, told in schema.items()
    )


def _refers(value: Any, target: str, _schema: Schema, root: Schema) -> bool:
    return fits(value, root["$defs"][target.removeprefix("#/$defs/")], root)


def _additional(value: Any, told: Any, schema: Schema, root: Schema) -> bool:
    known = schema.get("properties", {})
    rest = [inner for key, inner in items(value) if key not in known]
    if isinstance(told, bool):
        return told or not rest
    return all(fits(inner, told, root) for inner in rest)


def items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


KEYWORDS: dict[str, Callable[[Any, Any, Schema, Schema], bool]] = {
    "$ref": _refers,
    "type": lambda value, told, _schema, _root: TYPES[told](value),
    "const": lambda value, told, _schema, _root: value == told,
    "enum": lambda value, told, _schema, _root: value in told,
    "anyOf": lambda value, told, _schema, root: any(fits(value, one, root) for one in told),
    "oneOf": lambda value, told, _schema, root: sum(fits(value, one, root) for one in told) == 1,
    "required": lambda value, told, _schema, _root: (
        not isinstance(value, dict) or set(told) <= set(value)
    ),
    "properties": lambda value, told, _schema, root: all(
        fits(inner, told[key], root) for key, inner in items(value) if key in told
    ),
    "additionalProperties": _additional,
    "propertyNames": lambda value, told, _schema, root: all(
        fits(key, told, root) for key, _ in items(value)
    ),
    "patternProperties": lambda value, told, _schema, root: all(
        fits(inner, schema, root)
        for pattern, schema in told.items()
        for key, inner in items(value)
        if re.search(pattern, key)
    ),
    "minProperties": lambda value, told, _schema, _root: (
        not isinstance(value, dict) or len(value) >= told
    ),
    "maxProperties": lambda value, told, _schema, _root: (
        not isinstance(value, dict) or len(value) <= told
    ),
    "items": lambda value, told, _schema, root: (
        not isinstance(value, list) or all(fits(one, told, root) for one in value)
    ),
    "minItems": lambda value, told, _schema, _root: (
        not isinstance(value, list) or len(value) >= told
    ),
    "maxItems": lambda value, told, _schema, _root: (
        not isinstance(value, list) or len(value) <= told
    ),
    "pattern": lambda value, told, _schema, _root: (
        not isinstance(value, str) or re.search(told, value) is not None
    ),
    "minLength": lambda value, told, _schema, _root: (
        not isinstance(value, str) or len(value) >= told
    ),
    "maxLength": lambda value, told, _schema, _root: (
        not isinstance(value, str) or len(value) <= told
    ),
    "minimum": lambda value, told, _schema, _root: not isinstance(value, int) or value >= told,
    "maximum": lambda value, told, _schema, _root: not isinstance(value, int) or value <= told,
    "exclusiveMinimum": lambda value, told, _schema, _root: (
        not isinstance(value, int | float) or value > told
    ),
}


def accepted(text: str) -> bool:
    schema = playbook_schema()
    return fits(read_yaml(text).value, schema, schema)


class TestSchema:
    def test_it_accepts_what_is_a_playbook(self) -> None:
        assert accepted(WHOLE)
        assert accepted(SMALL)
        assert accepted(SMALL + "time_zone: Europe/Berlin\n" + SCHEDULES + IN_HOURS)

    def test_it_accepts_the_sample(self) -> None:
        assert accepted(SAMPLE.read_text(encoding="utf-8"))

    @pytest.mark.parametrize(
        "text",
        [
            "queues: []",
            SMALL + "rulez: []",
            SMALL + "schedules: [{name: a, time_zone: UTC, hours: {}}]",
            SMALL + "schedules: [{name: a, time_zone: UTC, hours: {mon: a}, since: 2026-01-01}]",
            SMALL + "agents: [{name: 12}]",
            SMALL + "rules: [{name: a, when: sometimes, then: {tags: [b]}}]",
            SMALL + "rules: [{name: a, when: {all: []}, then: {tags: [b]}}]",
            SMALL + "rules: [{name: a, when: {field: x, equals: 1}, then: {tags: [b]}}]",
            SMALL + "rules: [{name: a, when: {field: x}, then: {tags: [b]}}]",
            SMALL + "rules: [{name: a, when: always, then: {first_reply: soon}}]",
            SMALL + "rules: [{name: a, when: always, then: {tags: [b]}, state: true}]",
        ],
    )
    def test_it_refuses_what_has_another_shape(self, text: str) -> None:
        assert not accepted(text)

    def test_every_operator_is_in_it(self) -> None:
        schema: Any = playbook_schema()
        *_, test = schema["$defs"]["Condition"]["oneOf"]
        assert set(test["properties"]) == {"field", *OPERATORS}


def test_a_value_of_a_wrong_kind_does_not_hide_what_else_is_wrong() -> None:
    text = """\
playbook: X
default_queue: Nowhere
languages: [english]
queues: [{name: General}]
agents:
  - {name: A, queues: [Complianze], capacity: lots}
rules:
  - {name: r, when: always, then: {priority: huge}}
  - {name: q, when: {field: customer.plam, is: x}, then: {queue: Generall}}
"""
    with pytest.raises(Invalid) as found:
        read_playbook(text)
    assert sorted(problem.where for problem in found.value.problems) == [
        "agents[0].capacity",
        "agents[0].queues[0]",
        "default_queue",
        "languages[0]",
        "rules[0].then.priority",
        "rules[1].then.queue",
        "rules[1].when.field",
    ]


def test_a_number_that_is_none_is_said_in_plain_words() -> None:
    with pytest.raises(Invalid, match="Here belongs a whole number"):
        read_playbook(
            "playbook: X\ndefault_queue: G\nqueues: [{name: G}]\n"
            "agents: [{name: A, capacity: lots}]\n"
        )
