"""The playbook, its versions, and drafts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routing.lint.findings import Finding as RuleFinding
from routing.playbook import Playbook
from routing.prove import Proof
from routing.segments.segment import Persona


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version of the playbook."""

    version: int
    note: str
    by: str
    at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words. ``when`` and ``then`` are sentences; ``fired`` counts 90 days.

    ``group`` is the heading of the rules that are tried together with it.
    """

    place: int
    name: str
    when: str
    then: tuple[str, ...]
    group: str
    state: str
    owner: str
    note: str
    fired: int


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment in words. ``tickets`` counts 90 days."""

    name: str
    model: str
    when: str
    owner: str
    goal: str
    persona: Persona
    tickets: int


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """One version of the playbook, as the lead's pages show it."""

    playbook: Playbook
    line: VersionLine
    rules: tuple[RuleLine, ...]
    segments: tuple[SegmentLine, ...]
    versions: tuple[VersionLine, ...]


class DraftState(StrEnum):
    """How a draft stands: its author works on it, asks for an approval, or got it back."""

    KEPT = "kept"
    ASKED = "asked"
    SENT_BACK = "sent back"


@dataclass(frozen=True, slots=True)
class ToPublish:
    """A playbook's text that somebody wants to be live.

    ``based_on`` is the version that was live when they began, 0 for none. ``renames`` maps
    segments to their new names, to which their notes follow. ``draft`` is the draft it comes from.
    ``forced`` is set by whoever runs a command on the machine and needs nobody's approval.
    """

    text: str
    note: str
    based_on: int
    renames: Mapping[str, str] = field(default_factory=dict)
    draft: int | None = None
    forced: bool = False


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list: by whom, when, and on which version. ``judge`` sent it back, and why."""

    id: int
    by: str
    at: datetime
    based_on: int
    note: str
    state: DraftState
    judge: str = ""
    reason: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class DraftView:
    """One draft as it would change what is ``live`` (None: nothing is yet).

    ``moved_on`` tells that another version is live than the one it is based on. ``words`` say what
    would change and ``lines`` show it in the text; ``problems`` say why it cannot be published,
    and then there are no words, findings and proofs. ``findings`` is None where there are too many
    rules to look through. ``may`` are the things that whoever looks may do with it, by the name of
    their button. ``seal`` stands for what they see.
    """

    line: DraftLine
    text: str
    seal: str
    live: VersionLine | None
    moved_on: bool
    demanded: bool
    words: tuple[str, ...]
    lines: tuple[str, ...]
    problems: tuple[str, ...]
    findings: tuple[RuleFinding, ...] | None
    proofs: tuple[Proof, ...]
    may: frozenset[str]
