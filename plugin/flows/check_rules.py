"""A look at a playbook's rules: what is wrong with them, each with a ticket that shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice

from plugin.ports import Clock
from routing.conditions.tree import tests_of
from routing.lint.findings import Finding
from routing.lint.lint import lint
from routing.playbook import Playbook

MOST_TESTS = 10_000
"""Tests in rules up to which a page looks; the command line looks through any number."""

_KEPT = 4


@dataclass(frozen=True, slots=True)
class CheckRules:
    """Looks through playbooks, each published version once."""

    clock: Clock
    _kept: dict[int, tuple[Finding, ...]] = field(default_factory=dict)

    def findings(self, playbook: Playbook) -> tuple[Finding, ...] | None:
        """What is wrong with its rules; None where they are too long for a page to look through."""
        tests = chain.from_iterable(tests_of(rule.when) for rule in playbook.rules)
        if next(islice(tests, MOST_TESTS, None), None) is not None:
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
