"""What a change to the rules does to what is wrong with them: what is new, and what is gone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from routing.lint.findings import Finding, Kind


@dataclass(frozen=True, slots=True)
class Changes:
    """The findings of a changed playbook.

    ``found`` are all of them, each with whether it is new. ``gone`` are those of the playbook
    before that the change mends, with the places the rules had there.
    """

    found: tuple[tuple[Finding, bool], ...]
    gone: tuple[Finding, ...]


def compare(
    before: Sequence[Finding],
    after: Sequence[Finding],
    names_before: Sequence[str],
    names_after: Sequence[str],
) -> Changes:
    """Tell apart what the change brings, what was there already, and what it takes away.

    Rules are known by their names, which stand at their places: whoever renames one gives both
    lists the same name for it. Moving a rule makes no old finding a new one.
    """
    had = {_about(one, names_before) for one in before}
    has = {_about(one, names_after) for one in after}
    return Changes(
        found=tuple((one, _about(one, names_after) not in had) for one in after),
        gone=tuple(one for one in before if _about(one, names_before) not in has),
    )


def _about(finding: Finding, names: Sequence[str]) -> Hashable:
    """What makes it the same finding in another version, whatever the places are there."""
    rules = [names[place - 1] for place in finding.rules]
    match finding.kind:
        case Kind.DUPLICATE | Kind.LOOP:
            return finding.kind, frozenset(rules)
        case Kind.DEAD_PART | Kind.REFERENCE:
            return finding.kind, rules[0], finding.says
        case _:
            return finding.kind, tuple(rules[:1]), finding.segments[:1]
