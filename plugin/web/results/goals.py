"""The goals of all segments."""

from __future__ import annotations

from flask import Blueprint, render_template

from plugin.pages.results import Goals
from plugin.views.people import Role
from plugin.web.guard import allow
from plugin.web.trend import spark


def goals_blueprint(goals: Goals) -> Blueprint:
    """The page of goals."""
    blueprint = Blueprint("goals", __name__, url_prefix="/goals")

    @blueprint.get("")
    @allow(Role.LEAD)
    def page() -> str:
        view = goals.goals()
        if view is None:
            return render_template("pages/playbook_none.html")
        return render_template("results/goals.html", view=view, spark=spark)

    return blueprint
