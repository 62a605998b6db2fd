"""How well each rule routes, measured over all decided tickets and kept for the pages.

It reads every decided ticket, so commands run it, in a process of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.ports import Clock, Refused
from plugin.records.work import Store, Work
from routing.errors import Invalid
from routing.lint.findings import Finding, Severity
from routing.playbook import Playbook
from routing.quality.measure import Life, Span, measure
from routing.quality.report import PeriodQuality, QualityReport
from routing.quality.routed import Routed
from routing.yaml_text import read_yaml

PERIODS = (30, 90, None)
"""The periods that are kept, in days; None is all times."""

MOST = 500_000
"""Tickets that are read at most, the newest: what is older tells little of today's rules."""

PAST_VERSIONS = 200
"""Playbook versions that are looked through for when a rule began to read as it does."""

MOST_TEXT = 3_000_000
"""Characters of playbooks that are read for it."""

_SAYS_NOTHING = frozenset({"owner", "note"})
"""Keys of a rule that change nothing in what it does."""

Findings = Callable[[Playbook], tuple[Finding, ...] | None]


@dataclass(frozen=True, slots=True)
class MeasureQuality:
    """Measures the rules of the live playbook; ``findings`` says what is wrong by their text."""

    store: Store
    clock: Clock
    findings: Findings

    def since(self, since: datetime | None) -> PeriodQuality:
        """The quality over the tickets opened since then, or over all. Raises Refused."""
        with self.store.look() as work:
            lives = self._lives(work, _live(work))
            routed = work.tickets.routed(since, MOST)
            since = _begin(since, routed)
            fired = work.decisions.fired_by_version(since)
        return measure(lives, routed, fired, Span(None, since), self.clock.now())

    def keep(self) -> QualityReport:
        """Measure all periods, and keep the report for the pages. Raises Refused."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = _live(work)
            lives = self._lives(work, playbook)
            every = work.tickets.routed(None, MOST)
            spans = [_span(days, now, every) for days in PERIODS]
            fired = [work.decisions.fired_by_version(span.since) for span in spans]
        report = QualityReport(
            made_at=now,
            playbook=playbook.version,
            periods=tuple(
                measure(lives, _opened(every, span.since), counts, span, now)
                for span, counts in zip(spans, fired, strict=True)
            ),
        )
        with self.store.work() as work:
            work.rule_reports.keep_quality(report)
            work.commit()
        return report

    def _lives(self, work: Work, playbook: Playbook) -> list[Life]:
        blocked = {
            one.rules[0]: one.says
            for one in self.findings(playbook) or ()
            if one.severity is Severity.BAD and one.rules
        }
        past = list(_past(work))
        return [
            Life(place, rule, *_reads_so(rule.name, past), blocked.get(place, ""))
            for place, rule in enumerate(playbook.rules, 1)
        ]


def _live(work: Work) -> Playbook:
    live = work.playbooks.live()
    if live is None:
        raise Refused("No playbook is published yet, so there are no rules to measure.")
    return live


def _span(days: int | None, now: datetime, every: Sequence[Routed]) -> Span:
    since = None if days is None else now - timedelta(days=days)
    return Span(days, _begin(since, every))


def _begin(since: datetime | None, newest_first: Sequence[Routed]) -> datetime | None:
    """Since when tickets are measured: where there are very many, not since ever."""
    if len(newest_first) < MOST:
        return since
    oldest = newest_first[-1].result.outcome.opened_at
    return oldest if since is None else max(since, oldest)


def _opened(every: Sequence[Routed], since: datetime | None) -> Iterator[Routed]:
    return (one for one in every if since is None or one.result.outcome.opened_at >= since)


@dataclass(frozen=True, slots=True)
class _Past:
    """What each rule of a version did, and whether it was on: as a text to be compared."""

    version: int
    at: datetime
    rules: Mapping[str, tuple[str, object]]


def _past(work: Work) -> Iterator[_Past]:
    """The versions, newest first, until one cannot be read any more or it gets too much."""
    left = MOST_TEXT
    for line in work.playbooks.versions()[:PAST_VERSIONS]:
        text = work.playbooks.text(line.version) or ""
        left -= len(text)
        if left < 0:
            return
        try:
            document: Any = read_yaml(text).value
        except Invalid:
            return
        rules = document.get("rules") or [] if isinstance(document, dict) else []
        said = {str(one.get("name")): _said(one) for one in rules if isinstance(one, dict)}
        yield _Past(line.version, line.at, said)


def _said(rule: Mapping[str, Any]) -> tuple[str, object]:
    left_out = {*_SAYS_NOTHING, "state"}
    does = {key: one for key, one in rule.items() if key not in left_out}
    return json.dumps(does, sort_keys=True, default=str), rule.get("state", "on")


def _reads_so(name: str, past: Sequence[_Past]) -> tuple[frozenset[int], datetime]:
    """In which versions a rule reads as in the newest, and since when it has done so, unbroken."""
    does, state = past[0].rules[name]
    versions = frozenset(one.version for one in past if one.rules.get(name, ("",))[0] == does)
    since = past[0].at
    for one in past:
        if one.rules.get(name) != (does, state):
            break
        since = one.at
    return versions, since
