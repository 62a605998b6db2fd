"""What can be found wrong with a rule or segment, and the ticket that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.conditions.values import join_or
from routing.tickets import Facts


class Kind(StrEnum):
    """What is wrong."""

    NEVER = "never true"
    SHADOWED = "shadowed"
    DUPLICATE = "duplicate"
    DEAD_PART = "part never true"
    ALWAYS = "always true"
    OVERLAP = "overlap"
    GAP = "gap"
    REFERENCE = "leads nowhere"
    LOOP = "loop"


class Severity(StrEnum):
    """How much a finding matters: bad ones have a rule without effect."""

    BAD = "bad"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Witness:
    """A ticket that shows a finding.

    ``told`` is what matters of it, field and value in words; what is not in ``facts`` is unknown.
    ``shows`` says what becomes of it.
    """

    facts: Facts
    told: tuple[tuple[str, str], ...]
    shows: str

    @property
    def says(self) -> str:
        """The ticket and what becomes of it, as one or two sentences."""
        told = join_or([f"{field} {value}" for field, value in self.told], "and")
        return f"Witness: a ticket with {told or 'nothing known about it'}. {self.shows}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule, with a segment, or with the rules together.

    ``rules`` are the places, from 1, of the rules it speaks of; it stands at the first one.
    ``segments`` are the names of the segments it speaks of, where it is about segments.
    """

    kind: Kind
    severity: Severity
    says: str
    witness: Witness
    rules: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
