"""Issues: topics that recur and that grow, and the tickets behind each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.refusals import NotThere
from plugin.pages.results import IssuePages, TopicPages
from plugin.tables.issues import table_of
from plugin.views.issues import IssuesAsked, IssuesView
from plugin.views.people import Role
from plugin.web.downloads import Form, download
from plugin.web.guard import allow
from routing.outcomes.definitions import KPIS
from routing.topics.report import ENOUGH_TICKETS, Among, Part
from routing.topics.weeks import SHOWN, WEEKS

LISTED = 50
"""Topics that are listed, if not all are asked for."""

ON_OVERVIEW = 4
"""Growing topics that the overview shows."""


@dataclass(frozen=True, slots=True)
class CountSpark:
    """Counts as a line of 96 by 24, from 0 up: its path, and the place of the last point."""

    path: str
    last: tuple[float, float]


def issues_blueprint(issues: IssuePages, see_topic: TopicPages) -> Blueprint:
    """The list, one topic with its tickets, and the button that has them looked for anew."""
    blueprint = Blueprint("issues", __name__)

    def growing() -> IssuesView:
        """What the overview says of them; read once for a page."""
        if "issues" not in g:
            g.issues = issues.view(IssuesAsked())
        view: IssuesView = g.issues
        return view

    blueprint.record(
        lambda state: state.app.jinja_env.globals.update(
            growing_issues=growing, count_spark=count_spark, among_word=among_word
        )
    )

    @blueprint.get("/issues")
    @allow(Role.LEAD)
    def page() -> str:
        asked = _asked(request.args)
        return render_template(
            "results/issues.html",
            view=issues.view(asked),
            asked=asked,
            every="all" in request.args,
            most=LISTED,
            enough_tickets=ENOUGH_TICKETS,
            weeks=WEEKS,
            shown=SHOWN,
            Part=Part,
        )

    @blueprint.get("/issues.<any(csv,xlsx):form>")
    @allow(Role.LEAD)
    def table(form: str) -> Response:
        report = issues.view(IssuesAsked()).report
        if report is None:
            raise NotThere("No topics were looked for yet.")
        return download(table_of(report), Form(form))

    @blueprint.get("/issues/<int:topic>")
    @allow(Role.LEAD)
    def one(topic: int) -> str:
        asked = _asked(request.args)
        before = request.args.get("before", type=int)
        return render_template(
            "results/issue.html",
            view=see_topic(topic, asked.among, before),
            kpis=KPIS,
            before=before,
            weeks=WEEKS,
            Part=Part,
        )

    @blueprint.post("/issues/look")
    @allow(Role.LEAD)
    def look() -> ResponseReturnValue:
        issues.look()
        flash("Topics are being looked for. With 100,000 tickets it takes a minute; look again.")
        return redirect(url_for(".page"), 303)

    return blueprint


def _asked(args: Mapping[str, str]) -> IssuesAsked:
    """What an address asks for; what it says wrongly is as if it said nothing."""
    return IssuesAsked(
        among=_among(args.get("among", "")),
        language=args.get("language", "")[:20] or None,
        unanswered=args.get("reply") == "none",
    )


def _among(said: str) -> Among:
    part, _, label = said.partition(":")
    if part not in set(Part) or part == Part.ALL:
        return Among()
    return Among(Part(part), label[:200] or None)


def among_word(among: Among) -> str:
    """How an address says among which tickets; empty for all."""
    return "" if among.part is Part.ALL else f"{among.part.value}:{among.label or ''}"


def count_spark(counts: Sequence[int]) -> CountSpark:
    """Counts of weeks as a small line."""
    top = max(*counts, 1)
    step = 92 / (len(counts) - 1)
    places = [(2 + at * step, 21 - 18 * count / top) for at, count in enumerate(counts)]
    path = "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return CountSpark(path, (round(places[-1][0], 1), round(places[-1][1], 1)))
