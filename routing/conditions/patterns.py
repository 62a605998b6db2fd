"""Regular expressions that cannot be made slow: RE2 takes time linear in the text."""

from __future__ import annotations

from collections.abc import Callable

import re2

MAX_PATTERN = 500
"""Longest pattern that is read, in characters."""

LOOKED_AT = 20_000
"""Characters of a text in which a pattern is looked for: with them the worst takes tenths of a
second, and the usual a few microseconds."""

_MAX_MEMORY = 2 << 20


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """The test whether a text in normal form holds the pattern, without regard to case.

    The syntax is RE2's. Raises ValueError with a sentence for people where it cannot be read.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"The pattern is longer than {MAX_PATTERN} characters. Shorten it.")
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        search = re2.compile(_folded(pattern).encode(), options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(f"The pattern cannot be read: {_reason(error)}.") from None
    # Half a surrogate pair, as strangers send it, has no UTF-8.
    return lambda text: search(text[:LOOKED_AT].encode("utf-8", "replace")) is not None


def _folded(pattern: str) -> str:
    # Texts in normal form hold "ss" where "ß" was written. ASCII is left: \D is not \d.
    return "".join(one if one.isascii() else one.casefold() for one in pattern)


def _reason(error: Exception) -> str:
    told = error.args[0] if isinstance(error, re2.error) and error.args else "it is no text"
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
