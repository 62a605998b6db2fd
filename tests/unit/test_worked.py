"""Working time of an outcome by versioned hours, and whether what was promised was kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import Hours, Schedule, read_spans
from routing.outcomes.outcome import Outcome
from routing.outcomes.promise import Kept, answered, kept
from routing.outcomes.worked import Worked, worked

HOUR = 3_600


def office(hours: str = "09:00-17:00", since: date = date.min, *free: date) -> Hours:
    """Monday to Friday, in Berlin."""
    day = read_spans(hours)
    return Hours(ZoneInfo("Europe/Berlin"), (day,) * 5 + ((),) * 2, frozenset(free), since)


def berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(
        UTC
    )


# 2026-03-06 is a Friday.
FRIDAY_TO_MONDAY = Outcome(
    opened_at=berlin(6, 16),
    first_reply_at=berlin(6, 16, 30),
    first_solved_at=berlin(7, 11),
    solved_at=berlin(9, 10, 15),
)


def test_without_a_schedule_no_working_time_is_measured() -> None:
    assert worked(FRIDAY_TO_MONDAY, None) == Worked()


def test_nights_and_weekends_take_no_working_time() -> None:
    schedule = Schedule("Office", (office(),))
    assert worked(FRIDAY_TO_MONDAY, schedule) == Worked(
        schedule="Office", first_reply=HOUR // 2, first_solved=HOUR, solved=2 * HOUR + HOUR // 4
    )


def test_what_has_not_happened_has_no_working_time_either() -> None:
    schedule = Schedule("Office", (office(),))
    outcome = Outcome(opened_at=berlin(6, 16), first_solved_at=berlin(6, 17))
    assert worked(outcome, schedule) == Worked("Office", None, HOUR, None)


def test_a_holiday_takes_none() -> None:
    schedule = Schedule("Office", (office("09:00-17:00", date.min, date(2026, 3, 9)),))
    assert worked(FRIDAY_TO_MONDAY, schedule).solved == HOUR


def test_each_moment_is_measured_by_the_version_in_force_then() -> None:
    schedule = Schedule("Office", (office("09:00-17:00"), office("06:00-17:00", date(2026, 3, 9))))
    assert worked(FRIDAY_TO_MONDAY, schedule).solved == HOUR + 4 * HOUR + HOUR // 4


def test_a_later_version_changes_nothing_of_what_was_before() -> None:
    now = Schedule("Office", (office(),))
    later = Schedule("Office", (office(), office("00:00-24:00", date(2026, 3, 10))))
    assert worked(FRIDAY_TO_MONDAY, later) == worked(FRIDAY_TO_MONDAY, now)


def test_the_night_the_clocks_leap_ahead_has_an_hour_less() -> None:
    night = Hours(ZoneInfo("Europe/Berlin"), (read_spans("00:00-24:00"),) * 7)
    outcome = Outcome(opened_at=berlin(28, 12), solved_at=berlin(29, 12))
    assert worked(outcome, Schedule("Always", (night,))).solved == 23 * HOUR


def test_what_is_told_to_be_before_the_opening_took_no_time() -> None:
    outcome = Outcome(opened_at=berlin(6, 12), first_reply_at=berlin(6, 11))
    assert worked(outcome, Schedule("Office", (office(),))).first_reply == 0


@given(
    st.timedeltas(timedelta(0), timedelta(days=730)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_working_time_is_never_more_than_calendar_time_and_round_the_clock_the_same(
    since: timedelta, span: timedelta
) -> None:
    opened = datetime(2026, 1, 1, tzinfo=UTC) + since
    outcome = Outcome(opened_at=opened, solved_at=opened + span)
    always = Hours(ZoneInfo("UTC"), (read_spans("00:00-24:00"),) * 7)
    calendar = span // timedelta(seconds=1)
    assert worked(outcome, Schedule("Always", (always,))).solved == calendar
    by_day = worked(outcome, Schedule("Office", (office(),))).solved
    assert by_day is not None
    assert 0 <= by_day <= calendar


@pytest.mark.parametrize(
    ("promised", "took", "waited", "how"),
    [
        (None, 10, 10, None),
        (60, 60, 0, Kept.MET),
        (60, 61, 0, Kept.MISSED),
        (60, None, 60, Kept.OPEN),
        (60, None, 61, Kept.MISSED),
        (60, 30, 500, Kept.MET),
    ],
)
def test_a_promise_is_met_missed_or_not_due_yet(
    promised: int | None, took: int | None, waited: int, how: Kept | None
) -> None:
    assert kept(promised, took, waited) is how


def test_a_solving_answers_whoever_got_no_written_reply() -> None:
    assert answered(None, None) is None
    assert answered(30, None) == answered(None, 30) == answered(30, 50) == answered(50, 30) == 30
