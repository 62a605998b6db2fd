"""What is held about one customer: found, exported, forgotten."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.customers import CustomerPages
from plugin.ports import Refused
from plugin.views.customers import HeldView
from plugin.views.people import Role
from plugin.web.guard import allow, current_person


def customers_blueprint(customers: CustomerPages) -> Blueprint:
    """The page that finds a customer, with the export and the forgetting.

    The address comes in a form's body and never in a link: links end up in logs and histories.
    """
    blueprint = Blueprint("customers", __name__, url_prefix="/customers")

    def shown(
        held: HeldView | None = None, *, asks: bool = False, problem: str | None = None
    ) -> str:
        return render_template(
            "pages/customers.html", keeps=customers.keeps(), held=held, asks=asks, problem=problem
        )

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        return shown()

    @blueprint.post("")
    @allow(Role.ADMIN)
    def find() -> str:
        return shown(customers.held(_email(), current_person()))

    @blueprint.post("/export")
    @allow(Role.ADMIN)
    def export() -> ResponseReturnValue:
        as_csv = request.form.get("as") == "csv"
        told = customers.export(_email(), current_person(), as_csv=as_csv)
        answer = Response(told, mimetype="text/csv" if as_csv else "application/json")
        name = f"customer.{'csv' if as_csv else 'json'}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @blueprint.post("/confirm")
    @allow(Role.ADMIN)
    def confirm() -> str:
        return shown(customers.held(_email(), current_person()), asks=True)

    @blueprint.post("/forget")
    @allow(Role.ADMIN)
    def forget() -> ResponseReturnValue:
        email, again = _email(), request.form.get("again", "").strip()
        if again.casefold() != email.casefold():
            held = customers.held(email, current_person())
            problem = "This is not the address above. Nothing was forgotten."
            return shown(held, asks=True, problem=problem), 400
        customers.forget(email, current_person())
        flash(
            "The customer is forgotten. Counts, times and ratings stay. "
            "The desk and the customer sources have their own copies: forget them there, too."
        )
        return redirect(url_for("customers.page"), 303)

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        return shown(problem=error.reason), 400

    return blueprint


def _email() -> str:
    return request.form.get("email", "").strip()[:400]
