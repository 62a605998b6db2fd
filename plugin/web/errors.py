"""What people and programs see when something cannot be done: one place for all of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from flask import Flask, Response, flash, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException

from plugin.pages.refusals import (
    AskedForApproval,
    BadToken,
    Conflict,
    NotThere,
    RedCases,
    SurveyGone,
    TooOften,
)
from plugin.ports import Refused, Unavailable
from plugin.views.people import Role
from plugin.web.cookies import in_panel
from plugin.web.guard import WrongRole, WrongScope, home
from plugin.web.tickets.sidebar import desk_theme

_PROGRAMS = ("/webhooks", "/api")
"""Below these paths the caller is a program, and gets a problem document (RFC 9457)."""

_RETRY_AFTER = 10
"""Seconds after which to come back where nobody has said better."""

_ROLES = {Role.AGENT: "agents", Role.LEAD: "team leads", Role.ADMIN: "admins"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, in words: ``title`` says what happened, ``detail`` what to do now.

    ``problems`` are mistakes by their place. ``retry`` offers to try again; else a link leads to
    ``back``, the person's own first page.
    """

    status: int
    title: str
    detail: str
    code: str | None = None
    retry: bool = False
    back: str = "/"
    problems: tuple[tuple[str, str], ...] = ()


class BadQuestion(BadRequest):
    """A question over the API with mistakes in it, each with its parameter."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.problems = tuple(problems)


_BACK = {
    "playbook.publish": "check",
    "rules.make": "preview",
    "rules.change": "preview",
    "rules.order": "preview",
    "segments.make": "preview",
    "segments.change": "preview",
    "cases.make": "preview",
    "cases.change": "preview",
}
"""The button that shows a form again, where one was to publish what it says."""

_KNOWN = {
    400: ("We could not read that.", "Nothing was changed. Go back and send it again."),
    404: ("There is no such page.", "The address may be old or mistyped. Nothing is lost."),
    405: ("This page cannot be used that way.", "Nothing was changed. Open it from its link."),
    413: ("That is too large.", "Nothing was changed. Send less at once."),
    415: ("That kind of content is not read here.", "Nothing was changed."),
    429: ("Too many requests.", "Nothing was changed. Wait a minute, then try again."),
}


def handle_errors(app: Flask) -> None:
    """Turn every exception that a view lets through into a page or a problem document."""
    _handle_refusals(app)
    _handle_programs(app)
    _handle_answers_of_flows(app)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        code = secrets.token_hex(4)
        app.logger.error("unexpected error %s", code, exc_info=error)
        detail = "Tickets are safe. If it happens again, tell your admin this code:"
        return answer(Trouble(500, "Something went wrong on our side.", detail, code, retry=True))


def _handle_refusals(app: Flask) -> None:
    """What the framework and the guard refuse before a flow is asked."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400 or error.response is not None:
            return error.get_response()  # a redirect, or an answer somebody has made already
        title, detail = _KNOWN.get(status, (f"{error.name}.", "Nothing was changed."))
        headers = {k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After"}}
        return answer(Trouble(status, title, detail), headers)

    @app.errorhandler(CSRFError)
    def csrf(error: CSRFError) -> ResponseReturnValue:  # ruff: ignore[unused-function-argument]
        detail = "Nothing was changed. Open the page again, then send the form once more."
        return answer(Trouble(400, "This form is too old, or not one of ours.", detail))

    @app.errorhandler(WrongRole)
    def role(error: WrongRole) -> ResponseReturnValue:
        return answer(_wrong_role(error))


def _handle_programs(app: Flask) -> None:
    """What programs are refused over the API."""

    @app.errorhandler(BadQuestion)
    def question(error: BadQuestion) -> ResponseReturnValue:
        detail = "Nothing was answered. See the problems, or /api/v1/openapi.json."
        trouble = Trouble(400, "This question cannot be read.", detail, problems=error.problems)
        return answer(trouble)

    @app.errorhandler(BadToken)
    def token(_: BadToken) -> ResponseReturnValue:
        detail = (
            "Send a token in the header “Authorization: Bearer …”. It may be missing, revoked or "
            "expired; an admin makes new ones under Setup, API."
        )
        trouble = Trouble(401, "This needs a token.", detail)
        return answer(trouble, {"WWW-Authenticate": 'Bearer realm="Deskroute"'})

    @app.errorhandler(WrongScope)
    def scope(error: WrongScope) -> ResponseReturnValue:
        may = ", ".join(sorted(error.program.scopes)) or "nothing"
        detail = f"It may {may}. An admin can make another token under Setup, API."
        return answer(Trouble(403, f"This token may not {error.needed}.", detail))

    @app.errorhandler(TooOften)
    def often(error: TooOften) -> ResponseReturnValue:
        wait = max(1, ceil(error.retry_after))
        trouble = Trouble(429, "Too many questions.", f"Come again in {wait} s.")
        return answer(trouble, {"Retry-After": str(wait)})


def _handle_answers_of_flows(app: Flask) -> None:
    """The ways in which a flow says no."""

    @app.errorhandler(NotThere)
    def missing(error: NotThere) -> ResponseReturnValue:
        return answer(Trouble(404, error.what, "It may have been removed. Nothing was changed."))

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        return refusal(error)

    @app.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        return clash(error)

    @app.errorhandler(AskedForApproval)
    def asked(error: AskedForApproval) -> ResponseReturnValue:
        flash(
            "Not published yet: kept as a draft, and asked for an approval. Another lead or admin "
            "sees it among the drafts."
        )
        return redirect(url_for("drafts.one", draft=error.draft), 303)

    @app.errorhandler(RedCases)
    def red(error: RedCases) -> ResponseReturnValue:
        # A file that was uploaded is not sent again; its text is.
        sent = {"text": error.text} if request.endpoint == "playbook.publish" else {}
        pairs = [
            (name, sent.get(name, value))
            for name, value in request.form.items(multi=True)
            if name not in {"csrf_token", "do"}
        ]
        back = _BACK.get(request.endpoint or "")
        return render_template("pages/cases_red.html", error=error, pairs=pairs, back=back), 422

    @app.errorhandler(SurveyGone)
    def gone(error: SurveyGone) -> ResponseReturnValue:
        return render_template("survey/gone.html", reason=error.reason), 410

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> ResponseReturnValue:
        app.logger.warning("unavailable: %s", error.reason)
        detail = "Tickets are safe: what the desks tell us is kept and done later. Try again soon."
        wait = _RETRY_AFTER if error.retry_after is None else max(1, ceil(error.retry_after))
        trouble = Trouble(503, "Deskroute cannot answer right now.", detail, retry=True)
        return answer(trouble, {"Retry-After": str(wait)})


def clash(error: Conflict) -> Response:
    """What a person sees where somebody was quicker, and nothing that they wrote has to be kept."""
    return answer(Trouble(409, f"Not done: {error}", "Open the page again to see what is new."))


def refusal(error: Refused) -> Response:
    """What a person or a program sees where a flow has refused."""
    detail = "Trying again will not help until that is mended."
    return answer(Trouble(409, f"Not done: {error.reason}", detail))


def answer(trouble: Trouble, headers: Mapping[str, str] | None = None) -> Response:
    """The trouble as a page, or as a problem document where the caller is a program."""
    if request.path.startswith(_PROGRAMS):
        body, kind = _problem(trouble), "application/problem+json"
    else:
        body = _page(trouble)
        kind = "text/html; charset=utf-8"
    return Response(body, trouble.status, headers, content_type=kind)


def _page(trouble: Trouble) -> str:
    if in_panel(request.path):
        theme = desk_theme()
        return render_template("sidebar/trouble.html", trouble=trouble, theme=theme)
    return render_template("pages/trouble.html", trouble=trouble)


def _problem(trouble: Trouble) -> str:
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": trouble.title,
        "status": trouble.status,
        "detail": trouble.detail,
    }
    if trouble.code is not None:
        problem["code"] = trouble.code
    if trouble.problems:
        problem["problems"] = [{"where": where, "why": why} for where, why in trouble.problems]
    return json.dumps(problem)


def _wrong_role(error: WrongRole) -> Trouble:
    person = error.person
    return Trouble(
        403,
        f"This page is for {_ROLES[error.needed]}.",
        f"You are signed in as {person.name}, in the role {person.role}. "
        "An admin can give you another role.",
        back=home(person.role),
    )
