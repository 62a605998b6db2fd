"""What can be wrong with segments, as values that pages show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OVERLAPPING = 0.8
"""Two segments are nearly the same if more of the larger one than this is in the other, too."""


class Kind(StrEnum):
    """What can be wrong with a segment."""

    TOO_LITTLE_DATA = "too little data"
    STALE_DATA = "stale data"
    DISPUTED_DATA = "sources disagree"
    TOO_SMALL = "too small to measure"
    TOO_MANY = "too many segments"
    OVERLAP = "overlap"
    ALIKE = "cannot be told apart"
    NO_EFFECT = "criterion without effect"
    NOT_REVIEWED = "not reviewed"
    DRIFT = "drift"
    RESTLESS = "restless"
    UNUSED = "not used"
    EVERYONE = "everyone"
    NO_ONE = "no one"
    NEVER_FIRST = "never first"


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a segment; ``segment`` is None where it is about all of them.

    ``says`` is what is found, ``numbers`` are the figures behind it, and ``advice`` is what to do;
    each is one or more sentences.
    """

    segment: str | None
    kind: Kind
    severity: Severity
    says: str
    numbers: str
    advice: str
