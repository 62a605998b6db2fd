"""Mails, rich and empty."""

from __future__ import annotations

from result_samples import NOW, kpis, nothing_measured, results_view

from plugin.views.mails import AlertLetter, DigestLetter, LetterFinding, MissedGoal
from plugin.views.segments import SegmentKpis
from routing.population.goal import Goal, Metric, Standing

CSAT = Goal(Metric.CSAT, "at least", 0.9)
STANDS = Standing(CSAT, 0.767, 0.62, 0.868, 43)


def digest_letter() -> DigestLetter:
    return DigestLetter(
        house="Halden Books",
        title="Your week, 14 to 20 November",
        total=kpis(3811, 0.876, 39),
        before=3669,
        changes=results_view().changes,
        segments=(
            SegmentKpis("Enterprise EMEA", kpis(400, 0.936, 17)),
            SegmentKpis("VIP by hand", kpis(19, 0.95, 8)),
            SegmentKpis("At-risk loyal", kpis(143, 0.767, 49)),
            SegmentKpis("Small shops in Germany, Austria and Switzerland", kpis(487, 0.909, 38)),
            SegmentKpis(None, nothing_measured()),
        ),
        picture="csat",
        missed=(MissedGoal("At-risk loyal", STANDS, NOW, "https://d.example/segments/At-risk"),),
        findings=(
            LetterFinding(
                "2 deliveries are parked",
                "Their tickets stay where they are until this is mended and replayed.",
                "https://d.example/deliveries",
                "Mend",
            ),
        ),
        overview="https://d.example/?days=7",
        why="Sent on Mondays at 8:00 to Ines Moreau because you asked for it.",
        stop="https://d.example/stop/abc",
    )


def bare_digest_letter() -> DigestLetter:
    return DigestLetter(
        house="",
        title="Your week, 14 to 20 November",
        total=nothing_measured(),
        before=None,
        changes={},
        segments=(),
        picture=None,
        missed=(),
        findings=(),
        overview="https://d.example/?days=7",
        why="Sent on Mondays at 8:00 to Ines Moreau because you asked for it.",
        stop="https://d.example/stop/abc",
    )


def alert_letter(*, missed: bool = True) -> AlertLetter:
    return AlertLetter(
        house="Halden Books",
        title=f"At-risk loyal {'misses its goal' if missed else 'meets its goal again'}",
        missed=missed,
        segment="At-risk loyal",
        standing=STANDS,
        days=28,
        link="https://d.example/segments/At-risk%20loyal",
        why="Sent to ines@halden.example because you own this segment.",
        stop="",
    )
