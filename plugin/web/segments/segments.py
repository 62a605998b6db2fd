"""Segments: the list, one of them, who they share customers with, notes and reviews."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.segments import GroupFinding, SegmentEditing, SegmentPages
from plugin.views.people import Role
from plugin.views.rules import OverlapsView
from plugin.views.segments import SegmentsView, SegmentView
from plugin.web.guard import allow, current_person
from plugin.web.segments import goal_words
from plugin.web.segments.group_search import add_search
from plugin.web.segments.segment_editor import add_editor
from plugin.web.trend import spark, trend_of
from routing.outcomes.definitions import KPIS
from routing.population.findings import OVERLAPPING
from routing.population.goal import Goal, Standing

_TABS = ("all", "to review", "templates")

MAX_NOTE = 4_000
"""Longest note, in characters."""


def segments_blueprint(
    pages: SegmentPages, editing: SegmentEditing, groups: GroupFinding
) -> Blueprint:
    """Everything about segments."""
    blueprint = Blueprint("segments", __name__, url_prefix="/segments")
    blueprint.record(lambda state: state.app.jinja_env.globals.update(goal_words.WORDS))
    _together(blueprint, pages)
    add_search(blueprint, groups)
    add_editor(blueprint, editing)
    _alone(blueprint, pages)
    return blueprint


def _together(blueprint: Blueprint, pages: SegmentPages) -> None:
    @blueprint.get("")
    @allow(Role.LEAD)
    def every() -> str:
        wanted = request.args.get("show", "")
        return _tab(pages.every(), wanted if wanted in _TABS else "all")

    @blueprint.get("/overlaps")
    @allow(Role.LEAD)
    def overlaps() -> str:
        view = pages.overlaps()
        if view is None:
            return render_template("pages/playbook_none.html")
        return render_template(
            "pages/segments_overlaps.html", view=view, share=_share_of(view), much=OVERLAPPING
        )


def _alone(blueprint: Blueprint, pages: SegmentPages) -> None:
    @blueprint.get("/<path:name>")
    @allow(Role.AGENT)
    def one(name: str) -> str:
        return _one(pages, name, kpi=request.args.get("kpi", ""))

    @blueprint.post("/<path:name>/notes")
    @allow(Role.AGENT)
    def add_note(name: str) -> ResponseReturnValue:
        text = request.form.get("text", "").replace("\r\n", "\n").strip()
        if not text or len(text) > MAX_NOTE:
            wrong = (
                f"It has {len(text):,} characters; {MAX_NOTE:,} are kept. Shorten it."
                if text
                else "The note is empty. Write a line."
            )
            return _one(pages, name, text=text, wrong=wrong), 422
        pages.add_note(name, text, current_person())
        return redirect(url_for(".one", name=name, _anchor="notes"), 303)

    @blueprint.post("/<path:name>/review")
    @allow(Role.LEAD)
    def review(name: str) -> ResponseReturnValue:
        pages.review(name, current_person())
        flash(f"Kept: {name} was reviewed today and is still right.")
        return redirect(url_for(".one", name=name), 303)


def _tab(view: SegmentsView | None, tab: str) -> str:
    if view is None:
        return render_template("pages/playbook_none.html")
    waiting = [line for line in view.lines if line.to_review(view.now)]
    return render_template(
        "pages/segments.html",
        view=view,
        tab=tab,
        lines=waiting if tab == "to review" else view.lines,
        waiting=len(waiting),
        most=max((line.share or 0.0 for line in view.lines), default=0.0),
        spark=spark,
        is_measured=_is_measured,
    )


def _one(pages: SegmentPages, name: str, *, kpi: str = "", text: str = "", wrong: str = "") -> str:
    view = pages.one(name, kpi)
    goals = [one for one in view.standings if isinstance(one, Standing)]
    return render_template(
        "pages/segment.html",
        view=view,
        chart=trend_of(view),
        goal=_goal(goals),
        goal_ticks=_goal_ticks,
        kpis=KPIS,
        text=text,
        wrong=wrong,
        max_note=MAX_NOTE,
    )


def _goal(standings: list[Standing]) -> Goal | None:
    return standings[0].goal if standings else None


def _goal_ticks(view: SegmentView) -> dict[str, float | None]:
    """Where the goals stand on the scales of KPIs; None for those without one."""
    goals = (one.now.goal for one in view.progress)
    ticks = {goal.metric.key: goal.value for goal in goals if goal.quantile == "median"}
    return dict.fromkeys(KPIS) | ticks


def _is_measured(one: Standing | str) -> bool:
    return isinstance(one, Standing)


def _share_of(view: OverlapsView) -> dict[tuple[str, str], float]:
    """For each two segments, what part (0 to 1) of the first also belongs to the second."""
    shares = {}
    for (first, second), customers in view.shared.items():
        for mine, other in ((first, second), (second, first)):
            if view.sizes[mine]:
                shares[mine, other] = customers / view.sizes[mine]
    return shares
