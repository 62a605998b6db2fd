"""The page behind a survey link. Opening it never writes; only the button does."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from plugin.pages.surveys import Surveys
from plugin.survey_words import words_in
from plugin.views.surveys import SurveyView, UnsubscribeView
from plugin.web.guard import public, signed

MAX_COMMENT = 2_000
"""Longest comment, and longest answer to a second question, in characters."""

WIDGET = "/w/"
"""Below this path the same page may stand in a frame of the origins that may frame us."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a customer has chosen and written so far."""

    score: int | None
    comment: str
    second: str

    @property
    def problem(self) -> str | None:
        """What is wrong with it: the score that has to be chosen, or what is too long."""
        if self.score is None:
            return "choose"
        long = {"second": self.second, "comment": self.comment}
        return next((name for name, said in long.items() if len(said) > MAX_COMMENT), None)


def survey_blueprint(surveys: Surveys) -> Blueprint:
    """The survey page, alone and as a widget in other sites, and the way out of surveys."""
    blueprint = Blueprint("survey", __name__)

    @blueprint.get("/s/<token>", defaults={"framed": False})
    @blueprint.get("/w/<token>", defaults={"framed": True})
    @public
    def page(token: str, *, framed: bool) -> ResponseReturnValue:
        view = surveys.view(token)
        chosen = _score(view, request.args.get("score"))
        kept = _Sent(view.score if chosen is None else chosen, view.comment, view.second)
        return _form(view, kept, framed=framed)

    @blueprint.post("/s/<token>", defaults={"framed": False})
    @blueprint.post("/w/<token>", defaults={"framed": True})
    @signed
    def answer(token: str, *, framed: bool) -> ResponseReturnValue:
        view = surveys.view(token)
        sent = _Sent(_score(view, request.form.get("score")), _text("comment"), _text("second"))
        if sent.score is None or sent.problem is not None:
            return _form(view, sent, sent.problem, framed=framed), 422
        thanked = surveys.answer(token, sent.score, sent.comment, sent.second)
        return _thanks(thanked, framed=framed)

    @blueprint.get("/u/<token>")
    @public
    def leaving(token: str) -> ResponseReturnValue:
        return _leaving(surveys.leaving(token))

    @blueprint.post("/u/<token>")
    @signed
    def leave(token: str) -> ResponseReturnValue:
        # A mail program's own button sends List-Unsubscribe=One-Click (RFC 8058), ours sends do.
        return _leaving(surveys.leave(token, gone=request.form.get("do") != "again"))

    @blueprint.after_request
    def keep_out_of_search(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return blueprint


def _score(view: SurveyView, raw: str | None) -> int | None:
    return int(raw) if raw in {str(score) for score in view.kind.scale} else None


def _text(name: str) -> str:
    # A browser sends line ends as two characters and counts them as one.
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def _form(view: SurveyView, sent: _Sent, problem: str | None = None, *, framed: bool) -> str:
    return render_template(
        "survey/survey.html",
        view=view,
        words=words_in(view.language),
        score=sent.score,
        comment=sent.comment,
        second=sent.second,
        problem=problem,
        max_comment=MAX_COMMENT,
        framed=framed,
    )


def _thanks(view: SurveyView, *, framed: bool) -> str:
    words = words_in(view.language)
    return render_template("survey/thanks.html", view=view, words=words, framed=framed)


def _leaving(view: UnsubscribeView) -> str:
    return render_template("survey/leaving.html", view=view, words=words_in(view.language))
