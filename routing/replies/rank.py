"""The best replies for a ticket: by language, segment and the words they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest

from routing.conditions.values import join_or
from routing.languages import language_name
from routing.replies.reply import Reply

OFFERED = 3
"""How many replies an agent is shown."""


@dataclass(frozen=True, slots=True)
class Use:
    """How a reply has done so far: how often inserted, and in how many of those it was solved."""

    inserted: int = 0
    solved: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply for this ticket, with the reason in words."""

    reply: str
    because: str


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
    words = text.casefold()
    scored = [
        (score, reply, topics)
        for reply in replies
        if (language is None or reply.language == language)
        and (not reply.segments or segment in reply.segments)
        for topics in (_topics(reply, words),)
        if (score := _score(reply, topics, (uses or {}).get(reply.name, Use()))) > 0
    ]
    best = nlargest(OFFERED, scored, key=lambda one: one[0])
    return tuple(Suggestion(reply.name, _why(reply, topics, segment)) for _, reply, topics in best)


def _topics(reply: Reply, words: str) -> list[str]:
    return [topic for topic in reply.topics if topic.casefold() in words]


def _score(reply: Reply, topics: list[str], use: Use) -> float:
    # A longer phrase in common says more than a short word. What was solved with it breaks ties;
    # the two pseudo-counts keep one lucky use from winning.
    shared = sum(1 + len(topic) / 10 for topic in topics)
    meant = 1.0 if reply.segments else 0.0
    proven = (use.solved + 1) / (use.inserted + 2)
    return (shared + meant) * (1 + 0.2 * proven) if shared or meant else 0.0


def _why(reply: Reply, topics: list[str], segment: str | None) -> str:
    parts = []
    if topics:
        parts.append(f"Mentions {join_or(topics[:3], 'and')}")
    if reply.segments and segment:
        parts.append(f"{'written' if topics else 'Written'} for {segment}")
    parts.append(f"in {language_name(reply.language)}")
    return ", ".join(parts)
