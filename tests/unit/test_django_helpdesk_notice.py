from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.desks.django_helpdesk import DjangoHelpdesk, open_desk
from plugin.ports import Delivery, Notice, Refused

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Noon:
    def now(self) -> datetime:
        return NOON


DESK = DjangoHelpdesk("main", "http://127.0.0.1:9", "t0ken", "3", Noon())


def notice(body: bytes, desk: DjangoHelpdesk = DESK) -> Notice:
    return desk.notice(Delivery("main", body, {}, NOON))


def a_body(*, followup: object = None, **ticket: Any) -> bytes:
    body: dict[str, object] = {
        "ticket": {"id": 17, "followup_set": [], **ticket},
        "queue_slug": "billing",
    }
    if followup is not None:
        body["followup_id"] = followup
    return json.dumps(body).encode()


def test_a_new_ticket_is_opened_and_never_an_echo() -> None:
    body = a_body(followup_set=[{"id": 4, "user": 3}])
    told = notice(body)
    assert (told.kind, told.ticket, told.echo) == ("opened", "17", False)
    assert told.delivery_id.startswith("new:17:")


def test_a_followup_is_an_echo_only_if_our_own_user_wrote_it() -> None:
    entries = [{"id": 4, "user": 3}, {"id": 5, "user": 8}, {"id": 6, "user": None}]
    told = [notice(a_body(followup=n, followup_set=entries)) for n in (4, 5, 6, 7)]
    assert [one.echo for one in told] == [True, False, False, False]
    assert told[0].delivery_id.startswith("followup:17:4:")
    assert {one.kind for one in told} == {"followup"}


def test_without_knowing_our_user_nothing_is_an_echo() -> None:
    stranger = DjangoHelpdesk("main", "http://127.0.0.1:9", "t0ken", None, Noon())
    for user in (3, None):
        body = a_body(followup=4, followup_set=[{"id": 4, "user": user}])
        assert not notice(body, stranger).echo


def test_the_same_delivery_has_the_same_id_and_another_body_another() -> None:
    body, changed = a_body(followup=4), a_body(followup=4, title="Changed meanwhile")
    assert notice(body) == notice(body)
    assert notice(body).delivery_id != notice(changed).delivery_id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body is empty"),
        (b"null", "the body is not an object"),
        (b"[]", "the body is not an object"),
        (b"{}", "ticket is not an object"),
        (b'{"ticket": [17]}', "ticket is not an object"),
        (b'{"ticket": {}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": true}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": 1.0}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": "17"}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": 0}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": -4}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": 9223372036854775808}}', "ticket.id is not an id"),
        (b'{"ticket": {"id": %s}}' % (b"9" * 300), "300 digits"),
        (b'{"ticket": {"id": NaN}}', "NaN"),
        (b'{"ticket": {"id": 1e999}}', "too large"),
        (b'{"ticket": {"id": 17}, "ticket": {"id": 18}}', "twice"),
        (b'{"ticket": {"id": 17, "title": "\\u0000"}}', "NUL"),
        (b'{"ticket": {"id": 17, "title": "\\ud800"}}', "surrogate"),
        (b'{"ticket": {"id": 17, "title": "\xff"}}', "not UTF-8"),
        (b'{"ticket": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested too deeply"),
        (b'{"ticket": {"id": 17}', "not JSON"),
        (a_body(followup="4"), "followup_id is not an id"),
        (b'{"ticket": {"id": 17}, "followup_id": null}', "followup_id is not an id"),
        (b'{"ticket": {"id": 17}, "followup_id": 4}', "followup_set is not a list"),
        (a_body(followup=4, followup_set={"id": 4}), "followup_set is not a list"),
        (a_body(followup=4, followup_set=[4]), "an entry of ticket.followup_set"),
        (a_body(followup=4, followup_set=[{}] * 5_001), "absurdly long"),
    ],
)
def test_a_body_that_is_not_django_helpdesks_is_refused_with_its_reason(
    body: bytes, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        notice(body)


WORDS = st.sampled_from(["ticket", "id", "followup_id", "followup_set", "user", "queue_slug"])
JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(17),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner),
    max_leaves=20,
)


def told_or_reason(body: bytes) -> str:
    """The ticket's id, or why the body is refused; anything else that is raised gets through."""
    try:
        return notice(body).ticket
    except Refused as no:
        return no.reason


@given(JSONISH)
def test_any_json_is_read_or_refused_and_nothing_else(value: object) -> None:
    assert told_or_reason(json.dumps(value).encode())


@given(JSONISH, JSONISH)
def test_any_content_of_the_right_places_is_read_or_refused(ticket: object, number: object) -> None:
    assert told_or_reason(json.dumps({"ticket": ticket, "followup_id": number}).encode())


@given(st.binary())
def test_any_bytes_are_read_or_refused_and_nothing_else(body: bytes) -> None:
    assert told_or_reason(body)


def test_a_connection_is_opened_from_its_settings() -> None:
    desk = open_desk(
        "main", {"url": " https://desk.example/help/ ", "api_user": "3"}, {"token": "abc"}, Noon()
    )
    assert isinstance(desk, DjangoHelpdesk)
    assert (desk.url, desk.token, desk.api_user_id) == ("https://desk.example/help", "abc", "3")


def test_a_connection_may_do_without_naming_our_user() -> None:
    desk = open_desk("main", {"url": "http://desk.example"}, {"token": "abc"}, Noon())
    assert isinstance(desk, DjangoHelpdesk)
    assert desk.api_user_id is None


def test_all_problems_of_a_connection_are_named_at_once_and_no_secret() -> None:
    with pytest.raises(ValueError, match="main") as error:
        open_desk("main", {"url": "desk", "api_user": "us", "x": "1"}, {"token": "a b"}, Noon())
    said = str(error.value)
    assert all(f"{name}:" in said for name in ("url", "api_user", "token", "x"))
    assert "a b" not in said


@pytest.mark.parametrize(
    "url",
    [
        "",
        "desk.example",
        "ftp://desk.example",
        "https://",
        "https://user:pass@desk.example",
        "https://desk.example/?q=1",
        "https://desk.example/#top",
        "https://desk.example:99999",
        "https://desk.example:x",
        "https://[::1",
        "https://desk.exa mple",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url: "):
        open_desk("main", {"url": url}, {"token": "abc"}, Noon())
