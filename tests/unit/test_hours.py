"""Working hours: local time, breaks, holidays, clocks that change, and versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import Hours, Schedule, read_spans

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NINE_TO_FIVE = read_spans("09:00-12:00, 13:00-17:00")
WEEK = (NINE_TO_FIVE,) * 5 + ((), ())
ROUND_THE_CLOCK = (read_spans("00:00-24:00"),) * 7
OFFICE = Schedule("Office", (Hours(BERLIN, WEEK, frozenset({date(2026, 4, 6)})),))
ALWAYS_THERE = Schedule("Always there", (Hours(BERLIN, ROUND_THE_CLOCK),))


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[arg-type, misc]


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


class TestOneWeek:
    @pytest.mark.parametrize(
        ("when", "is_open"),
        [
            (berlin(2026, 3, 2, 8, 59, 59), False),
            (berlin(2026, 3, 2, 9), True),
            (berlin(2026, 3, 2, 11, 59, 59), True),
            (berlin(2026, 3, 2, 12), False),
            (berlin(2026, 3, 2, 13), True),
            (berlin(2026, 3, 2, 17), False),
            (berlin(2026, 3, 7, 10), False),
            (berlin(2026, 4, 6, 10), False),
            (berlin(2026, 4, 7, 10), True),
            (berlin(2024, 2, 29, 10), True),
            (datetime(1969, 6, 2, 10, tzinfo=UTC), False),
            (datetime(9999, 12, 31, 10, tzinfo=UTC), False),
        ],
    )
    def test_it_is_open_from_the_first_moment_up_to_but_not_with_the_last(
        self, when: datetime, *, is_open: bool
    ) -> None:
        assert OFFICE.is_open(when) is is_open

    def test_the_break_and_the_night_do_not_count(self) -> None:
        monday, tuesday = berlin(2026, 3, 2, 11), berlin(2026, 3, 3, 10)
        assert OFFICE.open_time_between(monday, tuesday) == hours(1 + 4 + 1)

    def test_a_holiday_does_not_count(self) -> None:
        friday, tuesday = berlin(2026, 4, 3, 16), berlin(2026, 4, 7, 10)
        assert OFFICE.open_time_between(friday, tuesday) == hours(1 + 1)

    def test_nothing_lies_between_a_moment_and_an_earlier_one(self) -> None:
        assert OFFICE.open_time_between(berlin(2026, 3, 3, 10), berlin(2026, 3, 2, 10)) == hours(0)

    def test_time_is_added_over_breaks_nights_and_weekends(self) -> None:
        assert OFFICE.add(berlin(2026, 3, 6, 16), hours(5)) == berlin(2026, 3, 9, 14)

    def test_time_that_ends_with_the_day_ends_on_that_day(self) -> None:
        assert OFFICE.add(berlin(2026, 3, 6, 16), hours(1)) == berlin(2026, 3, 6, 17)

    def test_more_time_than_there_is_overflows(self) -> None:
        with pytest.raises(OverflowError, match="Office"):
            OFFICE.add(berlin(2026, 3, 6, 16), timedelta(days=365 * 300))

    def test_the_turn_of_the_year_is_a_night_like_any_other(self) -> None:
        old, new = berlin(2026, 12, 31, 16), berlin(2027, 1, 1, 10)
        assert OFFICE.open_time_between(old, new) == hours(2)
        assert OFFICE.add(old, hours(2)) == new


class TestWhenTheClocksChange:
    def test_the_night_they_leap_ahead_is_an_hour_shorter(self) -> None:
        before, after = berlin(2026, 3, 29, 0), berlin(2026, 3, 30, 0)
        assert ALWAYS_THERE.open_time_between(before, after) == hours(23)

    def test_the_night_they_fall_back_is_an_hour_longer(self) -> None:
        before, after = berlin(2026, 10, 25, 0), berlin(2026, 10, 26, 0)
        assert ALWAYS_THERE.open_time_between(before, after) == hours(25)

    def test_hours_that_do_not_exist_that_night_do_not_count(self) -> None:
        night = Schedule("Night", (Hours(BERLIN, (read_spans("02:00-03:00"),) * 7),))
        assert night.open_time_between(berlin(2026, 3, 29, 0), berlin(2026, 3, 30, 0)) == hours(0)

    @pytest.mark.parametrize("written", ["01:00-02:30, 03:00-05:00", "02:15-02:45, 02:50-03:15"])
    def test_hours_around_the_lost_hour_are_not_counted_twice(self, written: str) -> None:
        night = Schedule("Night", (Hours(BERLIN, (read_spans(written),) * 7),))
        start = berlin(2026, 3, 29, 0)
        minutes = [start + timedelta(minutes=one) for one in range(24 * 60)]
        counted = sum(night.is_open(one) for one in minutes)
        whole = night.open_time_between(start, berlin(2026, 3, 30, 0))
        assert whole == timedelta(minutes=counted)

    def test_a_working_day_keeps_its_local_hours_all_year(self) -> None:
        assert OFFICE.is_open(datetime(2026, 3, 27, 8, 30, tzinfo=UTC))
        assert OFFICE.is_open(datetime(2026, 3, 30, 7, 30, tzinfo=UTC))
        assert not OFFICE.is_open(datetime(2026, 3, 27, 7, 30, tzinfo=UTC))


class TestVersions:
    LONGER = Hours(BERLIN, (read_spans("09:00-20:00"),) * 5 + ((), ()), since=date(2026, 3, 4))
    OFFICE = Schedule("Office", (Hours(BERLIN, WEEK), LONGER))

    def test_the_hours_in_force_at_the_time_count(self) -> None:
        assert not self.OFFICE.is_open(berlin(2026, 3, 3, 18))
        assert self.OFFICE.is_open(berlin(2026, 3, 4, 18))
        whole = self.OFFICE.open_time_between(berlin(2026, 3, 3, 0), berlin(2026, 3, 5, 0))
        assert whole == hours(7 + 11)

    def test_before_the_first_version_its_hours_count(self) -> None:
        assert Schedule("New", (self.LONGER,)).is_open(berlin(2020, 3, 4, 18))

    def test_a_move_to_another_time_zone_leaves_no_hour_counted_twice(self) -> None:
        moved = Hours(NEW_YORK, ROUND_THE_CLOCK, since=date(2026, 3, 4))
        both = Schedule("Moved", (Hours(BERLIN, ROUND_THE_CLOCK), moved))
        span = both.open_time_between(berlin(2026, 3, 1, 0), berlin(2026, 3, 8, 0))
        assert span == timedelta(days=7)


class TestReadingHours:
    @pytest.mark.parametrize(
        "written", ["9-17", "", "09:00", "17:00-09:00", "09:00-25:00", "09:60-10:00", "9:00-9:00"]
    )
    def test_what_is_no_span_is_refused(self, written: str) -> None:
        with pytest.raises(ValueError, match=r"hours|Hours"):
            read_spans(written)

    def test_a_day_may_end_at_midnight(self) -> None:
        assert read_spans("00:00-24:00") == ((0, 1440),)


# ---------------------------------------------------------------------------------------------
# What must hold for any schedule, at any time, in zones whose clocks change.

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
).map(ZoneInfo)
MINUTES = st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True).map(sorted)


@st.composite
def versions(draw: st.DrawFn, since: date = date.min) -> Hours:
    def day() -> tuple[tuple[int, int], ...]:
        quarters = [one * 15 for one in draw(MINUTES)]
        return tuple(zip(quarters[::2], quarters[1::2], strict=False))

    holidays = st.frozensets(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=3)
    weekly = (*(day() for _ in range(6)), ((600, 660),))
    return Hours(draw(ZONES), weekly, draw(holidays), since)


SCHEDULES = st.tuples(versions(), versions(date(2025, 10, 26))).map(
    lambda pair: Schedule("Any", pair)
)
AROUND_A_CHANGE = st.sampled_from(
    [date(2024, 2, 29), date(2025, 10, 26), date(2025, 12, 31), date(2026, 3, 8), date(2026, 3, 29)]
)
MOMENTS = st.builds(
    lambda day, minutes: datetime.combine(day, time(), UTC) + timedelta(minutes=minutes),
    AROUND_A_CHANGE,
    st.integers(-3_000, 3_000),
)


@given(SCHEDULES, MOMENTS, MOMENTS, MOMENTS)
def test_spans_that_meet_add_up(
    schedule: Schedule, one: datetime, two: datetime, three: datetime
) -> None:
    a, b, c = sorted([one, two, three])
    parts = schedule.open_time_between(a, b) + schedule.open_time_between(b, c)
    assert parts == schedule.open_time_between(a, c) <= c - a


@given(SCHEDULES, MOMENTS)
def test_a_minute_counts_wholly_when_it_is_open_and_not_at_all_when_it_is_not(
    schedule: Schedule, at: datetime
) -> None:
    # Hours and the changes of the clocks lie on whole minutes.
    minute = timedelta(minutes=1)
    expected = minute if schedule.is_open(at) else timedelta(0)
    assert schedule.open_time_between(at, at + minute) == expected


@given(SCHEDULES, MOMENTS, st.integers(0, 20_000))
def test_added_time_is_the_first_moment_with_that_much_time_before_it(
    schedule: Schedule, start: datetime, minutes: int
) -> None:
    span = timedelta(minutes=minutes)
    end = schedule.add(start, span)
    assert schedule.open_time_between(start, end) == span
    if minutes:
        second = timedelta(seconds=1)
        assert schedule.open_time_between(start, end - second) == span - second


@given(SCHEDULES, MOMENTS)
def test_whether_it_is_open_is_what_the_local_clock_says_where_no_clock_changes(
    schedule: Schedule, at: datetime
) -> None:
    version = next(one for one in reversed(schedule.versions) if one.starts <= at)
    local = at.astimezone(version.zone)
    near = [(local + timedelta(days=n)).utcoffset() for n in (-1, 0, 1)]
    if len({*near}) > 1:
        return
    minute = local.hour * 60 + local.minute
    spans = () if local.date() in version.holidays else version.weekly[local.weekday()]
    assert schedule.is_open(at) is any(start <= minute < end for start, end in spans)
