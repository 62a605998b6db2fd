"""What one KPI says of groups: who stands out, what is not shown, and how many are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from routing.outcomes.compared import Coming, Told, told
from routing.outcomes.comparison import Measure, Side
from routing.outcomes.figures import Wait
from routing.outcomes.many import all_pairs
from routing.outcomes.waits import Waits

NOW = datetime(2026, 11, 20, tzinfo=UTC)
COMING = Coming(("rating", "ratings"), NOW - timedelta(days=90), NOW)


def of(csat: tuple[int, int], minutes: float | None = None) -> Side:
    waits = {}
    if minutes is not None:
        each = (Wait(60 * minutes * (0.5 + place / 200), happened=True) for place in range(200))
        waits = {Measure.FIRST_REPLY: Waits.of(each)}
    return Side({Measure.CSAT: csat}, waits)


def say(measure: Measure = Measure.CSAT, coming: Coming = COMING, **sides: Side) -> Told:
    return told(measure, all_pairs(sides), sides, coming, lambda span: f"{span / 60:.0f} min")


def test_the_one_who_stands_out_is_told_of_first_and_always() -> None:
    found = say(A=of((930, 1000)), B=of((700, 1000)), C=of((900, 1000)))
    assert [which for which, _ in found.shown[:2]] == ["B is lower", "B is lower"]
    assert found.shown[0][1].startswith("than A by 23.0 points (")
    assert not found.same
    assert found.notes == ()


def test_times_are_told_of_whoever_stands_out_too() -> None:
    same = (90, 100)
    found = say(Measure.FIRST_REPLY, A=of(same, 20), B=of(same, 60), C=of(same, 20))
    assert len(found.shown) == 2
    for which, rest in found.shown:
        assert which == "B is 40 min slower"
        assert rest.startswith(("than A (", "than C ("))


def test_two_that_do_not_differ_say_how_far_and_how_many_it_would_take() -> None:
    found = say(A=of((90, 100)), B=of((88, 100)))
    assert found.shown == ()
    assert found.same.startswith("No difference shown between A and B: 2.0 points (−")
    (note,) = found.notes
    assert note.startswith("To show a difference of this size you would need n = ")


def test_of_several_the_widest_difference_is_named() -> None:
    found = say(A=of((90, 100)), B=of((88, 100)), C=of((86, 100)))
    assert found.same == "No difference shown."
    assert "a difference like that of A and C" in found.notes[0]


def test_groups_that_are_equal_need_no_more() -> None:
    assert say(A=of((90, 100)), B=of((90, 100))).notes == ()


def test_a_group_with_too_few_says_when_it_will_have_enough() -> None:
    found = say(A=of((90, 100)), B=of((11, 14)), C=of((0, 0)), D=of((20, 29)))
    assert (found.shown, found.same) == ((), "")
    assert found.notes == (
        "B needs 16 more ratings, about 2 March 2027.",
        "C needs 30 more ratings; none came in this time.",
        "D needs 1 more rating, about 23 November.",
    )


def test_of_a_time_that_is_over_no_more_come() -> None:
    over = Coming(("rating", "ratings"), None, NOW)
    assert say(coming=over, A=of((11, 14))).notes == ("A needs 16 more ratings.",)
