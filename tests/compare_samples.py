"""Comparisons and goals as their pages show them, and a site that has nothing but these pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from segment_samples import goals as goals_of_a_segment

from plugin.views.panel import Frame
from plugin.views.people import Person, Role
from plugin.views.results import (
    Asked,
    ComparedGroup,
    ComparedKpi,
    Comparison,
    GoalLine,
    GoalsView,
    Mix,
    Mover,
    Pair,
    Turned,
)
from plugin.web.guard import check_routes
from plugin.web.site import Needs, build_site
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Difference, Kpis, Part, Score, Shift, Times
from routing.outcomes.question import Answer, Label
from routing.outcomes.statistics import share

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
LEAD = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)
HOSTILE = """<script>alert(1)</script>"'`{{7*7}}{% raw %}${7*7}<img src=x onerror=alert(1)>"""

ASKED = Asked(NOW - timedelta(days=90), NOW, 90)


def kpis(n: int, happy: int) -> Kpis:
    reply = Times(1080.0, 1020.0, 1140.0, 6000.0, n, 3)
    waits = Times(None, 900.0, None, None, n, n - 3)
    return Kpis(n, reply, waits, share(happy, n), None, share(n // 20, n), share(0, n), None)


def group(name: str, place: int, n: int = 400, *, named: bool = True) -> ComparedGroup:
    told = Score(31.2, 25.0, 37.1, n) if place != 2 else Score(-3.0, None, None, 1)
    label = name if named else None
    return ComparedGroup(label, name, place, replace(kpis(n, n * 9 // 10), nps=told))


def comparison(*groups: ComparedGroup, **more: Any) -> Comparison:
    answer = Answer(
        ASKED.question, kpis(900, 800), {one.label: one.kpis for one in groups}, (), NOW, 2
    )
    view = Comparison(
        asked=ASKED,
        groups=groups,
        others=(("Onsite service", "Onsite service"), (None, "Everyone else")),
        ignored=(),
        answer=answer,
        kpis=(
            ComparedKpi(
                "csat",
                (
                    (
                        "Compliance-bound is lower",
                        "than Enterprise EMEA by 9.9 points (6.3 to 13.8)",
                    ),
                    *(
                        (f"Group {place} is lower", "than another by 2.5 points")
                        for place in range(4)
                    ),
                ),
                "",
                ("Onsite service needs 16 more ratings, about 12 January.",),
            ),
            ComparedKpi("first_reply", (), "No difference shown.", ()),
            ComparedKpi("resolution", (), "", ()),
            ComparedKpi(
                "transferred",
                (),
                "No difference shown between A and B: −0.6 points (−1.3 to 0.1).",
                ("To show a difference of this size you would need n = 14,900 in each.",),
            ),
            ComparedKpi("reopened", (), "", ()),
            ComparedKpi("nps", (), "", ()),
        ),
        silent=("answered", "promised"),
        mix=a_mix(),
        turned=(a_reversal(),),
        pairs=(Pair("csat", "A", "B", Difference(0.1, 0.05, 0.15, 0.001), (400, 400), shown=True),)
        * 3,
        without_correction=4,
        labels=dict.fromkeys(Dimension, ("a", "b", None)),
        agents=True,
        eras=True,
        sample=False,
        most=6,
    )
    return replace(view, **more)


def a_mix(mix: float = 0.009, within: float = -0.003) -> Mix:
    def part(value: float, half: float) -> Part:
        return Part(value, value - half, value + half)

    shift = Shift(part(mix + within, 0.008), part(mix, 0.002), part(within, 0.008), (), 900, 950)
    return Mix("csat", Dimension.SEGMENT, shift, Mover("Small shops DE", 0.2, 0.24, mix))


def a_reversal() -> Turned:
    def of(hits: int, n: int) -> Any:
        return share(hits, n)

    return Turned(
        "csat",
        Dimension.CHANNEL,
        Dimension.SEGMENT,
        ("mail", None),
        ("mail", "Unknown channel"),
        (of(869, 1000), of(894, 1000)),
        (("Enterprise EMEA", of(90, 100), of(80, 100)), ("Small shops", of(99, 100), of(90, 100))),
        2,
    )


def bare_comparison() -> Comparison:
    return replace(
        comparison(),
        others=(),
        kpis=(),
        silent=(),
        mix=None,
        turned=(),
        pairs=(),
        without_correction=0,
        labels=dict.fromkeys(Dimension, ()),
        eras=False,
    )


def goals_view() -> GoalsView:
    lines = tuple(GoalLine("Enterprise EMEA", "Ines Moreau", one) for one in goals_of_a_segment())
    return GoalsView(NOW, 90, Clock.WORKING, (*lines, GoalLine("B", "", "be kind")), ("C",))


def bare_goals_view() -> GoalsView:
    return GoalsView(NOW, 90, Clock.WORKING, (), ())


class _Frames:
    def frame(self, person: Person) -> Frame:
        return Frame(person, "Halden Books", 41, parked=0, sample=False)


class _SignIn:
    def person(self, session_token: str) -> Person | None:
        return LEAD if session_token == "a token" else None


class FakeCompares:
    """The flow behind the comparison; remembers what it was asked."""

    def __init__(self, view: Comparison) -> None:
        self.view = view
        self.asked: list[tuple[Asked, Sequence[Label]]] = []

    def now(self) -> datetime:
        return NOW

    def compare(self, asked: Asked, chosen: Sequence[Label]) -> Comparison:
        self.asked.append((asked, tuple(chosen)))
        return self.view


class FakeGoals:
    """The flow behind the goals."""

    def __init__(self, view: GoalsView | None) -> None:
        self.view = view

    def goals(self) -> GoalsView | None:
        return self.view


def client(**flows: Any) -> FlaskClient:
    """A lead's browser on a site with these flows and no others."""
    app = Flask("plugin.web", static_folder=None)
    app.config.update(SECRET_KEY="not a secret", TESTING=True)
    needs: dict[str, Any] = dict.fromkeys((one.name for one in fields(Needs)), None)
    build_site(app, Needs(**{**needs, "frames": _Frames(), "sign_in": _SignIn(), **flows}))
    check_routes(app)
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["token"] = "a token"
    return browser
