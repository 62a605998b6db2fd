"""What is wrong with the segments of the live playbook."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.flows.segments.measure_segments import DAYS, MeasureSegments, Past
from plugin.ports import Clock
from plugin.records.work import Store, Work
from routing.playbook import Playbook
from routing.population.criteria import Criterion, sort_by_criterion
from routing.population.findings import Finding
from routing.population.health import Evidence, findings
from routing.segments.history import history

TICKETS = 3_000
"""The latest decided tickets by which criteria are judged."""

PAST_VERSIONS = 40
"""Playbook versions that are looked at for when a definition changed."""

PAST_REPORTS = timedelta(days=45)
"""How far back reports are read: drift needs one of a month before."""

KEPT = timedelta(hours=1)
"""How long the tickets sorted by criterion are used again: reading them takes a second or two."""


SAME = timedelta(minutes=5)
"""How long findings are shown again while neither playbook, report nor reviews change."""

_Of = tuple[int, datetime | None, tuple[tuple[str, datetime], ...]]


@dataclass(frozen=True, slots=True)
class _Found:
    of: _Of
    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Sorted:
    playbook: Playbook
    at: datetime
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class CheckSegments:
    """The health of segments."""

    store: Store
    clock: Clock
    numbers: MeasureSegments
    _kept: list[_Sorted] = field(default_factory=list, compare=False, repr=False)
    _found: list[_Found] = field(default_factory=list, compare=False, repr=False)

    def __call__(self) -> tuple[Finding, ...]:
        """All findings on the live playbook, what matters most first; none where there is none."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
            if playbook is None:
                return ()
            past = work.segments.past(PAST_VERSIONS)
            evidence = _evidence(work, playbook, past, now)
        counted = self.numbers(playbook, past, now).period
        return self._look(replace(evidence, counted=counted))

    def findings(self, evidence: Evidence) -> tuple[Finding, ...]:
        """The findings on this evidence, to which the criteria of past decisions are added.

        For pages: the same for some minutes, since many segments take seconds to compare.
        """
        report = evidence.report
        of = (
            evidence.playbook.version,
            None if report is None else report.made_at,
            tuple(evidence.reviewed.items()),
        )
        known = next(iter(self._found), None)
        if known is None or known.of != of or evidence.now - known.at >= SAME:
            known = _Found(of, evidence.now, self._look(evidence))
            self._found[:] = [known]
        return known.findings

    def _look(self, evidence: Evidence) -> tuple[Finding, ...]:
        return findings(replace(evidence, criteria=self._criteria(evidence)))

    def _criteria(self, evidence: Evidence) -> tuple[Criterion, ...]:
        playbook, now = evidence.playbook, evidence.now
        known = next(iter(self._kept), None)
        if known is None or known.playbook is not playbook or now - known.at >= KEPT:
            with self.store.look() as work:
                decided = work.decisions.results(now - timedelta(days=DAYS), TICKETS)
                known = _Sorted(playbook, now, sort_by_criterion(playbook, decided, now))
            self._kept[:] = [known]
        return known.criteria


def _evidence(work: Work, playbook: Playbook, past: Past, now: datetime) -> Evidence:
    report = work.segments.latest()
    return Evidence(
        playbook=playbook,
        now=now,
        days=DAYS,
        report=report,
        history=[] if report is None else work.segments.history(report.made_at - PAST_REPORTS),
        reviewed=_reviewed(work, playbook, past),
    )


def _reviewed(work: Work, playbook: Playbook, past: Past) -> dict[str, datetime]:
    """When each definition was last looked at: found right, or changed."""
    at = {line.version: line.at for line in work.playbooks.versions()}
    reviews = work.segments.reviews()
    reviewed = {}
    for segment in playbook.segments:
        steps = history(segment.name, past)
        # Older than all that is looked at: the oldest version that still had it stands for it.
        changed = at[steps[0].version if steps else past[-1][0]]
        review = reviews.get(segment.name)
        reviewed[segment.name] = changed if review is None else max(changed, review.at)
    return reviewed
