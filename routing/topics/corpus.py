"""The tickets of one language in a form to be compared: which words each says, by number."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from routing.topics.words import TEXT, called, headline, runs, subject_of

FEWEST = 5
"""Tickets that must have a word in common before it says anything."""

CUSTOMERS = 3
"""Customers of whom they must be, so that no name of a topic is one customer's own words."""

_SUBJECT_COUNTS = 2
"""Times that a word of a subject counts as one of the text."""

_PIECE = 5
"""Letters of the pieces of a word: they tell that words are related, in any language."""

_ORDINARY = 10
"""Times as many tickets as its bearers' that an ordinary word is written in."""

Numbers = NDArray[np.int64]

Vectors: TypeAlias = Any
"""A sparse matrix of SciPy, which has no types: one row of length 1 for each ticket.

Its columns are words and pieces of words, by how much they tell.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What one ticket says, and who wrote it; ``topic`` is the one it had before.

    ``customer`` is their address, ``name`` their name.
    """

    ticket: int
    language: str | None
    customer: str | None
    name: str | None
    subject: str
    text: str
    topic: int | None = None


class Corpus:
    """Tickets of one language, added one after the other; of their texts only words are kept."""

    def __init__(self) -> None:
        self.tickets = array("q")
        self.topics = array("q")
        self.customers = array("q")
        self.headlines: list[str] = []
        self._who: dict[str | None, int] = {}
        self._ids: dict[str, int] = {}
        self._borne: Counter[str] = Counter()
        self._small = array("q")
        self._within = array("q")
        self._words = array("i")
        self._counts = array("f")
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self.tickets)

    def add(self, one: Written) -> None:
        """Take a ticket in."""
        self.tickets.append(one.ticket)
        self.topics.append(-1 if one.topic is None else one.topic)
        self.customers.append(self._who.setdefault(one.customer, len(self._who)))
        self.headlines.append(headline(one.subject, one.text))
        self._borne.update(called(one.name, (one.customer or "").partition("@")[0]))
        subject = _words(subject_of(one.subject))
        text = _words(one.text[:TEXT])
        every = [*text, *subject * _SUBJECT_COUNTS]
        counts = Counter([word.casefold() for word in every])
        small = counts.keys() & every
        for word, count in counts.items():
            number = self._ids.setdefault(word, len(self._ids))
            if number == len(self._within):
                self._within.append(0)
                self._small.append(0)
            self._within[number] += 1
            self._small[number] += word in small
            self._words.append(number)
            self._counts.append(count)
        self._ends.append(len(self._words))

    def tells(self, word: str) -> float:
        """How much a word in small letters tells: the logarithm of how rare it is, above 0."""
        number = self._ids.get(word)
        return 0.0 if number is None else float(np.log((len(self) + 1) / self._within[number]))

    def is_name(self, word: str) -> bool:
        """Whether a word in small letters is rather somebody's name than a word of the language.

        It is if a customer is called so, unless it is mostly written small, and much more often
        than its bearers write.
        """
        bearers = self._borne.get(word)
        number = self._ids.get(word)
        if not bearers or number is None:
            return bool(bearers)
        within = self._within[number]
        return 2 * self._small[number] < within or within < _ORDINARY * bearers

    def vectors(self) -> Vectors:
        """All tickets, weighted by TF-IDF with logarithmic frequencies (Salton & Buckley 1988)."""
        shape = len(self), len(self._ids)
        counts = sparse.csr_matrix(
            (np.asarray(self._counts), np.asarray(self._words), np.asarray(self._ends)), shape
        )
        every = sparse.hstack([counts, counts @ self._pieces()], format="csr", dtype=np.float32)
        within = np.bincount(every.indices, minlength=every.shape[1])
        telling = np.flatnonzero(within >= FEWEST)
        chosen = every[:, telling]
        # What all say still tells a little: else tickets that say only that would be like none.
        rarity = np.log((len(self) + 1) / within[telling]).astype(np.float32)
        chosen.data = (1 + np.log(chosen.data)) * rarity[chosen.indices]
        return unit(chosen)

    def _pieces(self) -> Vectors:
        """Which pieces each word has."""
        numbers: dict[str, int] = {}
        found, ends = array("i"), array("q", [0])
        for word in self._ids:
            marked = f"^{word}$"
            pieces = {marked[at : at + _PIECE] for at in range(len(marked) - _PIECE + 1)}
            found.extend(numbers.setdefault(piece, len(numbers)) for piece in sorted(pieces))
            ends.append(len(found))
        ones = np.ones(len(found), dtype=np.float32)
        shape = len(self._ids), len(numbers)
        return sparse.csr_matrix((ones, np.asarray(found), np.asarray(ends)), shape)


def unit(rows: Vectors) -> Vectors:
    """The same rows with length 1; those of nothing stay so."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float32)).ravel()
    lengths[lengths == 0] = 1
    return sparse.csr_matrix(sparse.diags_array(1 / lengths) @ rows, dtype=np.float32)


def _words(text: str) -> list[str]:
    return [word for run in runs(text) for word in run]
