"""The tokens of programs: the list, and the form that makes one and shows it once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.out import TokenPages
from plugin.pages.refusals import BadWish
from plugin.views.people import Role
from plugin.views.programs import NewToken, Scope
from plugin.web.guard import allow, current_person

SAYS = {
    Scope.KPIS: "the KPIs",
    Scope.TICKETS: "tickets’ decisions, without their texts",
    Scope.PLAYBOOK: "the playbook’s segments",
    Scope.DELIVERIES: "how many deliveries came",
}
"""What each scope lets a program read."""

DAYS = (30, 90, 365)
"""For how many days a token can be made; or for ever."""


def tokens_blueprint(tokens: TokenPages) -> Blueprint:
    """The page of tokens."""
    blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")

    def listed(wanted: NewToken | None = None, token: str = "", problem: str = "") -> str:
        return render_template(
            "pages/tokens.html",
            lines=tokens.every(),
            says=SAYS,
            days=DAYS,
            wanted=wanted or NewToken("", (Scope.KPIS,), DAYS[1]),
            secret=token,
            problem=problem,
        )

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        return listed()

    @blueprint.post("")
    @allow(Role.ADMIN)
    def add() -> str:
        form = request.form
        scopes = tuple(dict.fromkeys(form.getlist("scopes")))
        wanted = NewToken(form.get("name", "").strip(), scopes, form.get("days", type=int))
        return listed(token=tokens.add(wanted, current_person().email))

    @blueprint.post("/revoke")
    @allow(Role.ADMIN)
    def revoke() -> ResponseReturnValue:
        name = request.form.get("name", "")
        tokens.revoke(name, current_person().email)
        flash(f"{name} is revoked. Nobody gets in by it any more.")
        return redirect(url_for(".page"), 303)

    @blueprint.errorhandler(BadWish)
    def bad(error: BadWish) -> ResponseReturnValue:
        return listed(error.wanted, problem=str(error)), 400

    return blueprint
