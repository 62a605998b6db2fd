"""Signing in and out: on a page of its own, and inside the panel's frame."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from plugin.pages.people import SignIn
from plugin.pages.refusals import SignInRefused
from plugin.views.people import Person
from plugin.web.cookies import PANEL_COOKIE, SIGNED_IN, in_panel, tokens
from plugin.web.guard import home, public, signed_in, within
from plugin.web.tickets.sidebar import desk_theme

_NO_COOKIE = (
    "This browser keeps no cookie of ours inside another site. "
    "Open the panel in a tab of its own and sign in there."
)
_TOO_OLD = "The form was too old. Sign in again."


def sign_in_blueprint(sign_in: SignIn) -> Blueprint:
    """The sign-in page."""
    blueprint = Blueprint("sign_in", __name__)

    @blueprint.get("/sign-in")
    @public
    def form() -> ResponseReturnValue:
        person = signed_in(sign_in)
        if person is not None:
            return redirect(within(request.args.get("next")) or home(person.role), 303)
        return _form(wanted=request.args.get("next"))

    @blueprint.post("/sign-in")
    @public
    def enter() -> ResponseReturnValue:
        person = _enter(sign_in)
        wanted = within(request.form.get("next"))
        # The bare address is nobody's wish in particular; each role has its own first page.
        return redirect(home(person.role) if wanted in {None, "/"} else wanted, 303)

    @blueprint.errorhandler(SignInRefused)
    def refused(error: SignInRefused) -> ResponseReturnValue:
        kept = request.form.get("email", "")
        return _form(wanted=request.form.get("next"), email=kept, error=error.message), 401

    @blueprint.post("/sign-out")
    @public
    def leave() -> ResponseReturnValue:
        _leave(sign_in)
        return redirect(url_for(".form"), 303)

    return blueprint


def panel_sign_in_blueprint(sign_in: SignIn) -> Blueprint:
    """The sign-in inside the panel's frame: small, and it comes back to the ticket."""
    blueprint = Blueprint("panel_sign_in", __name__, url_prefix="/panel")

    @blueprint.get("/sign-in")
    @public
    def form() -> ResponseReturnValue:
        wanted = _panel(request.args.get("next"))
        person = signed_in(sign_in)
        if person is None:
            return _panel_form(wanted, ended=any(tokens()))
        if wanted is None:
            return render_template("sidebar/signed_in.html", person=person, theme=desk_theme())
        return redirect(wanted, 303)

    @blueprint.post("/sign-in")
    @public
    def enter() -> ResponseReturnValue:
        _enter(sign_in)
        return redirect(_panel(request.form.get("next")) or url_for(".form"), 303)

    @blueprint.post("/sign-out")
    @public
    def leave() -> ResponseReturnValue:
        _leave(sign_in)
        return redirect(url_for(".form", next=_panel(request.form.get("next"))), 303)

    @blueprint.errorhandler(SignInRefused)
    def refused(error: SignInRefused) -> ResponseReturnValue:
        return _panel_form(_panel(request.form.get("next")), error=error.message), 401

    @blueprint.errorhandler(CSRFError)
    def not_ours(_: CSRFError) -> ResponseReturnValue:
        # A form that comes without the cookie it was shown with: the browser has not kept it.
        why = _TOO_OLD if PANEL_COOKIE in request.cookies else _NO_COOKIE
        return _panel_form(_panel(request.form.get("next")), error=why), 400

    return blueprint


def _enter(sign_in: SignIn) -> Person:
    """Sign in who sent the form; raises SignInRefused."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    person = sign_in.check(email.strip(), password, request.remote_addr or "unknown")
    session.clear()  # nothing that was planted before may outlive the sign-in
    session[SIGNED_IN] = sign_in.start(person)
    return person


def _leave(sign_in: SignIn) -> None:
    sign_in.end(session.get(SIGNED_IN, ""))
    session.clear()


def _form(wanted: str | None, email: str = "", error: str | None = None) -> str:
    return render_template("pages/sign_in.html", wanted=within(wanted), email=email, error=error)


def _panel(address: str | None) -> str | None:
    """The address if it is one of the panel's, else None."""
    wanted = within(address)
    return wanted if wanted is not None and in_panel(wanted) else None


def _panel_form(wanted: str | None, *, ended: bool = False, error: str | None = None) -> str:
    return render_template(
        "sidebar/sign_in.html",
        wanted=wanted,
        theme=desk_theme(),
        ended=ended,
        email=request.form.get("email", ""),
        error=error,
    )
