"""Decisions: the list, and why each went where it went."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin.pages import Decisions, NotThere
from plugin.views import DecisionView, Role
from plugin.web.guard import allow
from routing.rules.trace import RuleSeen, Verdict

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
            "pages/decision.html", view=view, tried=_tried(view), stop=_stopped_at(view)
        )

    return blueprint


def _tried(view: DecisionView) -> list[tuple[int, RuleSeen]]:
    """Each rule with its place in the book, counted from 1."""
    return list(enumerate(view.decision.trace, start=1))


def _stopped_at(view: DecisionView) -> int | None:
    """The place of the rule that closed the book, counted from 1; None if none did early."""
    if not any(seen.verdict is Verdict.AFTER_STOP for seen in view.decision.trace):
        return None
    fired = [place for place, seen in _tried(view) if seen.verdict is Verdict.FIRED]
    return fired[-1] if fired else None
