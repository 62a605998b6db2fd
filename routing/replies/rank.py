"""The best replies for a ticket: by language, segment and the words they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest
from typing import NamedTuple

from routing.conditions.values import join_or
from routing.languages import language_name
from routing.replies.reply import Reply
from routing.tickets import Use

OFFERED = 3
"""How many replies an agent is shown."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply for this ticket, with the reason in words."""

    reply: str
    because: str


class _Fitting(NamedTuple):
    """A reply that may be offered, with the topics it shares with the ticket, and its fit."""

    reply: Reply
    topics: list[str]
    fit: float


def best_replies(
    replies: Iterable[Reply],
    *,
    text: str,
    language: str | None,
    segment: str | None,
    uses: Mapping[str, Use] | None = None,
) -> tuple[Suggestion, ...]:
    """The best three replies, best first; fewer where fewer have anything to say.

    ``text`` is the ticket's subject and message. A reply in another language than the ticket's,
    or meant for other segments, is never offered. One that shares no topic word is offered only
    when it was written for this very segment.
    """
    used = uses or {}
    scored = [
        (fit * _proven(used.get(reply.name, Use())), reply, topics)
        for reply, topics, fit in _fitting(replies, text, language, segment)
    ]
    best = nlargest(OFFERED, scored, key=lambda one: one[0])
    return tuple(Suggestion(reply.name, _why(reply, topics, segment)) for _, reply, topics in best)


def suggested_first(
    suggested: Iterable[Suggestion], best: Iterable[Suggestion]
) -> tuple[Suggestion, ...]:
    """What rules suggest, before what fits; each reply once, and no more than are offered."""
    named: dict[str, Suggestion] = {}
    for one in (*suggested, *best):
        named.setdefault(one.reply, one)
    return tuple(named.values())[:OFFERED]


def uses_that_count(
    replies: Iterable[Reply],
    *,
    text: str,
    language: str | None,
    segment: str | None,
    uses: Mapping[str, Use],
) -> dict[str, Use]:
    """The part of ``uses`` that has a say in ``best_replies``: the same ones come of it alone."""
    fitting = _fitting(replies, text, language, segment)
    return {reply.name: uses[reply.name] for reply, _, _ in fitting if reply.name in uses}


def _fitting(
    replies: Iterable[Reply], text: str, language: str | None, segment: str | None
) -> Iterator[_Fitting]:
    words = text.casefold()
    for reply in replies:
        if (language is None or reply.language == language) and (
            not reply.segments or segment in reply.segments
        ):
            topics = _topics(reply, words)
            if topics or reply.segments:
                yield _Fitting(reply, topics, _fit(reply, topics))


def _topics(reply: Reply, words: str) -> list[str]:
    return [topic for topic in reply.topics if topic.casefold() in words]


def _fit(reply: Reply, topics: list[str]) -> float:
    # A longer phrase in common says more than a short word.
    return sum(1 + len(topic) / 10 for topic in topics) + (1.0 if reply.segments else 0.0)


def _proven(use: Use) -> float:
    # What was solved with it breaks ties; the two pseudo-counts keep one lucky use from winning.
    return 1 + 0.2 * (use.solved + 1) / (use.inserted + 2)


def _why(reply: Reply, topics: list[str], segment: str | None) -> str:
    parts = []
    if topics:
        parts.append(f"Mentions {join_or(topics[:3], 'and')}")
    if reply.segments and segment:
        parts.append(f"{'written' if topics else 'Written'} for {segment}")
    parts.append(f"in {language_name(reply.language)}")
    return ", ".join(parts)
