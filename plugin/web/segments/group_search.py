"""The page on which a lead looks for groups in the data, and takes one into the segments' form."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin.pages.segments import GroupFinding
from plugin.views.people import Role
from plugin.views.segments import FoundGroups, GroupSearch
from plugin.web.guard import allow
from routing.population.groups import LEAST_CUSTOMERS, LEAST_GROUPS, MOST_GROUPS


def add_search(blueprint: Blueprint, groups: GroupFinding) -> None:
    """Add the page to the blueprint of segments."""

    @blueprint.get("/find")
    @allow(Role.LEAD)
    def search() -> str:
        return _page(groups.search(), None)

    @blueprint.post("/find")
    @allow(Role.LEAD)
    def find() -> str:
        names, count = request.form.getlist("field"), request.form.get("count", type=int)
        return _page(groups.search(), groups.find(names, count), names, count)


def _page(
    view: GroupSearch | None,
    found: FoundGroups | None,
    names: list[str] | None = None,
    count: int | None = None,
) -> str:
    if view is None:
        return render_template("pages/playbook_none.html")
    usual = [field.name for field in view.fields if field.usual]
    return render_template(
        "pages/segments_find.html",
        view=view,
        found=found,
        chosen=usual if names is None else names,
        count=count,
        least=LEAST_CUSTOMERS,
        counts=range(LEAST_GROUPS, MOST_GROUPS + 1),
    )
