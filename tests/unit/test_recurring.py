"""Moments that come every week, also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.recurring import WEEK, latest, week_before, week_name

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
).map(ZoneInfo)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("weekday", "hour", "now", "found"),
    [
        (0, 8, "2026-03-02T07:00", "2026-03-02T07:00"),  # just now, 8:00 in winter
        (0, 8, "2026-03-02T06:59", "2026-02-23T07:00"),
        (0, 8, "2026-04-06T12:00", "2026-04-06T06:00"),  # 8:00 in summer
        (6, 2, "2026-03-29T12:00", "2026-03-29T01:00"),  # 2:00 is left out that day
        (6, 2, "2026-10-25T12:00", "2026-10-25T00:00"),  # 2:00 comes twice that day
        (6, 23, "2026-03-02T12:00", "2026-03-01T22:00"),
    ],
)
def test_the_last_moment_is_found_by_the_clock_on_the_wall(
    weekday: int, hour: int, now: str, found: str
) -> None:
    assert latest(weekday, hour, BERLIN, at(now)) == at(found)


@given(
    st.integers(0, 6),
    st.integers(0, 23),
    ZONES,
    st.datetimes(datetime(2020, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC)),  # ruff: ignore[call-datetime-without-tzinfo]
)
def test_it_is_never_ahead_and_never_more_than_a_week_ago(
    weekday: int, hour: int, zone: ZoneInfo, now: datetime
) -> None:
    found = latest(weekday, hour, zone, now)
    assert now - WEEK - timedelta(hours=2) < found <= now
    assert latest(weekday, hour, zone, found) == found
    since, until = week_before(found, zone)
    assert until <= found
    assert abs((until - since) - WEEK) <= timedelta(hours=1)


def test_a_week_has_seven_days_by_the_calendar_also_when_clocks_change() -> None:
    since, until = week_before(at("2026-03-30T06:00"), BERLIN)
    assert (since, until) == (at("2026-03-22T23:00"), at("2026-03-29T22:00"))


def test_a_week_has_the_name_of_its_thursday() -> None:
    assert week_name(at("2026-01-01T12:00"), UTC_ZONE) == "2026-W01"
    assert week_name(at("2027-01-03T12:00"), UTC_ZONE) == "2026-W53"
    assert week_name(at("2027-01-03T23:30"), BERLIN) == "2027-W01"
