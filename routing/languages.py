"""Languages: recognised from a text, and called by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pkgutil import resolve_name

NAMES = {
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}

LEAST_LETTERS = 12
"""Fewer letters than this say nothing reliable about their language."""

LEAST_SURE = 0.7
"""Below this probability the language counts as unknown rather than guessed."""

BEGINNING = 120
"""Characters that are mostly enough; the time it takes grows with each of them."""

QUITE_SURE = 0.99
"""From this probability on the beginning is enough."""

MOST_READ = 2_000
"""Characters that are looked at where the beginning is not enough."""

_LETTERS = re.compile(r"[^\W\d_]")


def language_name(code: str) -> str:
    """The English name of a language by its ISO 639-1 code; the code itself where unknown."""
    return NAMES.get(code, code)


def recognise(text: str, among: tuple[str, ...]) -> str | None:
    """The language a text is written in, as an ISO 639-1 code out of ``among``.

    None where the text is too short to tell or the model is not sure enough.
    """
    if len(among) < 2 or len(_LETTERS.findall(text[:200])) < LEAST_LETTERS:
        return None
    classify = _classifier()
    code, sure = classify(text[:BEGINNING], among)
    if sure < QUITE_SURE:
        code, sure = classify(text[:MOST_READ], among)
    return code if sure >= LEAST_SURE else None


def make_ready() -> None:
    """Load what ``recognise`` needs now, so that processes forked later share it."""
    _classifier()


@cache
def _classifier() -> Callable[[str, tuple[str, ...]], tuple[str, float]]:
    # By its name, when the first text comes: the web recognises none, and numpy is 13 MB.
    classify: Callable[[str, tuple[str, ...]], tuple[str, float]]
    classify = resolve_name("routing.recognition:classify")
    return classify
