"""YAML read as plain values: what a word means, what is refused, and on which line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing.errors import Invalid, Problem
from routing.yaml_text import MAX_CHARACTERS, MAX_DEPTH, read_yaml


def refusals(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(Invalid) as caught:
        read_yaml(text)
    return [(problem.line, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"12"', "12"),
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("2026-03-01", "2026-03-01"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1.5.2", "1.5.2"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("<<", "<<"),
        ("30 min", "30 min"),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(written: str, value: object) -> None:
    document = read_yaml(f"key: {written}")
    assert document.value == {"key": value}
    assert isinstance(document.value, dict)
    assert type(document.value["key"]) is type(value)


def test_a_block_of_text_keeps_its_lines_and_its_words() -> None:
    assert read_yaml("body: |\n  true\n  no\n").value == {"body": "true\nno\n"}


def test_every_value_knows_its_line() -> None:
    lines = read_yaml("a: 1\nb:\n  - x\n  - c: y\n\n    d: z\n").lines
    assert lines["a",] == 1
    assert lines["b", 0] == 3
    assert lines["b", 1, "c"] == 4
    assert lines["b", 1, "d"] == 6


def test_a_problem_gets_the_line_of_the_nearest_thing_that_is_written() -> None:
    document = read_yaml("a: 1\nb:\n  c: 2\n")
    assert document.place(Problem(("b", "missing", 3), "x")).line == 2
    assert document.place(Problem(("nowhere",), "x")).line == 1


def test_an_empty_text_is_nothing() -> None:
    assert read_yaml("").value is None
    assert read_yaml("# only a comment\n").value is None


def test_a_mark_of_byte_order_is_passed_over() -> None:
    assert read_yaml("\ufeffa: 1").value == {"a": 1}


def test_keys_written_twice_are_all_told_with_the_second_line() -> None:
    text = "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n"
    assert refusals(text) == [(4, "It is written twice."), (5, "It is written twice.")]


def test_a_key_that_is_a_list_is_refused() -> None:
    assert refusals("x: 1\n? [a, b]\n: 1\n") == [(2, "A key must be one word or phrase.")]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: &x [1]\nb: *x\n", 2, "The alias *x is not read"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "python/object/apply:os.system"),
        ("a: !!str 5\n", 1, "is not read. Leave it out."),
        ("a: ! 5\n", 1, "is not read. Leave it out."),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: [1\n", 2, "Not readable as YAML"),
        ("a: 1\n b: 2\n", 2, "Not readable as YAML"),
        ("a: 'open\n", 2, "Not readable as YAML"),
        ("a: 1\n\tb: 2\n", 2, "Not readable as YAML"),
        ("a: 1\nb: x\0y\n", 2, "U+0000"),
        ("a: 1\n\nb: \ud800\n", 3, "U+D800"),
        ("a: \x07\n", 1, "U+0007"),
        ("a: \x9f\n", 1, "U+009F"),
        ('a: 1\nb: "\\0"\n', 2, "NUL"),
        ('"a\\0b": 1\n', 1, "NUL"),
        ('a: "\\ud800"\n', 1, "Unicode"),
    ],
)
def test_what_could_hurt_or_cannot_be_read_is_refused_with_its_line(
    text: str, line: int, says: str
) -> None:
    ((told_line, message),) = refusals(text)
    assert told_line == line
    assert says in message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "- a: ["])
def test_a_depth_bomb_is_refused_before_it_goes_off(opening: str) -> None:
    ((line, message),) = refusals(opening * 50_000)
    assert line is not None
    assert "Nested deeper" in message or "Not readable" in message


def test_the_deepest_allowed_nesting_is_read() -> None:
    value = read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH).value
    depth = 0
    while value:
        assert isinstance(value, list)
        (value,) = value
        depth += 1
    assert depth == MAX_DEPTH - 1


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{now}: &{now} [*{before}, *{before}]\n" for before, now in pairwise("abcdefghi")
    )
    assert refusals(text)[0][0] == 2


def test_a_text_that_is_too_long_is_refused_unread() -> None:
    ((_, message),) = refusals("#" * (MAX_CHARACTERS + 1))
    assert "10,000,000" in message


def assert_read_or_refused(text: str) -> None:
    told = "read"
    try:
        read_yaml(text)
    except Invalid as error:
        told = error.problems[0].message
    assert told


@given(st.text(st.characters(), max_size=60))
@example("\ufeff\ufeff")
@example("%YAML 9.9\n---\na")
@example("? - ? -")
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"#%@` \n\t01.~<="), max_size=40))
def test_any_heap_of_yaml_marks_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


def test_the_sample_playbook_reads_as_plain_values() -> None:
    sample = Path(__file__).parents[2] / "plugin" / "demo" / "samples" / "playbook.yaml"
    assert isinstance(read_yaml(sample.read_text(encoding="utf-8")).value, dict)
