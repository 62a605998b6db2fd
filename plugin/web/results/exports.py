"""Tables that people take along: a form, and the files it makes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from plugin.pages.out import Exports
from plugin.ports import Refused
from plugin.views.people import Role
from plugin.web.downloads import Form, download
from plugin.web.guard import allow, current_person


def exports_blueprint(exports: Exports) -> Blueprint:
    """The page of exports. Taking a table is a POST: it is noted, and no GET may write."""
    blueprint = Blueprint("exports", __name__)

    @blueprint.get("/exports")
    @allow(Role.LEAD)
    def page() -> str:
        return render_template("pages/exports.html", form=exports.form())

    @blueprint.post("/tickets.<form>")
    @allow(Role.LEAD)
    def tickets(form: str) -> Response:
        if form not in set(Form):
            raise NotFound
        since, until = _day("since"), _day("until") + timedelta(days=1)
        return download(exports.table(since, until, current_person()), Form(form))

    @blueprint.post("/exports/agents")
    @allow(Role.ADMIN)
    def agents() -> ResponseReturnValue:
        allowed = request.form.get("do") == "allow"
        exports.allow_agents(current_person().email, allowed=allowed)
        flash(f"Reports may {'name agents now' if allowed else 'not name agents any more'}.")
        return redirect(url_for(".page"), 303)

    return blueprint


def _day(name: str) -> datetime:
    """The beginning of the day that a field says, in UTC. Raises Refused."""
    said = request.form.get(name, "")
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise Refused(f"“{said[:40]}” is not a day. Write it like 2026-03-31.") from None
    if not 1970 <= day.year <= 9998:
        raise Refused(f"{day} is too far away.")
    return datetime.combine(day, time(), UTC)
