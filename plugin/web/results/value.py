"""What segments are worth, and what they take."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.refusals import NotThere
from plugin.pages.results import ValuePages
from plugin.tables.value import group_says, table_of
from plugin.views.people import Role
from plugin.views.value import ValueView
from plugin.web.downloads import Form, download
from plugin.web.guard import allow
from plugin.web.results.asked import PERIODS, USUAL
from plugin.web.results.value_charts import chosen, retention_of, revenue_of, segments_of
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import MILESTONES


def value_blueprint(value: ValuePages) -> Blueprint:
    """The page, the same as a table, and the button that has it counted anew."""
    blueprint = Blueprint("value", __name__, url_prefix="/value")

    @blueprint.get("")
    @allow(Role.LEAD)
    def page() -> str:
        view = value.view(_days())
        return render_template(
            "results/value.html",
            view=view,
            days=_days(),
            periods=PERIODS,
            definitions=DEFINITIONS,
            milestones=MILESTONES[1:],
            group_says=group_says,
            **_charts(view),
        )

    @blueprint.get("/segments.<any(csv,xlsx):form>")
    @allow(Role.LEAD)
    def table(form: str) -> Response:
        view = value.view(_days())
        if view is None or view.report is None:
            raise NotThere("Customers have not been counted yet.")
        return download(table_of(view), Form(form))

    @blueprint.post("/count")
    @allow(Role.LEAD)
    def count() -> ResponseReturnValue:
        value.count()
        flash("Customers are being counted. A million of them take some 20 seconds; look again.")
        return redirect(url_for(".page", days=_days()), 303)

    return blueprint


def _days() -> int:
    wanted = request.args.get("days", "")
    return int(wanted) if wanted in map(str, PERIODS) else USUAL


def _charts(view: ValueView | None) -> dict[str, Any]:
    if view is None or view.report is None:
        return {"revenue": None, "parts": None, "retention": None, "shown": frozenset()}
    shown = chosen(view, request.args.getlist("segment"))
    return {
        "revenue": revenue_of(view),
        "parts": segments_of(view, lambda name: url_for("segments.one", name=name)),
        "retention": retention_of(view, shown),
        "shown": frozenset(one.worth.segment for one in shown),
    }
