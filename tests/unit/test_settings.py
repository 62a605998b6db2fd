"""Settings from outside are read whole, or refused with every problem at the start."""

from __future__ import annotations

import pytest

from plugin.settings import BadSettings, read_settings

ORIGINS = "DESKROUTE_FRAME_ORIGINS"


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "acme.zendesk.com",
        "https://a.example/x",
        "https://a.example; script-src *",
        "https://user:word@a.example",
    ],
)
def test_what_is_no_origin_is_refused_by_its_place_and_never_repeated(origin: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({ORIGINS: f"https://*.zendesk.com, {origin}", "DESKROUTE_TRIES": "0"})
    about = [problem for problem in refused.value.problems if ORIGINS in problem]
    told = f"Value 2 of {ORIGINS} is not an origin. Write it as https://desk.example, with nothing"
    assert about == [f"{told} after it."]
    assert len(refused.value.problems) == 2


def test_origins_are_taken_in_their_order() -> None:
    settings = read_settings({ORIGINS: "https://acme.zendesk.com, http://desk.local:8100"})
    assert settings.frame_origins == ("https://acme.zendesk.com", "http://desk.local:8100")
