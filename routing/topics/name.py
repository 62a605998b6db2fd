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

_COST = 0.4
"""What a word must tell, in the share of tickets times how rare it is, to be worth its place."""

_WHOLE = 1.2
"""Times that a whole subject is better than a part of one."""

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
        self._typical: list[list[Run]] = []
        for member in members:
            said = [part for run in runs(corpus.headlines[member]) for part in self._split(run)]
            if len(self._typical) < _READ:
                self._typical.append(said)
            for one in {part for run in said for part in _parts(run)}:
                self._seen[one].add(corpus.customers[member])

    def name(self, before: str | None = None) -> str | None:
        """The phrase that tells most with the fewest words; None if nothing is said by enough.

        The name it had ``before`` stays unless another tells half as much again.
        """
        spelled: dict[Phrase, Counter[str]] = defaultdict(Counter)
        told: dict[Phrase, float] = {}
        worth: dict[Phrase, float] = {}
        for run in (run for said in self._typical for run in said):
            for words, whole in self._phrases(run):
                phrase = _plain(words)
                if phrase not in told:
                    told[phrase] = self._worth(phrase)
                here = told[phrase] * (_WHOLE if whole else 1)
                worth[phrase] = max(worth.get(phrase, here), here)
                spelled[phrase][" ".join(words)] += 1
        if not worth:
            return None
        best = max(worth, key=lambda one: (worth[one], spelled[one].total(), one))
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

    def _phrases(self, run: Run) -> Iterator[tuple[Run, bool]]:
        """Every phrase of a run that enough people wrote, and whether it is the whole run."""
        for first in range(len(run)):
            for last in range(first + 1, min(first + LONGEST, len(run)) + 1):
                words = run[first:last]
                if not self._is_nobodys(words[-2:]):
                    break
                yield words, len(words) == len(run)

    def _is_nobodys(self, words: Run) -> bool:
        return all(self._seen[one].is_nobodys for one in _parts(words))

    def _worth(self, phrase: Phrase) -> float:
        told = sum(
            self._seen[word,].tickets / self._size * self._corpus.tells(word)
            for word in set(phrase)
        )
        return told - _COST * len(phrase)


def _plain(run: Sequence[str]) -> Phrase:
    return tuple(word.casefold() for word in run)


def _parts(run: Sequence[str]) -> Iterator[Phrase]:
    """Each word, and each two that stand side by side."""
    words = _plain(run)
    yield from ((word,) for word in words)
    yield from pairwise(words)
