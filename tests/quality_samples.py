"""Decided tickets whose rules do well and badly, measured; and the flow that hands it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from builders import a_playbook, a_rule

from plugin.flows.results.see_quality import drafts_of
from plugin.views.playbook import PlaybookView, VersionLine
from plugin.views.rules import QualityView
from routing.outcomes.figures import Share
from routing.outcomes.outcome import Outcome
from routing.outcomes.result import Result
from routing.outcomes.statistics import share
from routing.quality.learn import gain_of
from routing.quality.lessons import Judged, Lesson, Lessons, Proposal, Rehearsal
from routing.quality.measure import Life, Span, measure
from routing.quality.report import QualityReport
from routing.quality.routed import Routed
from routing.rules.rule import After, Rule, State

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = (
    a_rule("Night hours", queue="Billing"),
    a_rule("Enterprise EMEA to Enterprise desk", queue="Priority"),
    a_rule("Refunds", queue="Billing"),
    a_rule("Nobody ever", queue="Priority"),
    a_rule("Tag the web", tags=["web"], go_on=True),
    a_rule("Too late", queue="General"),
    a_rule("Rare", queue="General"),
    a_rule("Switched off", queue="General", off=True),
    replace(a_rule("Watching", queue="General"), state=State.SHADOW),
)


def a_result(
    hours: float | None = 8.0,
    *,
    reply: float | None = 1.0,
    transfers: int = 0,
    reopens: int = 0,
    score: int | None = None,
    opened_at: datetime = NOW - 10 * DAY,
) -> Result:
    """A ticket that was answered and solved after so many hours; None is not yet."""
    solved = None if hours is None else opened_at + timedelta(hours=hours)
    replied = None if reply is None else opened_at + timedelta(hours=reply)
    outcome = Outcome(
        opened_at=opened_at,
        first_reply_at=replied,
        first_solved_at=solved,
        solved_at=solved,
        public_replies=1,
        reopens=reopens,
        transfers=transfers,
    )
    return Result(outcome, surveyed=solved is not None, score=score)


def some_results(
    count: int,
    seed: int = 1,
    *,
    transferred: float = 0.05,
    reopened: float = 0.05,
    satisfied: float = 0.9,
    answered: float = 0.5,
    hours: float = 8.0,
) -> list[Result]:
    """Tickets with these shares and this mean time, at random but always the same ones."""
    rng = Random(seed)
    return [
        a_result(
            rng.expovariate(1 / hours),
            reply=rng.expovariate(8 / hours),
            transfers=int(rng.random() < transferred),
            reopens=int(rng.random() < reopened),
            score=(5 if rng.random() < satisfied else 2) if rng.random() < answered else None,
        )
        for _ in range(count)
    ]


def routed(
    rule: str | None, queue: str, results: Sequence[Result], playbook: int = 41
) -> list[Routed]:
    return [Routed(rule, queue, playbook, one) for one in results]


def lives(rules: Sequence[Rule] = RULES, version: int = 41) -> list[Life]:
    since = NOW - 41 * DAY
    return [Life(at, rule, frozenset({version}), since) for at, rule in enumerate(rules, 1)]


def _tickets() -> Iterator[Routed]:
    yield from routed("Night hours", "Billing", some_results(400, 1))
    yield from routed("Enterprise EMEA to Enterprise desk", "Priority", some_results(300, 2))
    yield from routed(
        "Refunds", "Billing", some_results(200, 3, transferred=0.4, satisfied=0.5, hours=30)
    )
    yield from routed("Refunds", "Billing", some_results(25, 4), playbook=40)
    yield from routed("Rare", "General", some_results(7, 5))
    yield from routed(None, "General", some_results(60, 6))


def quality_report() -> QualityReport:
    fired = {
        ("Night hours", 41): 400,
        ("Enterprise EMEA to Enterprise desk", 41): 300,
        ("Refunds", 41): 200,
        ("Tag the web", 41): 512,
        ("Too late", 41): 90,
        ("Rare", 41): 7,
    }
    spans = [Span(days, None if days is None else NOW - days * DAY) for days in (30, 90, None)]
    return QualityReport(
        NOW - timedelta(minutes=20),
        41,
        tuple(measure(lives(), _tickets(), fired, span, NOW) for span in spans),
    )


_REPORT = quality_report()


def judged(right: int = 50, wrong: int = 4, elsewhere: int = 2) -> Judged:
    precision = share(right, right + wrong + elsewhere)
    assert isinstance(precision, Share)
    return Judged(
        tickets=800,
        transfers=61,
        right=right,
        wrong=wrong,
        elsewhere=elsewhere,
        stayed=700,
        majority=700,
        precision=precision,
        gain=gain_of(right, wrong),
    )


def lessons() -> Lessons:
    refund = {"field": "ticket.subject", "contains": "refund"}
    proposal = Proposal(
        name="To Priority: subject contains refund",
        place=1,
        queue="Priority",
        tests=(refund,),
        words="subject contains refund",
        when={"all": [{"field": "segment", "is": "Enterprise"}, refund]},
        why="Of tickets sent to Billing, people moved 152 to Priority.",
        judged=judged(),
        after=After.GO_ON,
        rehearsal=Rehearsal(9_999, 180, 150, 9, (("Billing", "Priority", 180),)),
    )
    whole = replace(proposal, name="Refunds", place=3, tests=(), words="all its tickets")
    last = replace(proposal, place=9, when=refund, rehearsal=None)
    return Lessons(
        NOW - timedelta(minutes=20),
        41,
        9_999,
        (
            Lesson("Night hours", "Billing", "Priority", 2_000, 152, proposal),
            Lesson("Refunds", "Billing", "General", 225, 150, whole),
            Lesson(None, "General", "Priority", 500, 61, last),
            Lesson("Rare", "General", "Billing", 300, 24, nothing="Nothing found that tells."),
            Lesson(None, "General", "Billing", 300, 22, nothing="Nothing found that would hold."),
        ),
    )


def quality_view() -> QualityView:
    playbook = a_playbook(rules=RULES, version=41)
    line = VersionLine(41, "Refunds apart.", "Ines Moreau", NOW - 2 * DAY, live=True)
    taught = lessons()
    return QualityView(
        PlaybookView(playbook, line, (), (), (line,)), 90, NOW, _REPORT, taught, drafts_of(taught)
    )


class FakeQuality:
    """The flow behind the page; ``fakes`` is what ``page_samples`` has."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def view(self, days: int | None) -> QualityView | None:
        self.fakes.asked.append(("quality", days))
        view: QualityView | None = self.fakes.quality_now
        return view

    def count(self) -> None:
        self.fakes.asked.append(("measure",))
