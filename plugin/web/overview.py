"""The numbers."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin.pages import Overview
from plugin.views import Role
from plugin.web.guard import allow

PERIODS = (7, 30, 90)
"""The periods to choose from, in days."""


def overview_blueprint(overview: Overview) -> Blueprint:
    """The overview of all segments."""
    blueprint = Blueprint("overview", __name__)

    @blueprint.get("/")
    @allow(Role.LEAD)
    def page() -> str:
        wanted = request.args.get("days", type=int)
        days = wanted if wanted in PERIODS else PERIODS[1]
        return render_template("pages/overview.html", view=overview.view(days), periods=PERIODS)

    return blueprint
