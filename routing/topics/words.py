"""A message as words: what could tell who wrote it is no word, but a gap between words."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

SUBJECT = 200
"""Characters of a subject that are read."""

TEXT = 300
"""Characters of a message that are read: what it is about stands at its beginning."""

LONGEST = 40
"""Letters of a word; what is longer is a code, or a text without spaces."""

_REPLY = re.compile(r"(?:\s*(?:re|aw|wg|fw|fwd|antw|sv|rv|tr)\s*:)+", re.IGNORECASE)
"""What mail programs put before the subject of an answer."""

_TELLING = re.compile(r"[@\d/\\_]|^www\.", re.IGNORECASE)
"""Found in addresses, numbers of all kinds, links and paths."""

# Vowels and accents of other scripts are no letters by themselves.
_LETTER = (
    r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e])"
)
_WORD = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")

Run = list[str]
"""Words that stand side by side."""


def runs(text: str) -> list[Run]:
    """The words of a text as they are written, parted wherever something else stands between."""
    found: list[Run] = [[]]
    for line in normalize("NFKC", text).splitlines():
        for token in line.split():
            for word in _words(token):
                if word is None:
                    found.append([])
                else:
                    found[-1].append(word)
        found.append([])
    return [run for run in found if run]


# Most of what people write has been written before.
@lru_cache(maxsize=2**16)
def _words(token: str) -> tuple[str | None, ...]:
    """The words of what stands between two spaces, with None for each gap."""
    if _TELLING.search(token):
        return (None,)
    found: list[str | None] = []
    end = 0
    for word in _WORD.finditer(token):
        if word.start() > end:
            found.append(None)
        found.append(word.group() if word.end() - word.start() <= LONGEST else None)
        end = word.end()
    return (*found, None) if end < len(token) else tuple(found)


def subject_of(subject: str) -> str:
    """A subject, as far as it is read, without what mail programs put before it."""
    begun = subject[:SUBJECT]
    reply = _REPLY.match(begun)
    return begun[reply.end() :] if reply else begun


def headline(subject: str, text: str) -> str:
    """What a ticket is headed by: its subject, and where that says little, the beginning of it."""
    begun = subject_of(subject)
    says = sum(map(len, runs(begun)))
    return begun if says > 1 else f"{begun}\n{text[:SUBJECT]}"


def called(*said: str | None) -> frozenset[str]:
    """The words by which a person is called, in small letters, from their name and address."""
    return frozenset(
        word.casefold()
        for one in said
        if one
        for word in re.findall(rf"{_LETTER}+", normalize("NFKC", one[:SUBJECT]))
        if len(word) > 1
    )
