"""Decisions: the list, and why each went where it went."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request

from plugin.pages.decisions import Decisions
from plugin.pages.refusals import NotThere
from plugin.views.decisions import DecisionView
from plugin.views.people import Role
from plugin.web.guard import allow
from routing.conditions.evaluate import Seen
from routing.rules.trace import Verdict, fact_behind
from routing.tickets import Fact

_A_PAGE = 50


def decisions_blueprint(decisions: Decisions) -> Blueprint:
    """The list of decisions and the page of each."""
    blueprint = Blueprint("decisions", __name__)

    @blueprint.get("/decisions")
    @allow(Role.AGENT)
    def recent() -> str:
        before = request.args.get("before", type=int)
        # One more than is shown tells whether there is another page.
        lines = decisions.recent(_A_PAGE + 1, before)
        more = len(lines) > _A_PAGE
        return render_template(
            "pages/decisions.html", lines=lines[:_A_PAGE], more=more, before=before
        )

    @blueprint.get("/decisions/<int:decision_id>")
    @allow(Role.AGENT)
    def why(decision_id: int) -> str:
        view = decisions.view(decision_id)
        if view is None:
            raise NotThere(f"There is no decision {decision_id}.")
        return render_template(
            "pages/decision.html",
            view=view,
            tried=view.decision.trace,
            stop=_stopped_at(view),
            near={one.place: one for one in view.near.rules},
            behind=_behind(view),
            again=decisions.again(decision_id) if "again" in request.args else None,
        )

    return blueprint


def _behind(view: DecisionView) -> Callable[[Seen], Fact | Seen]:
    """What tells the age of a value that a test saw: its fact, which knows when it gets stale."""
    return lambda seen: fact_behind(seen, view.facts) or seen


def _stopped_at(view: DecisionView) -> int | None:
    """The place of the rule that closed the book, counted from 1; None if none did early."""
    if not any(seen.verdict is Verdict.AFTER_STOP for seen in view.decision.trace):
        return None
    fired = [seen.place for seen in view.decision.trace if seen.verdict is Verdict.FIRED]
    return fired[-1] if fired else None
