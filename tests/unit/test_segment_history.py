"""What each playbook version did to a segment, also across a new name."""

from __future__ import annotations

from routing.playbook_file import read_playbook
from routing.segments.history import Changed, Definition, Step, definition, history, names

SMALL = Definition(
    "VIP", "predetermined", "lists contains VIP", "Ines", "CSAT at least 90 %", (("tone", "Calm"),)
)
OTHER = Definition("Other", "journey", "stage is trial", "", "", ())


def test_each_step_names_what_changed_and_the_newest_stands_first() -> None:
    wider = SMALL._replace(when="lists contains VIP 2026")
    raised = wider._replace(goal="CSAT at least 95 %", persona=(("tone", "Warm"),))
    steps = history("VIP", [(3, [raised]), (2, [wider, OTHER]), (1, [SMALL])])
    assert steps == [
        Step(
            3,
            made=False,
            changes=(
                Changed("goal", "CSAT at least 90 %", "CSAT at least 95 %"),
                Changed("persona, tone", "Calm", "Warm"),
            ),
        ),
        Step(
            2,
            made=False,
            changes=(Changed("definition", "lists contains VIP", "lists contains VIP 2026"),),
        ),
        Step(1, made=True, changes=()),
    ]


def test_a_version_that_left_the_segment_alone_is_no_step() -> None:
    steps = history("VIP", [(3, [SMALL]), (2, [SMALL, OTHER]), (1, [SMALL])])
    assert steps == [Step(1, made=True, changes=())]


def test_the_version_that_made_it_is_the_first_that_has_it() -> None:
    assert history("VIP", [(3, [SMALL]), (2, [SMALL]), (1, [OTHER])]) == [
        Step(2, made=True, changes=())
    ]


def test_where_older_versions_were_not_looked_at_nothing_is_claimed() -> None:
    assert history("VIP", [(9, [SMALL]), (8, [SMALL])]) == []


def test_a_segment_is_followed_through_its_older_name() -> None:
    renamed = SMALL._replace(name="Very important")
    versions = [(2, [renamed, OTHER]), (1, [SMALL, OTHER])]
    assert history("Very important", versions) == [
        Step(2, made=False, changes=(Changed("name", "VIP", "Very important"),)),
        Step(1, made=True, changes=()),
    ]
    assert names("Very important", versions) == ("Very important", "VIP")


def test_a_new_segment_with_the_words_of_one_that_stays_is_not_the_same() -> None:
    twin = SMALL._replace(name="Twin")
    assert history("Twin", [(2, [SMALL, twin]), (1, [SMALL])]) == [Step(2, made=True, changes=())]


def test_a_name_that_was_never_there_has_no_history() -> None:
    assert history("Gone", [(1, [SMALL])]) == []


def test_a_definition_is_taken_from_a_playbook_in_words() -> None:
    (segment,) = read_playbook(
        "playbook: X\ndefault_queue: All\nqueues: [{name: All}]\nsegments:\n"
        "  - {name: Big, model: firmographic, when: {field: account.employees, at least: 500},"
        " persona: {tone: Brief}}\n"
    ).segments
    made = definition(segment)
    assert (made.name, made.model, made.when) == (
        "Big",
        "firmographic",
        "employees is at least 500",
    )
    assert dict(made.persona)["tone"] == "Brief"
