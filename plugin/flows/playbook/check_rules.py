"""A look at a playbook's rules: what is wrong with them, each with a ticket that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice, starmap

from plugin.ports import Clock
from plugin.views.rules import DraftFindings, Found
from routing.conditions.tree import tests_of
from routing.lint.changes import compare
from routing.lint.findings import Finding, Kind, Severity
from routing.lint.lint import lint, lint_rules
from routing.playbook import Playbook
from routing.rules.occasions import Occasion
from routing.rules.rule import Rule

MOST_TESTS = 10_000
"""Tests in rules up to which a page looks; the command line looks through any number."""

MOST_WHILE_WRITING = 3_000
"""Tests in the rules for one occasion up to which a form looks at each pause in typing.

A thousand rules of three tests take a quarter of a second of the processor, and where all of them
go on less than one second (``make bench``, lint).
"""

_KEPT, _KEPT_OCCASIONS = 4, 8


@dataclass(frozen=True, slots=True)
class CheckRules:
    """Looks through playbooks, each published version once."""

    clock: Clock
    _kept: dict[int, tuple[Finding, ...]] = field(default_factory=dict)
    _kept_occasions: dict[tuple[int, Occasion], tuple[Finding, ...]] = field(default_factory=dict)

    def findings(self, playbook: Playbook) -> tuple[Finding, ...] | None:
        """What is wrong with its rules; None where they are too long for a page to look through."""
        if _longer(playbook.rules, MOST_TESTS):
            return None
        found = self._kept.get(playbook.version)
        if found is None:
            found = lint(playbook, self.clock.now())
            # Version 0 is whatever is being written; a published version never changes.
            if playbook.version:
                self._kept[playbook.version] = found
                for old in list(self._kept)[:-_KEPT]:
                    self._kept.pop(old, None)
        return found

    def draft(
        self, edited: Playbook, place: int, live: Playbook, was: str | None, most: int = MOST_TESTS
    ) -> DraftFindings:
        """What is wrong with a rule that is being written, and what it does to the others.

        The rule stands in ``edited`` at ``place``, from 0; ``was`` is its name in the live
        playbook, None for a new one. Only the rules for the same occasion are looked at, and for
        the one it was for before, as long as they have at most so many tests each.
        """
        rule = edited.rules[place]
        before = next((one for one in live.rules if one.name == was), rule)
        wanted = list(dict.fromkeys([_occasion(rule), _occasion(before)]))
        for one in wanted:
            if any(_longer(_rules_for(book.rules, one), most) for book in (edited, live)):
                return DraftFindings(unread=True)
        changes = compare(
            [found for one in wanted for found in self._for(live, one)],
            lint_rules(edited, self.clock.now(), wanted),
            [rule.name if one.name == was else one.name for one in live.rules],
            [one.name for one in edited.rules],
        )
        here = place + 1
        own = [(one, new) for one, new in changes.found if one.rules[:1] == (here,)]
        return DraftFindings(
            own=tuple(starmap(Found, own)),
            elsewhere=tuple(
                one
                for one, new in changes.found
                if new and one.rules[:1] != (here,) and (_matters(one) or here in one.rules)
            ),
            gone=tuple(one for one in changes.gone if _matters(one)),
        )

    def order(self, arranged: Playbook, live: Playbook) -> DraftFindings:
        """What is wrong with the rules in another order, and what the order mends."""
        now = self.findings(arranged)
        before = self.findings(live)
        if now is None or before is None:
            return DraftFindings(unread=True)
        names = ([one.name for one in book.rules] for book in (live, arranged))
        changes = compare(before, now, *names)
        return DraftFindings(
            own=tuple(starmap(Found, changes.found)),
            gone=tuple(one for one in changes.gone if _matters(one)),
        )

    def _for(self, live: Playbook, occasion: Occasion) -> tuple[Finding, ...]:
        key = (live.version, occasion)
        found = self._kept_occasions.get(key)
        if found is None:
            found = lint_rules(live, self.clock.now(), [occasion])
            self._kept_occasions[key] = found
            for old in list(self._kept_occasions)[:-_KEPT_OCCASIONS]:
                self._kept_occasions.pop(old, None)
        return found


def _occasion(rule: Rule) -> Occasion:
    return rule.on, rule.waits


def _rules_for(rules: Iterable[Rule], occasion: Occasion) -> Iterable[Rule]:
    return (one for one in rules if _occasion(one) == occasion)


def _longer(rules: Iterable[Rule], most: int) -> bool:
    """Whether they have more tests than that."""
    tests = chain.from_iterable(tests_of(rule.when) for rule in rules)
    return next(islice(tests, most, None), None) is not None


def _matters(finding: Finding) -> bool:
    """Whether somebody should act on it: a note is one only where tickets meet no rule at all."""
    return finding.severity is not Severity.NOTE or finding.kind is Kind.GAP
