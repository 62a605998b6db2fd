"""Results as the flows would make them: a quarter of a desk, nothing, and the tickets behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import starmap

from plugin.views.deliveries import Tally
from plugin.views.results import (
    Asked,
    Change,
    Group,
    Having,
    ResultLine,
    ResultsView,
    ResultTickets,
)
from routing.outcomes.dimensions import Dimension
from routing.outcomes.figures import Difference, Kpis, Times
from routing.outcomes.medians import MediansApart
from routing.outcomes.promise import Kept
from routing.outcomes.question import Answer, Label, Moment
from routing.outcomes.statistics import share

NOW = datetime(2026, 11, 20, 10, 41, tzinfo=UTC)
DAY = timedelta(days=1)


def times(seconds: float, n: int) -> Times:
    return Times(seconds, seconds * 0.95, seconds * 1.05, seconds * 6, n, n // 30)


def kpis(n: int = 4118, happy: float = 0.931, minutes: float = 18) -> Kpis:
    answers = n // 4
    return Kpis(
        tickets=n,
        first_reply=times(minutes * 60, n),
        first_resolution=times(minutes * 550, n),
        resolution=times(minutes * 600, n),
        csat=share(round(answers * happy), answers),
        answered=share(answers, n),
        promised=share(n - n // 17, n),
        transferred=share(n // 20, n),
        reopened=share(n // 25, n),
        one_touch=share(n // 2, n),
        backlog=n // 30,
        gone=n // 900,
    )


def nothing_measured() -> Kpis:
    return Kpis(0, None, None, None, None, None, None, None)


def asked(**more: object) -> Asked:
    return replace(Asked(NOW - 90 * DAY, NOW, 90), **more)


def results_view(of: Asked | None = None) -> ResultsView:
    of = of or asked()
    waits = replace(kpis(40), first_reply=Times(None, 900.0, None, None, 40, 30))
    groups = {
        "VIP by hand": kpis(612, 0.958, 9),
        "Enterprise EMEA": kpis(4118, 0.931, 18),
        "At-risk loyal": kpis(1906, 0.779, 47),
        "Onsite service": waits,
        "New this week": kpis(17),
        "Small shops DE": replace(nothing_measured(), gone=2),
        None: kpis(20015, 0.866, 49),
    }
    total = kpis(48210, 0.88, 41)
    trend = tuple(
        Moment(
            NOW - weeks * 7 * DAY,
            share(880 - weeks, 1000),
            {
                label: None if one.csat is None else share(round(one.csat.value * 300) - weeks, 300)
                for label, one in groups.items()
            },
        )
        for weeks in reversed(range(13))
    )
    before = Answer(of.before, kpis(44000, 0.874, 44), groups, (), NOW, 0)
    return ResultsView(
        asked=of,
        answer=Answer(of.question, total, groups, trend, NOW - DAY / 48, 1),
        before=before,
        segments=("VIP by hand", "Enterprise EMEA", "At-risk loyal"),
        groups=tuple(starmap(_group, groups.items())),
        changes={
            "csat": Change(Difference(0.006, 0.001, 0.011, 0.02), None, shown=True),
            "first_reply": Change(
                Difference(1.07, 1.05, 1.1, 0.0001), MediansApart(-180, -240, -120), shown=True
            ),
            "resolution": Change(Difference(1.0, 0.98, 1.02, 0.9), None, shown=False),
        },
        labels={
            Dimension.SEGMENT: tuple(groups),
            Dimension.QUEUE: ("Billing", "Tier 2", None),
            Dimension.CHANNEL: ("mail", "chat"),
            Dimension.LANGUAGE: ("de", "en"),
            Dimension.DESK: ("zendesk",),
            Dimension.ERA: ("before Deskroute", "with Deskroute"),
        },
        playbooks=((40, NOW - 60 * DAY), (41, NOW - 14 * DAY)),
        deliveries=Tally(12904, 12871, 30, 3),
        agents=False,
        sample=True,
        began=NOW - 400 * DAY,
    )


def _group(label: Label, one: Kpis) -> Group:
    goals = {"csat": 0.85} if label == "At-risk loyal" else {}
    return Group(label, one, None, goals)


def bare_results_view(of: Asked | None = None) -> ResultsView:
    of = of or asked()
    answer = Answer(of.question, nothing_measured(), {}, (), None, 0)
    return ResultsView(
        asked=of,
        answer=answer,
        before=answer,
        segments=(),
        groups=(),
        changes={},
        labels=dict.fromkeys(Dimension, ()),
        playbooks=(),
        deliveries=Tally(0, 0, 0, 0),
        agents=False,
        sample=False,
        began=None,
    )


def result_tickets(of: Asked | None = None, having: Having = Having.ALL) -> ResultTickets:
    lines = (
        ResultLine(
            id=9,
            decision=7,
            connection="zendesk",
            ticket="58224",
            subject="Nobody can sign in since this morning",
            segment="Enterprise EMEA",
            queue="Tier 2",
            channel="mail",
            opened_at=NOW - DAY,
            first_reply=timedelta(minutes=9),
            resolution=None,
            score=None,
            reopens=1,
            transfers=2,
            promises=(Kept.MET, Kept.MISSED),
        ),
        ResultLine(
            id=8,
            decision=None,
            connection="history",
            ticket="1",
            subject="",
            segment=None,
            queue=None,
            channel=None,
            opened_at=NOW - 2 * DAY,
            first_reply=None,
            resolution=timedelta(days=1, hours=3),
            score=2,
            reopens=0,
            transfers=0,
            promises=(),
        ),
    )
    return ResultTickets(of or asked(), having, lines, more=True)
