"""Ratings that desks asked for: the shapes they document, hostile ones, and the way to a ticket."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.desks.ratings import chatwoot_rating, zendesk_rating
from plugin.json_body import BadBody
from plugin.ports import DeskRating, Refused

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
Parser = Callable[[bytes], DeskRating | None]


def zendesk(**changed: Any) -> bytes:
    """A satisfaction rating as Zendesk's API has it, in the body of a trigger's webhook."""
    rating = {
        "id": 906171,
        "url": "https://halden.zendesk.example/api/v2/satisfaction_ratings/906171.json",
        "assignee_id": 11,
        "group_id": 12,
        "requester_id": 13,
        "ticket_id": 4711,
        "score": "good",
        "comment": "Quick.",
        "reason": None,
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:30:00Z",
    }
    return json.dumps({"satisfaction_rating": {**rating, **changed}}).encode()


def chatwoot(response: Any = None, **changed: Any) -> bytes:
    """The message with which Chatwoot asked, updated by the answer."""
    answer = {"rating": 4, "feedback_message": "Friendly."} if response is None else response
    message = {
        "event": "message_updated",
        "id": 8812,
        "content": "Please rate the conversation",
        "content_type": "input_csat",
        "content_attributes": {"submitted_values": {"csat_survey_response": answer}},
        "message_type": "template",
        "created_at": "2026-03-02T09:00:00.000Z",
        "private": False,
        "conversation": {"id": 311, "status": "resolved", "channel": "Channel::WebWidget"},
        "account": {"id": 1, "name": "Halden"},
    }
    return json.dumps({**message, **changed}).encode()


def test_zendesk_knows_good_and_bad_which_are_taken_as_5_and_1() -> None:
    assert zendesk_rating(zendesk()) == DeskRating("4711", "906171", 5, "Quick.", AT)
    bad = zendesk_rating(zendesk(score="bad", comment=None))
    assert bad == DeskRating("4711", "906171", 1, "", AT)


@pytest.mark.parametrize(
    ("score", "is_good"),
    [
        ("Good, I'm satisfied", True),
        ("good_with_comment", True),
        ("BAD", False),
        ("Bad, I'm unsatisfied", False),
    ],
)
def test_zendesk_s_words_for_people_are_understood(score: str, is_good: bool) -> None:
    rating = zendesk_rating(zendesk(score=score))
    assert rating is not None
    assert rating.score == (5 if is_good else 1)


def test_ids_that_a_placeholder_wrote_are_texts_and_the_rating_s_own_may_be_missing() -> None:
    body = {"satisfaction_rating": {"ticket_id": "4711", "score": "good"}}
    rating = zendesk_rating(json.dumps(body).encode())
    assert rating == DeskRating("4711", "current", 5, "", None)


@pytest.mark.parametrize("score", ["offered", "unoffered", "", None])
def test_an_offer_to_rate_is_no_rating(score: str | None) -> None:
    assert zendesk_rating(zendesk(score=score)) is None


def test_chatwoot_s_answer_is_a_rating_of_1_to_5() -> None:
    assert chatwoot_rating(chatwoot()) == DeskRating("311", "8812", 4, "Friendly.", None)
    without = chatwoot_rating(chatwoot({"rating": 1}))
    assert without == DeskRating("311", "8812", 1, "", None)


@pytest.mark.parametrize(
    "body",
    [
        chatwoot(event="message_created"),
        chatwoot(event="conversation_updated"),
        chatwoot(content_type="text"),
        chatwoot(content_attributes={}),
        chatwoot(content_attributes=None),
        chatwoot(content_attributes={"submitted_values": None}),
        chatwoot(content_attributes={"submitted_values": {}}),
    ],
)
def test_other_news_of_chatwoot_is_no_rating(body: bytes) -> None:
    assert chatwoot_rating(body) is None


@pytest.mark.parametrize(
    ("parse", "body"),
    [
        *(
            (chatwoot_rating, chatwoot({"rating": bad}))
            for bad in (0, 6, -1, 4.0, 4.5, "4", True, None, [5], 10**25)
        ),
        (chatwoot_rating, chatwoot([1])),
        (chatwoot_rating, chatwoot(content_attributes=[1])),
        (chatwoot_rating, chatwoot(content_attributes={"submitted_values": "5"})),
        *((chatwoot_rating, chatwoot(conversation={"id": bad})) for bad in (0, -3, "a", True, {})),
        (chatwoot_rating, chatwoot(conversation=None)),
        (chatwoot_rating, chatwoot(id=None)),
        *((zendesk_rating, zendesk(score=bad)) for bad in ("great", "5", "goodbye bad", "not bad")),
        *((zendesk_rating, zendesk(ticket_id=bad)) for bad in (None, "x", "../1", -1, 1.5, 10**25)),
        (zendesk_rating, b'{"satisfaction_rating": []}'),
        (zendesk_rating, b'{"ticket": {"id": 1}}'),
        (zendesk_rating, b"[]"),
        (chatwoot_rating, b'"message_updated"'),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_a_reason(parse: Parser, body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse(body)
    assert refused.value.reason.endswith(".")


@pytest.mark.parametrize("parse", [zendesk_rating, chatwoot_rating])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 10_000, b'{"a": NaN}', b'{"a":1,"a":2}']
)
def test_a_body_that_is_no_sound_json_is_refused(parse: Parser, body: bytes) -> None:
    with pytest.raises(BadBody):
        parse(body)


@pytest.mark.parametrize(
    "at", ["yesterday", "2026-03-02T09:30:00", "", None, 7, "9999-12-31T23:59:59-14:00", "2026"]
)
def test_a_time_that_is_none_is_left_to_the_delivery(at: Any) -> None:
    rating = zendesk_rating(zendesk(updated_at=at))
    assert rating is not None
    assert rating.at is None


def test_a_comment_of_any_length_is_cut() -> None:
    rating = chatwoot_rating(chatwoot({"rating": 5, "feedback_message": "x" * 100_000}))
    assert rating is not None
    assert len(rating.comment) == 4_000


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(value=PLAIN, parse=st.sampled_from([zendesk_rating, chatwoot_rating]), data=st.data())
def test_any_plain_value_anywhere_is_a_rating_none_or_a_reason(
    value: object, parse: Parser, data: st.DataObject
) -> None:
    whole = json.loads(zendesk() if parse is zendesk_rating else chatwoot())
    inner = whole
    for _ in range(data.draw(st.integers(0, 3))):
        maps = [key for key, one in inner.items() if isinstance(one, dict)]
        if not maps:
            break
        inner = inner[data.draw(st.sampled_from(maps))]
    inner[data.draw(st.sampled_from(sorted(inner)))] = value
    try:
        rating = parse(json.dumps(whole).encode())
    except (BadBody, Refused):
        return
    assert rating is None or (1 <= rating.score <= 5 and rating.ticket.isdigit())
    assert rating is None or rating.at is None or rating.at.utcoffset() == timedelta(0)
