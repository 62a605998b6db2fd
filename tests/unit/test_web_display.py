"""How values are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin import amounts
from plugin.web import display
from routing.conditions.evaluate import Seen
from routing.outcomes.figures import Times
from routing.outcomes.statistics import share
from routing.tickets import Fact

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, "0 s"),
        (0.213, "0.21 s"),
        (9.99, "9.99 s"),
        (9.996, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (18 * 60, "18 min"),
        (59.7 * 60, "1 h"),
        (4 * 3600 + 5 * 60, "4 h 05"),
        (86400 - 20, "1 d"),
        (27 * 3600, "1 d 3 h"),
        (-90, "−2 min"),
        (1000 * 86400, "1,000 d"),
    ],
)
def test_a_duration_is_said_in_its_own_size(seconds: float, says: str) -> None:
    assert amounts.duration(seconds) == says
    assert amounts.duration(timedelta(seconds=seconds)) == says


def test_shares_have_one_decimal_and_a_space_that_does_not_break() -> None:
    assert amounts.percent(0.8804) == "88.0\u202f%"
    measured = share(289, 371)
    assert measured is not None
    assert display.share_range(measured) == "73.4 to 81.8"


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (2400.0, 2520.0, "40 to 42 min"),
        (22260.0, 23340.0, "6 h 11 to 6 h 29"),
        (900.0, None, "at least 15 min"),
        (None, None, "not bounded yet"),
    ],
)
def test_a_range_of_time_says_how_far_it_is_bounded(
    low: float | None, high: float | None, says: str
) -> None:
    assert display.time_range(Times(1.0, low, high, None, 50, 0)) == says


@pytest.mark.parametrize(
    ("ago", "says"),
    [(-5, "now"), (59, "now"), (360, "6 min ago"), (7300, "2 h ago"), (9 * 86400, "9 d ago")],
)
def test_an_age_counts_what_is_over(ago: float, says: str) -> None:
    assert display.age(NOW - timedelta(seconds=ago), NOW) == says


def test_times_are_said_in_utc_whatever_zone_they_come_in() -> None:
    east = NOW.astimezone(datetime.strptime("+0900", "%z").tzinfo)
    assert display.moment(east) == "Fri 20 Nov 2026, 11:22 UTC"
    assert display.stamp(east, NOW) == "11:22:04"
    assert display.stamp(NOW - timedelta(days=1), NOW) == "19 Nov 11:22:04"


def test_a_source_without_a_time_is_named_without_an_age() -> None:
    assert display.fact_age(Fact("x", "desk"), NOW) == "desk"
    assert not display.is_stale(None, NOW)
    assert display.is_stale(NOW - timedelta(days=4), NOW)


def test_a_seen_value_is_not_said_twice() -> None:
    assert (
        display.seen_value(Seen("plan is Business or Team", result=True, value="Business")) is None
    )
    assert (
        display.seen_value(Seen("employees is at least 500", result=True, value=1240.0)) == "1,240"
    )
    assert display.seen_value(Seen("employees is at least 500", None)) is None
    long = display.seen_value(Seen("text contains x", result=True, value="word " * 50))
    assert long is not None
    assert len(long) == 80


@pytest.mark.parametrize(
    ("value", "at"), [(0.7, 0.0), (1.0, 100.0), (0.85, 50.0), (0.2, 0.0), (9, 100.0)]
)
def test_a_plot_never_leaves_its_scale(value: float, at: float) -> None:
    assert display.place(value, 0.7, 1.0) == at


def test_scales_hold_every_interval_in_their_column() -> None:
    shares = [share(950, 1000), share(700, 1000), share(1, 2), None]
    low, high = display.share_scale(shares, from_zero=False)
    assert (low, high) == (0.6, 1.0)
    assert display.share_scale([share(50, 1000)], from_zero=True) == (0.0, 0.1)
    assert display.share_scale([], from_zero=True) == (0.0, 0.1)
    assert display.time_scale([Times(60, 50, None, 90, 40, 0), None]) == (0.0, 75.0)


@pytest.mark.parametrize(
    ("url", "follows"),
    [
        ("https://desk.example/1", True),
        ("HTTP://desk.example/1", True),
        ("javascript:alert(1)", False),
        (" https://x", False),
        ("data:text/html,x", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_followed(url: str | None, follows: bool) -> None:
    assert (display.web_address(url) == url) is follows or not url
    assert (display.web_address(url) is not None) is follows
