"""On which terms a customer source is believed: for what, how long, and within which time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

REMOTE_FRESH = timedelta(minutes=15)
"""How long the answer of a source that is asked over the network is not asked for again."""

REMOTE_KEPT = timedelta(days=7)
"""How long a remembered answer may serve while its source is silent."""

SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 0.1, 10.0
"""Bounds of what one source may be given, in seconds."""

LONGEST = timedelta(days=3_650)
"""No value stays fresh, and no answer is kept, for longer than this."""

MOST_PLACE = 1_000_000

_UNITS = {"": 1, "s": 1, "min": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|h|d)?")


class BadTerms(ValueError):
    """Terms that cannot be used; ``problems`` says what is wrong, by setting."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a source is used.

    For the fields of ``first_for`` it is believed before all others. A value is stale after
    ``fresh_for``; None means it does not age. A remembered answer serves for ``keep_for`` while
    the source is silent. ``timeout`` is in seconds.
    """

    first_for: frozenset[str] = frozenset()
    fresh_for: timedelta | None = None
    keep_for: timedelta = REMOTE_KEPT
    timeout: float = 1.5


def read_terms(settings: Mapping[str, str], *, remote: bool) -> Terms:
    """The terms in a source's settings; what is not set has a default. Raises BadTerms.

    ``remote`` is True for a source that is asked over the network.
    """
    problems: dict[str, str] = {}
    fresh = _span(settings, "fresh_for", REMOTE_FRESH if remote else None, problems)
    keep = _span(settings, "keep_for", REMOTE_KEPT, problems) or timedelta()
    timeout = _timeout(settings, problems)
    if fresh is not None and remote and "keep_for" not in problems:
        keep = max(keep, fresh)
    if problems:
        raise BadTerms(problems)
    return Terms(read_names(settings.get("first_for", "")), fresh, keep, timeout)


def read_names(text: str) -> frozenset[str]:
    """Names of fields written with commas, blanks or line ends between them."""
    return frozenset(name for name in re.split(r"[\s,;]+", text) if name)


def say_span(span: timedelta | None) -> str:
    """A span as people write it, and as it can be read again: ``15 min``, ``7 d``."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    for unit in ("d", "h", "min"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f} {unit}"
    return f"{seconds:g} s"


def _span(
    settings: Mapping[str, str], name: str, default: timedelta | None, problems: dict[str, str]
) -> timedelta | None:
    text = settings.get(name, "").strip()
    if not text:
        return default
    found = _SPAN.fullmatch(text)
    if found is None:
        problems[name] = f"“{text[:40]}” is not a time. Write it like 15 min, 2 h or 7 d."
        return default
    seconds = float(found[1]) * _UNITS[found[2] or ""]
    if seconds > LONGEST.total_seconds():
        problems[name] = f"{text} is too long; {LONGEST.days:,} d is the most."
        return default
    return timedelta(seconds=seconds)


def _timeout(settings: Mapping[str, str], problems: dict[str, str]) -> float:
    text = settings.get("timeout", "").strip().removesuffix("s").strip()
    if not text:
        return Terms().timeout
    if re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) is None or not (
        SHORTEST_TIMEOUT <= float(text) <= LONGEST_TIMEOUT
    ):
        problems["timeout"] = (
            f"“{text[:40]}” must be seconds from {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT:g}."
        )
        return Terms().timeout
    return float(text)
