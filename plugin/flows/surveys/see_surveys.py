"""What came of surveys: sent, answered and scored, per survey and segment; and what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from plugin.ports import Clock
from plugin.records.page import Page
from plugin.records.surveys import SurveyTally
from plugin.records.work import Store
from plugin.views.surveys import SurveyLine, SurveyResults, SurveysView
from routing.outcomes.statistics import share
from routing.playbook import Playbook
from routing.surveys.scored import scored
from routing.surveys.survey import Kind, Survey

COMMENTS = 20
"""Comments on a page."""


@dataclass(frozen=True, slots=True)
class SeeSurveys:
    """The results of surveys, as leads see them."""

    store: Store
    clock: Clock

    def results(self, days: int, before: int | None) -> SurveysView:
        """Surveys about tickets solved in so many days, and the comments before this id."""
        now = self.clock.now()
        since = now - timedelta(days=days)
        with self.store.look() as work:
            playbook = work.playbooks.live()
            tallies = work.survey_results.tallies(since)
            reasons = work.survey_results.reasons(since)
            comments = work.survey_results.comments(Page(before, COMMENTS + 1))
            sample = any(desk.sample for desk in work.connections.desks())
        shown = comments[:COMMENTS]
        return SurveysView(
            days=days,
            now=now,
            surveys=tuple(_results(playbook, tallies)),
            reasons=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
            comments=tuple(shown),
            older=shown[-1].id if len(comments) > COMMENTS else None,
            sample=sample,
        )


def _results(playbook: Playbook | None, tallies: Sequence[SurveyTally]) -> list[SurveyResults]:
    """Those of the playbook in its order, then what is not in it any more."""
    live = () if playbook is None else playbook.surveys
    order = [] if playbook is None else [segment.name for segment in playbook.segments]
    keys = [(one.name, one.kind) for one in live]
    keys += sorted({(one.name, one.kind) for one in tallies} - set(keys))
    known = {(one.name, one.kind): one for one in live}
    return [
        _one(
            *key,
            known.get(key),
            [one for one in tallies if (one.name, one.kind) == key],
            order,
        )
        for key in keys
    ]


def _one(
    name: str, kind: Kind, live: Survey | None, tallies: Sequence[SurveyTally], order: list[str]
) -> SurveyResults:
    def place(tally: SurveyTally) -> tuple[int, str]:
        if tally.segment is None:
            return len(order) + 1, ""
        return order.index(tally.segment) if tally.segment in order else len(order), tally.segment

    channel = live.channel.value if live is not None else next((t.channel for t in tallies), "")
    segments: dict[str | None, list[SurveyTally]] = {}
    for one in sorted(tallies, key=place):
        segments.setdefault(one.segment, []).append(one)
    return SurveyResults(
        name=name,
        kind=kind,
        channel=channel,
        asks="" if live is None else live.question("en"),
        live=live is not None,
        total=_line(kind, None, tallies),
        segments=tuple(_line(kind, segment, some) for segment, some in segments.items()),
    )


def _line(kind: Kind, segment: str | None, tallies: Sequence[SurveyTally]) -> SurveyLine:
    scores: Counter[int] = Counter()
    for one in tallies:
        scores.update(one.scores)
    sent, answered = sum(one.sent for one in tallies), scores.total()
    return SurveyLine(
        segment=segment,
        sent=sent,
        answered=answered,
        waiting=sum(one.waiting for one in tallies),
        not_asked=sum(one.not_asked for one in tallies),
        # A desk's own surveys are sent by it: we know only who answered.
        responded=share(min(answered, sent), sent),
        score=scored(kind, scores),
    )
