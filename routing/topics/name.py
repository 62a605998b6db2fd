"""A group of tickets called by a phrase that people wrote in their subjects.

Every word of it, and every two that stand side by side, are in the subjects of at least FEWEST
tickets of CUSTOMERS customers of the group: so it is nobody's own words, and stays true when one
of them is forgotten. Names of customers, addresses and numbers are in none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from routing.topics.corpus import CUSTOMERS, FEWEST, Corpus
from routing.topics.words import Run, runs

LONGEST = 8
"""Words of a name."""

_READ = 100
"""Tickets of a group, the most typical ones, in which a phrase is looked for."""

_COST = 0.15
"""What a word must tell to be worth its place, as a part of what the word tells that tells most."""

_AROUND = " .,;:!?"
"""What may stand around a whole subject."""

_PART = 0.8
"""What a part of a subject is worth beside a whole one."""

_ALONE = 0.3
"""What a single word is worth beside a phrase that tells as much."""

_SHORTEST = 4
"""Bytes of a word that can be a name by itself: “a” and “von” say nothing, “開票” does."""

_BETTER = 1.5
"""Times that another name has to be better than the one before, so that names stay."""

Phrase = tuple[str, ...]
"""Words that stand side by side, in small letters."""


@dataclass(slots=True)
class _Seen:
    tickets: int = 0
    customers: set[int] = field(default_factory=set)

    def add(self, customer: int) -> None:
        self.tickets += 1
        if len(self.customers) < CUSTOMERS:
            self.customers.add(customer)

    @property
    def is_nobodys(self) -> bool:
        """Whether enough people wrote it for it to be none's own."""
        return self.tickets >= FEWEST and len(self.customers) >= CUSTOMERS


class Subjects:
    """The subjects of one group, the most typical ticket first: ``members`` are places in it."""

    def __init__(self, corpus: Corpus, members: Sequence[int]) -> None:
        self._corpus = corpus
        self._seen: dict[Phrase, _Seen] = defaultdict(_Seen)
        self._size = len(members)
        self._typical: list[tuple[str, list[Run]]] = []
        for member in members:
            subject = corpus.headlines[member]
            said = [part for run in runs(subject) for part in self._split(run)]
            if len(self._typical) < _READ:
                self._typical.append((subject.strip(_AROUND), said))
            for one in {part for run in said for part in _parts(run)}:
                self._seen[one].add(corpus.customers[member])
        words = (one[0] for one in self._seen if len(one) == 1)
        self._cost = _COST * max(map(self._told, words), default=0.0)

    def name(self, before: str | None = None) -> str | None:
        """The phrase that tells most with the fewest words; None if nothing is said by enough.

        The name it had ``before`` stays unless another tells half as much again.
        """
        spelled: dict[Phrase, Counter[str]] = defaultdict(Counter)
        told: dict[Phrase, float] = {}
        worth: dict[Phrase, float] = {}
        for subject, said in self._typical:
            for words in (words for run in said for words in self._phrases(run)):
                phrase = _plain(words)
                if phrase not in told:
                    told[phrase] = self._worth(phrase)
                written = " ".join(words)
                here = told[phrase] * (1 if written == subject else self._roundness(phrase))
                worth[phrase] = max(worth.get(phrase, here), here)
                spelled[phrase][written] += 1
        best = max(worth, key=lambda one: (worth[one], spelled[one].total(), one), default=())
        if not best or worth[best] <= 0:
            return None
        kept = _plain((before or "").split())
        if kept in worth and worth[kept] * _BETTER >= worth[best]:
            return before
        written = max(spelled[best].items(), key=lambda one: (one[1], one[0]))[0]
        return written[:1].upper() + written[1:]

    def _split(self, run: Run) -> Iterator[Run]:
        """A run of words without names of people, parted where one stood."""
        part: Run = []
        for word in run:
            if self._corpus.is_name(word.casefold()):
                if part:
                    yield part
                part = []
            else:
                part.append(word)
        if part:
            yield part

    def _phrases(self, run: Run) -> Iterator[Run]:
        """Every phrase of a run that enough people wrote."""
        for first in range(len(run)):
            for last in range(first + 1, min(first + LONGEST, len(run)) + 1):
                words = run[first:last]
                if not self._is_nobodys(words[-2:]):
                    break
                yield words

    def _is_nobodys(self, words: Run) -> bool:
        return all(self._seen[one].is_nobodys for one in _parts(words))

    def _roundness(self, phrase: Phrase) -> float:
        """How well a part of a subject stands by itself, 0 to 1: “stopped at” does so badly."""
        tells = [self._corpus.tells(word) for word in phrase]
        mean = sum(tells) / len(tells)
        return _PART * min(1.0, tells[0] / mean, tells[-1] / mean) if mean else _PART

    def _worth(self, phrase: Phrase) -> float:
        if len(phrase) == 1 and len(phrase[0].encode()) < _SHORTEST:
            return 0.0
        told = sum(map(self._told, set(phrase))) - self._cost * len(phrase)
        return told * (_ALONE if len(phrase) == 1 else 1)

    def _told(self, word: str) -> float:
        """In how many of the tickets a word is, times how rare it is elsewhere."""
        return self._seen[word,].tickets / self._size * self._corpus.tells(word)


def _plain(run: Sequence[str]) -> Phrase:
    return tuple(word.casefold() for word in run)


def _parts(run: Sequence[str]) -> Iterator[Phrase]:
    """Each word, and each two that stand side by side."""
    words = _plain(run)
    yield from ((word,) for word in words)
    yield from pairwise(words)
