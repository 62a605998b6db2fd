"""Ratings that desks ask for themselves, read from their webhooks.

* Zendesk tells of none by itself: a trigger's webhook sends a body that an admin writes. It has to
  hold the satisfaction rating as Zendesk's own API does, under ``satisfaction_rating``. There are
  two scores only: bad is taken as 1, good as 5.
* Chatwoot tells of the answer to its survey as a message that was updated: from 1 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from plugin.json_body import read_json
from plugin.ports import DeskRating, Refused

LONGEST_COMMENT = 4_000
"""Longest comment that is kept, in characters."""

_ID = re.compile(r"[1-9][0-9]{0,18}")
_ZENDESK = {"bad": 1, "good": 5}
_UNANSWERED = frozenset({"", "offered", "unoffered"})
_CHATWOOT = range(1, 6)

Json = Mapping[str, object]


def zendesk_rating(body: bytes) -> DeskRating | None:
    """The rating in the body of a trigger's webhook; None if nobody has rated.

    The score may be Zendesk's word (good, bad) or how it says it to people ("Good, I'm
    satisfied"). Raises BadBody, or Refused where the body is none.
    """
    told = _object(_read(body).get("satisfaction_rating"), "satisfaction_rating")
    score = _text(told.get("score")).strip().casefold()
    if score in _UNANSWERED:
        return None
    word = re.split(r"[\W_]", score, maxsplit=1)[0]
    if word not in _ZENDESK:
        raise Refused("satisfaction_rating.score is neither good nor bad.")
    return DeskRating(
        ticket=_id(told.get("ticket_id"), "satisfaction_rating.ticket_id"),
        key=_id(told["id"], "satisfaction_rating.id") if told.get("id") else "current",
        score=_ZENDESK[word],
        comment=_text(told.get("comment"))[:LONGEST_COMMENT],
        at=_moment(told.get("updated_at")),
    )


def chatwoot_rating(body: bytes) -> DeskRating | None:
    """The rating that an updated message tells of; None if it is any other news.

    Chatwoot does not say when it was given. Raises BadBody, or Refused where it makes no sense.
    """
    told = _read(body)
    if told.get("event") != "message_updated" or told.get("content_type") != "input_csat":
        return None
    attributes = _object(told.get("content_attributes") or {}, "content_attributes")
    where = "content_attributes.submitted_values"
    submitted = attributes.get("submitted_values")
    if not submitted:
        return None
    answer = _object(submitted, where).get("csat_survey_response")
    if not answer:
        return None
    where = f"{where}.csat_survey_response"
    said = _object(answer, where)
    rating = said.get("rating")
    if isinstance(rating, bool) or not isinstance(rating, int) or rating not in _CHATWOOT:
        raise Refused(f"{where}.rating is no whole number from 1 to 5.")
    conversation = _object(told.get("conversation"), "conversation")
    return DeskRating(
        ticket=_id(conversation.get("id"), "conversation.id"),
        key=_id(told.get("id"), "id"),
        score=rating,
        comment=_text(said.get("feedback_message"))[:LONGEST_COMMENT],
        at=None,
    )


PARSERS: Mapping[str, Callable[[bytes], DeskRating | None]] = MappingProxyType(
    {"zendesk": zendesk_rating, "chatwoot": chatwoot_rating}
)
"""How a rating is read, by the make of desk."""


def _read(body: bytes) -> Json:
    return _object(read_json(body), "the body")


def _object(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise Refused(f"{where[:1].upper()}{where[1:]} is missing, or is no object.")
    return value


def _id(value: object, where: str) -> str:
    said = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(said):
        raise Refused(f"{where} is missing, or is no number of a ticket or message.")
    return said


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    """When it was, in UTC; None where that is not said as one moment."""
    try:
        at = datetime.fromisoformat(_text(value))
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
