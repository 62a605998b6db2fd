"""The topics of tickets: groups of those that say the same, and the desk's own tags.

A topic keeps its number and its name from one time to the next. Languages are kept apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.topics.corpus import CUSTOMERS, Corpus, Written
from routing.topics.group import LEAST, OTHER, group
from routing.topics.name import Subjects
from routing.topics.report import ENOUGH_TICKETS, Kind, Topic
from routing.topics.words import called

TYPICAL = 3
"""Tickets of a topic that are shown as typical."""

MOST_TAGS = 200
"""Tags that are taken for topics, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Found:
    """The topics, and for each of them the tickets it is in."""

    topics: tuple[Topic, ...]
    tickets: Mapping[int, Sequence[int]]


@dataclass(slots=True)
class Tickets:
    """Tickets as they come, language by language, and who uses which tag."""

    corpora: dict[str | None, Corpus] = field(default_factory=lambda: defaultdict(Corpus))
    tagged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    taggers: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))

    def add(self, one: Written, tags: Iterable[str]) -> None:
        """Take one in, with the tags that people of the desk gave it."""
        self.corpora[one.language].add(one)
        for tag in tags:
            self.tagged[tag].append(one.ticket)
            if len(self.taggers[tag]) < CUSTOMERS:
                self.taggers[tag].add(one.customer)


def find(tickets: Tickets, known: Mapping[int, Topic], first: int) -> Found:
    """The topics of tickets; those ``known`` from before stay, new ones are counted from ``first``.

    A topic of words without a name that is nobody's own is none; two of one name are one.
    """
    topics: list[Topic] = []
    members: dict[int, Sequence[int]] = {}
    # In the order of their names, so that the same tickets always get the same numbers.
    for language, corpus in sorted(tickets.corpora.items(), key=lambda one: one[0] or ""):
        if len(corpus) < ENOUGH_TICKETS:
            continue
        for topic, inside in _of_words(language, corpus, known, first):
            topics.append(topic)
            members[topic.id] = inside
            first = max(first, topic.id + 1)
    if sum(map(len, tickets.corpora.values())) < ENOUGH_TICKETS:
        return Found((), {})
    for topic, tagged in _of_tags(tickets, known, first):
        topics.append(topic)
        members[topic.id] = tagged
    return Found(tuple(topics), members)


def _of_words(
    language: str | None, corpus: Corpus, known: Mapping[int, Topic], first: int
) -> Iterator[tuple[Topic, Sequence[int]]]:
    before = [topic if _is_still(known.get(topic), language) else OTHER for topic in corpus.topics]
    groups = group(corpus.vectors(), before, first)
    names: dict[str, int] = {}
    found: dict[int, tuple[str, list[int]]] = {}
    numbers = np.unique(groups.labels[groups.labels != OTHER])
    for number in map(int, numbers):
        places = np.flatnonzero(groups.labels == number)
        typical_first = places[np.argsort(-groups.near[places], kind="stable")].tolist()
        earlier = known.get(number)
        name = Subjects(corpus, typical_first).name(earlier.name if earlier else None)
        if name is None:
            continue
        # Nobody could tell two topics of one name apart: the older one takes the other in.
        same = names.setdefault(name.casefold(), number)
        if same == number:
            found[number] = name, typical_first
        else:
            found[same][1].extend(typical_first)
    for number, (name, inside) in found.items():
        ids = [corpus.tickets[place] for place in inside]
        typical = tuple(ids[:TYPICAL])
        yield Topic(number, Kind.WORDS, name, language, len(ids), typical), ids


def _is_still(topic: Topic | None, language: str | None) -> bool:
    return topic is not None and topic.is_words and topic.language == language


def _of_tags(
    tickets: Tickets, known: Mapping[int, Topic], first: int
) -> Iterator[tuple[Topic, Sequence[int]]]:
    numbers = {one.name: one.id for one in known.values() if one.kind is Kind.TAG}
    used = {tag: ids for tag, ids in tickets.tagged.items() if _is_topic(tickets, tag, ids)}
    largest = sorted(used, key=lambda tag: (-len(used[tag]), tag))[:MOST_TAGS]
    for tag in largest:
        number = numbers.get(tag, first)
        first += number == first
        yield Topic(number, Kind.TAG, tag, None, len(used[tag]), ()), used[tag]


def _is_topic(tickets: Tickets, tag: str, ids: Sequence[int]) -> bool:
    """Whether enough customers have a tag, and it is not somebody's name or address."""
    words = called(tag)
    return (
        len(ids) >= LEAST
        and len(tickets.taggers[tag]) >= CUSTOMERS
        and "@" not in tag
        and not (
            words
            and all(any(one.is_name(word) for one in tickets.corpora.values()) for word in words)
        )
    )
