"""Saved cases, and how they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.prove import Proof


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case as it stands in a form, by the name of each input; all of it is text.

    ``was`` is what it is called in the playbook, None for a new one. ``taken_from`` is the
    decision whose ticket it was made of.
    """

    based_on: int
    was: str | None
    values: Mapping[str, str]
    note: str = ""
    taken_from: int | None = None


@dataclass(frozen=True, slots=True)
class CaseEditor:
    """A case's form: the draft, what comes out of it, and what is wrong with it.

    ``proof`` is None where the draft cannot be read. ``problems`` are by input; ``elsewhere`` are
    about another part of the playbook. ``choices`` are the names that an input takes. ``fields``
    are those of customers: name and words.
    """

    draft: CaseDraft
    proof: Proof | None
    problems: Mapping[str, str]
    elsewhere: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    fields: tuple[tuple[str, str], ...]
