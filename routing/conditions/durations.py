"""A span of time as people write and read it: 30 min, 12 h, 90 d; 2 h ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

PATTERN = r"([1-9][0-9]{0,4}) *(min|h|d)"
"""What a span looks like, as a regular expression without anchors."""

_UNITS = {
    "d": ("day", timedelta(days=1)),
    "h": ("hour", timedelta(hours=1)),
    "min": ("minute", timedelta(minutes=1)),
}
_WRITTEN = re.compile(PATTERN)


def read_duration(raw: object) -> timedelta:
    """A span from its written form. Raises ValueError with a sentence for people."""
    match = _WRITTEN.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise ValueError("Write a time like 30 min, 12 h or 90 d.")
    return int(match[1]) * _UNITS[match[2]][1]


def write_duration(span: timedelta) -> str:
    """A span in the written form that ``read_duration`` reads, for example "36 h"."""
    sign, unit = next(
        (sign, unit) for sign, (_, unit) in _UNITS.items() if span % unit == timedelta(0)
    )
    return f"{span // unit} {sign}"


def say_duration(span: timedelta) -> str:
    """A span in words, in the largest unit that fits it exactly, for example "36 hours"."""
    name, unit = next(one for one in _UNITS.values() if span % one[1] == timedelta(0))
    count = span // unit
    return f"{count} {name}" if count == 1 else f"{count:,} {name}s"


def ago(at: datetime, now: datetime) -> str:
    """How long ago something was: ``now``, ``6 min ago``, ``2 h ago``, ``9 d ago``."""
    if now - at < timedelta(minutes=1):
        return "now"
    for name, unit, most in (("min", "minutes", 60), ("h", "hours", 24)):
        count = (now - at) // timedelta(**{unit: 1})
        if count < most:
            return f"{count} {name} ago"
    return f"{(now - at).days:,} d ago"
