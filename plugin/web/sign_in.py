"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from plugin.pages import SignIn, SignInRefused
from plugin.web.guard import SESSION_TOKEN, home, public, within


def sign_in_blueprint(sign_in: SignIn) -> Blueprint:
    """The sign-in page."""
    blueprint = Blueprint("sign_in", __name__)

    @blueprint.get("/sign-in")
    @public
    def form() -> ResponseReturnValue:
        person = sign_in.person(session.get(SESSION_TOKEN, ""))
        if person is not None:
            return redirect(within(request.args.get("next")) or home(person.role), 303)
        return _form(wanted=request.args.get("next"))

    @blueprint.post("/sign-in")
    @public
    def enter() -> ResponseReturnValue:
        email, password = request.form.get("email", ""), request.form.get("password", "")
        person = sign_in.check(email.strip(), password, request.remote_addr or "unknown")
        session.clear()  # nothing that was planted before may outlive the sign-in
        session[SESSION_TOKEN] = sign_in.start(person)
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
        sign_in.end(session.get(SESSION_TOKEN, ""))
        session.clear()
        return redirect(url_for(".form"), 303)

    return blueprint


def _form(wanted: str | None, email: str = "", error: str | None = None) -> str:
    return render_template("pages/sign_in.html", wanted=within(wanted), email=email, error=error)
