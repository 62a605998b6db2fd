"""Who did what, and whether the record of it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.chain import Break


@dataclass(frozen=True, slots=True)
class ChainView:
    """What a walk along the audit log found: its lines, the hash of the last, and where it breaks.

    ``broken`` is None where it is whole.
    """

    lines: int
    head: str
    broken: Break | None

    def __str__(self) -> str:
        """The state of the chain in a sentence."""
        if self.broken is not None:
            return f"The chain is broken. {self.broken.why}"
        return f"The chain is whole: {self.lines:,} {'entry' if self.lines == 1 else 'entries'}."


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, and when."""

    id: int
    at: datetime
    by: str
    did: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the audit log, newest first.

    ``older`` is the id to page from. ``chain`` is None where the log is too long for a page to
    check; ``written`` is how many lines it has.
    """

    lines: tuple[AuditLine, ...]
    older: int | None
    chain: ChainView | None
    written: int
