"""The kinds of value a field can have, and how each is read, compared and said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from routing.tickets import Value

MAX_TEXT = 100_000
"""Longest text a value may be, in characters; a first message is cut there."""


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes or no"
    DATE = "date"
    MOMENT = "moment"
    WORDS = "words"


_YES = frozenset({"yes", "true", "1", "y", "ja", "oui", "si", "sí"})
_NO = frozenset({"no", "false", "0", "n", "nein", "non"})
_UNKNOWN = frozenset({"", "?", "n/a", "null", "none", "nan", "unknown", "-"})


def read_value(kind: Kind, raw: object) -> Value | None:
    """Read something a source or a person gave as a value of ``kind``.

    None and the usual ways to write "nothing" (an empty cell, ``?``, ``n/a``) are unknown and
    give None. Words may be a list or text joined by ``|``, ``;`` or ``,``.
    Raises ValueError, with a sentence for people, when it cannot be read.
    """
    if raw is None or (isinstance(raw, str) and _is_unknown(kind, raw.strip().casefold())):
        return None
    return _READERS[kind](raw)


def _is_unknown(kind: Kind, word: str) -> bool:
    # As a text, NA is Namibia; as a number or a date it can only be "not available".
    return word in _UNKNOWN or (word == "na" and kind not in {Kind.TEXT, Kind.WORDS})


def _text(raw: object) -> str:
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    if isinstance(raw, str | int | float | bool):
        return str(raw).strip()[:MAX_TEXT]
    raise ValueError(f"{_shown(raw)} is not a text.")


def _number(raw: object) -> float:
    if isinstance(raw, bool):
        raise ValueError(f"{_shown(raw)} is not a number.")
    if isinstance(raw, str):
        raw = raw.strip().replace("\u00a0", "").replace(" ", "").replace("_", "")
    if isinstance(raw, str | int | float):
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            number = float("nan")
        if abs(number) < float("inf"):
            return number
    raise ValueError(f"{_shown(raw)} is not a number. Write it like 1234.5.")


def _yes_no(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"{_shown(raw)} is neither yes nor no.")


def _date(raw: object) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, str):
        try:
            return datetime.fromisoformat(raw.strip()).date()
        except ValueError:
            pass
    raise ValueError(f"{_shown(raw)} is not a date. Write it like 2026-03-31.")


def _moment(raw: object) -> datetime:
    with suppress(ValueError, OverflowError):
        read = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else raw
        if isinstance(read, date) and not isinstance(read, datetime):
            read = datetime.combine(read, time())
        if isinstance(read, datetime):
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    raise ValueError(f"{_shown(raw)} is not a moment. Write it like 2026-03-31 14:30, in UTC.")


def _words(raw: object) -> frozenset[str]:
    if isinstance(raw, str):
        mark = next((mark for mark in "|;," if mark in raw), "|")
        raw = raw.split(mark)
    if isinstance(raw, list | tuple | set | frozenset) and all(isinstance(w, str) for w in raw):
        return frozenset(word.strip() for word in raw if word.strip())
    raise ValueError(f"{_shown(raw)} is not a list of words.")


_READERS: dict[Kind, Callable[[object], Value]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.YES_NO: _yes_no,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.WORDS: _words,
}


HELD_AS: dict[Kind, type] = {
    Kind.TEXT: str,
    Kind.NUMBER: float,
    Kind.YES_NO: bool,
    Kind.DATE: date,
    Kind.MOMENT: datetime,
    Kind.WORDS: frozenset,
}
"""How each kind is held, exactly: a datetime is a date to isinstance, yet compares with none."""


def as_kind(kind: Kind, value: Value) -> Value | None:
    """A value as one of ``kind``; None, unknown, where it cannot be one."""
    if type(value) is HELD_AS[kind]:
        return value
    try:
        return read_value(kind, value)
    except ValueError:
        return None


def to_plain(value: Value | None) -> object:
    """A value as JSON. Dates, moments and words are marked, since JSON has none of them."""
    if isinstance(value, frozenset):
        return {"words": sorted(value)}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return value


def from_plain(raw: Any) -> Value | None:
    """A value from JSON, as ``to_plain`` wrote it."""
    if isinstance(raw, dict):
        if "words" in raw:
            return frozenset(raw["words"])
        if "moment" in raw:
            return _moment(raw["moment"])
        return date.fromisoformat(raw["date"])
    if isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    value: Value | None = raw
    return value


def _shown(raw: object) -> str:
    words = str(raw)
    return f"“{words if len(words) <= 40 else words[:39] + '…'}”"


def normal(value: Value) -> Value:
    """The form in which values are compared: text without case or outer blanks."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, frozenset):
        return frozenset(word.strip().casefold() for word in value)
    return value


def say(value: Value | None) -> str:
    """A value as a person reads it; an unknown one is said to be unknown."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.0f}" if value.is_integer() else f"{value:,}"
        case frozenset():
            return join_or(sorted(value), "and") if value else "nothing"
        case datetime():
            return f"{value.day} {value:%b %Y %H:%M} UTC"
        case date():
            return f"{value.day} {value:%b %Y}"
        case _:
            return str(value)


def join_or(words: list[str], last: str = "or") -> str:
    """``["a", "b", "c"]`` as ``a, b or c``."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)
