from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.desks.transport import LONGEST_RETRY_AFTER, retry_after


def test_seconds_are_read() -> None:
    assert retry_after({"retry-after": "120"}) == pytest.approx(120)
    assert retry_after({"retry-after": " 0 "}) == pytest.approx(0)


def test_a_date_is_compared_with_the_answers_own_date() -> None:
    headers = {
        "date": "Mon, 02 Mar 2026 12:00:00 GMT",
        "retry-after": "Mon, 02 Mar 2026 12:01:30 GMT",
    }
    assert retry_after(headers) == pytest.approx(90)


def test_a_date_that_is_over_means_now() -> None:
    headers = {
        "date": "Mon, 02 Mar 2026 12:00:00 GMT",
        "retry-after": "Mon, 02 Mar 2026 11:00:00 GMT",
    }
    assert retry_after(headers) == pytest.approx(0)


def test_a_date_without_another_to_compare_it_with_says_nothing() -> None:
    assert retry_after({"retry-after": "Mon, 02 Mar 2026 12:01:30 GMT"}) is None


def test_nobody_can_make_us_wait_for_more_than_a_day() -> None:
    assert retry_after({"retry-after": "999999999"}) == LONGEST_RETRY_AFTER


def test_what_is_no_number_of_seconds_says_nothing() -> None:
    for asked in ("", "-5", "1.5", "nan", "inf", "soon", "١٢", "9" * 400):
        assert retry_after({"retry-after": asked}) is None


@given(st.text(), st.text())
def test_no_header_makes_it_fail(asked: str, date: str) -> None:
    waiting = retry_after({"retry-after": asked, "date": date})
    assert waiting is None or 0 <= waiting <= LONGEST_RETRY_AFTER
