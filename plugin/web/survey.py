"""The page behind a survey link. Opening it never writes; only the button does."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from plugin.pages import Surveys
from plugin.views import SurveyView
from plugin.web.guard import public, signed
from plugin.web.survey_words import words_in

_SCORES = range(1, 6)

MAX_COMMENT = 2_000
"""Longest comment, in characters."""


def survey_blueprint(surveys: Surveys) -> Blueprint:
    """The survey page."""
    blueprint = Blueprint("survey", __name__)

    @blueprint.get("/s/<token>")
    @public
    def page(token: str) -> ResponseReturnValue:
        view = surveys.view(token)
        return _form(view, _score(request.args.get("score")) or view.score, view.comment)

    @blueprint.post("/s/<token>")
    @signed
    def answer(token: str) -> ResponseReturnValue:
        score = _score(request.form.get("score"))
        # A browser sends line ends as two characters and counts them as one.
        comment = request.form.get("comment", "").replace("\r\n", "\n").strip()
        problem = _problem(score, comment)
        if score is None or problem is not None:
            return _form(surveys.view(token), score, comment, problem), 422
        return _thanks(surveys.answer(token, score, comment))

    @blueprint.after_request
    def keep_out_of_search(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return blueprint


def _score(raw: str | None) -> int | None:
    return int(raw) if raw in {str(score) for score in _SCORES} else None


def _problem(score: int | None, comment: str) -> str | None:
    """The name of the words that say what is wrong, or None."""
    if score is None:
        return "choose"
    return "too_long" if len(comment) > MAX_COMMENT else None


def _form(view: SurveyView, score: int | None, comment: str, problem: str | None = None) -> str:
    return render_template(
        "survey/survey.html",
        view=view,
        words=words_in(view.language),
        score=score,
        comment=comment,
        problem=problem,
        max_comment=MAX_COMMENT,
    )


def _thanks(view: SurveyView) -> str:
    return render_template("survey/thanks.html", view=view, words=words_in(view.language))
