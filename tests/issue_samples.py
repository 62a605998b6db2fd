"""Topics as they are found, with much and with nothing; and the flow that hands them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from result_samples import kpis

from plugin.pages.refusals import NotThere
from plugin.views.issues import IssueLine, IssuesAsked, IssuesView, LookState, TopicView
from plugin.views.results import ResultLine
from routing.topics.report import Among, Grown, Issue, IssueReport, Kind, Part, Reply, Topic

ALL = Among()
NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
SHOPS, ENTERPRISE = Among(Part.SEGMENT, "Small shops DE"), Among(Part.SEGMENT, "Enterprise EMEA")
NOBODYS, DESK = Among(Part.SEGMENT, None), Among(Part.DESK, "zendesk")
FEED = Topic(1, Kind.WORDS, "Bank feed stops after renewed consent", "en", 812, (7, 8, 9))
SSO = Topic(2, Kind.WORDS, "SSO certificate expired", "en", 203, (10,))
LAYOUT = Topic(3, Kind.WORDS, "Altes Rechnungslayout gewünscht", "de", 1_540, ())
WISH = Topic(4, Kind.TAG, "wish", None, 90, ())


def an_issue(topic: Topic, among: Among = ALL, **more: Any) -> Issue:
    """A topic that comes as often as before, and is answered by hand."""
    return Issue(
        topic=topic.id,
        among=among,
        weeks=(30, 28, 31, 29, 33, 30, 31, 38, 52, 68, 90, 108),
        grown=more.get("grown"),
        reply=more.get("reply"),
        by_hand=more.get("by_hand", 61),
    )


def issue_report() -> IssueReport:
    """Topics that grow, that are new, that do not grow, and of which there are too few."""
    new = replace(
        an_issue(SSO, ENTERPRISE, grown=Grown(40.0, 9.1, 301.0, beyond_season=False, grows=True)),
        weeks=(0,) * 8 + (10, 20, 30, 36),
        reply=Reply("SSO: renew the certificate", 34, 31),
        by_hand=0,
    )
    return IssueReport(
        made_at=NOW - timedelta(hours=3),
        until=NOW.replace(hour=0, minute=0, second=0),
        began=NOW - timedelta(days=112),
        tickets=98_000,
        every=180_000,
        other=24_500,
        judged=212,
        topics=(FEED, SSO, LAYOUT, WISH),
        issues=(
            an_issue(FEED, SHOPS, grown=Grown(2.4, 2.0, 3.0, beyond_season=True, grows=True)),
            new,
            an_issue(
                FEED,
                grown=Grown(1.4, 1.2, 1.7, beyond_season=False, grows=True),
                reply=Reply("Renew", 9, 5),
            ),
            an_issue(LAYOUT, grown=Grown(1.0, 0.8, 1.3, beyond_season=False, grows=False)),
            an_issue(LAYOUT, NOBODYS, by_hand=0),
            an_issue(WISH, DESK),
            an_issue(WISH),
        ),
        next_id=5,
    )


def issues_view() -> IssuesView:
    """The list with everything in it."""
    report = issue_report()
    topics = {one.id: one for one in report.topics}

    def lines(issues: tuple[Issue, ...]) -> tuple[IssueLine, ...]:
        return tuple(IssueLine(topics[one.topic], one) for one in issues)

    return IssuesView(
        asked=IssuesAsked(),
        now=NOW,
        state=LookState.DONE,
        report=report,
        growing=lines(report.growing()),
        every=lines(report.of(Among())),
    )


def bare_issues_view() -> IssuesView:
    """Before the first look."""
    return IssuesView(IssuesAsked(), NOW, LookState.NONE, None)


def topic_view() -> TopicView:
    """One topic with a ticket that says everything, and one that says as little as it can."""
    line = ResultLine(
        id=9,
        decision=7,
        connection="zendesk",
        ticket="58213",
        subject="Bank feed stops after renewed consent",
        segment="Small shops DE",
        queue="Billing",
        channel="mail",
        opened_at=NOW - timedelta(days=2),
        first_reply=timedelta(minutes=41),
        resolution=timedelta(hours=6),
        score=5,
        reopens=1,
        transfers=1,
        promises=(),
    )
    bare = replace(
        line, id=8, decision=None, subject="", segment=None, queue=None,
        first_reply=None, resolution=None, score=None,
    )  # fmt: skip
    report = issue_report()
    return TopicView(
        topic=FEED,
        among=SHOPS,
        report=report,
        now=NOW,
        issues=tuple(one for one in report.issues if one.topic == FEED.id),
        typical=("Bank feed stops after renewed consent", "Feed stopped"),
        kpis=kpis(812, 0.741, 55),
        every=kpis(),
        lines=(line, bare),
        more=True,
    )


class _Notes(Protocol):
    issues_now: IssuesView
    topic_now: TopicView | None
    asked: list[tuple[Any, ...]]


class FakeIssues:
    """Hands out what the fakes hold, and notes what was asked."""

    def __init__(self, fakes: _Notes) -> None:
        self.fakes = fakes

    def view(self, asked: IssuesAsked) -> IssuesView:
        self.fakes.asked.append(("issues", asked))
        return replace(self.fakes.issues_now, asked=asked)

    def __call__(self, topic: int, among: Among, before: int | None) -> TopicView:
        self.fakes.asked.append(("topic", topic, among, before))
        if self.fakes.topic_now is None:
            raise NotThere("There is no such topic.")
        return self.fakes.topic_now

    def look(self) -> None:
        self.fakes.asked.append(("look",))
