"""What came of surveys, for leads."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin.pages.results import SurveyPages
from plugin.views.people import Role
from plugin.web.guard import allow
from plugin.web.results.asked import PERIODS
from routing.outcomes.figures import Score
from routing.surveys.survey import Kind


def survey_results_blueprint(surveys: SurveyPages) -> Blueprint:
    """The page of all surveys and of what customers wrote."""
    blueprint = Blueprint("surveys", __name__, url_prefix="/surveys")

    @blueprint.get("")
    @allow(Role.LEAD)
    def page() -> str:
        wanted = request.args.get("days", type=int)
        days = wanted if wanted in PERIODS else PERIODS[1]
        before = request.args.get("before", type=int)
        view = surveys.results(days, before)
        return render_template(
            "pages/surveys.html", view=view, periods=PERIODS, before=before, told=_told, kinds=KINDS
        )

    return blueprint


KINDS = {
    Kind.CSAT.value: ("CSAT, %", "Share of 4 and 5, with Wilson’s interval"),
    Kind.NPS.value: ("NPS", "Promoters (9, 10) less detractors (0 to 6), from −100 to 100"),
    Kind.CES.value: ("CES", "Mean from 1, very hard, to 7, very easy"),
}
"""What the score of each kind is called, and what it is."""


def _told(kind: Kind, score: Score) -> tuple[str, str]:
    """A score and its 95 % interval as they are written: ``88.0`` and ``73.4 to 91.8``."""

    def say(value: float) -> str:
        match kind:
            case Kind.CSAT:
                return f"{value * 100:.1f}"
            case Kind.NPS:
                return f"{value:+.0f}".replace("-", "−").replace("+0", "0")
            case Kind.CES:
                return f"{value:.1f}"

    if score.low is None or score.high is None:
        return say(score.value), "a single answer"
    return say(score.value), f"{say(score.low)} to {say(score.high)}"
