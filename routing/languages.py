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
    code, sure = _classifier()(text[:2000], among)
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
