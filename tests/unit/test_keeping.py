"""How long things are kept: the settings, and the hourly look."""

from __future__ import annotations

import pytest

from plugin.broker import EXPIRE, EXPIRE_EVERY, make_celery
from plugin.settings import BadSettings, Settings, read_settings


def test_tickets_are_kept_for_ever_and_done_bodies_for_thirty_days_unless_it_is_set() -> None:
    settings = read_settings({})
    assert (settings.keep_tickets_days, settings.keep_deliveries_days) == (0, 30)
    settings = read_settings(
        {"DESKROUTE_KEEP_TICKETS_DAYS": "730", "DESKROUTE_KEEP_DELIVERIES_DAYS": "0"}
    )
    assert (settings.keep_tickets_days, settings.keep_deliveries_days) == (730, 0)


@pytest.mark.parametrize("name", ["DESKROUTE_KEEP_TICKETS_DAYS", "DESKROUTE_KEEP_DELIVERIES_DAYS"])
def test_a_number_of_days_below_zero_is_refused(name: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} is -1; it must be 0 or more"):
        read_settings({name: "-1"})


def test_what_must_be_more_than_zero_still_must() -> None:
    with pytest.raises(BadSettings, match="DESKROUTE_TRIES is 0; it must be more than 0"):
        read_settings({"DESKROUTE_TRIES": "0"})


def test_the_beat_looks_every_hour_for_what_is_too_old() -> None:
    beat = make_celery(Settings()).conf.beat_schedule["expire"]
    assert (beat["task"], beat["schedule"]) == (EXPIRE, EXPIRE_EVERY)
