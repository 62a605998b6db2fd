"""Everything the desks told us, and what became of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.decisions import Deliveries, DeliveriesWanted
from plugin.views.people import Role
from plugin.web.guard import allow, current_person

STATES = ("done", "waiting", "parked")
"""What a delivery can be."""


def deliveries_blueprint(deliveries: Deliveries) -> Blueprint:
    """The deliveries page."""
    blueprint = Blueprint("deliveries", __name__)

    @blueprint.get("/deliveries")
    @allow(Role.ADMIN)
    def page() -> str:
        return _page(deliveries, _wanted())

    @blueprint.post("/deliveries/<int:delivery_id>/body")
    @allow(Role.ADMIN)
    def show_body(delivery_id: int) -> str:
        # A POST, because looking is recorded and no GET may write.
        return _page(deliveries, DeliveriesWanted(open=delivery_id, show_body=True))

    @blueprint.post("/deliveries/<int:delivery_id>/replay")
    @allow(Role.ADMIN)
    def replay(delivery_id: int) -> ResponseReturnValue:
        deliveries.replay(delivery_id, current_person())
        flash("Replayed. It is waiting for a worker now.")
        return redirect(url_for(".page", open=delivery_id, _anchor="open"), 303)

    @blueprint.post("/deliveries/replay")
    @allow(Role.ADMIN)
    def replay_all() -> ResponseReturnValue:
        count = deliveries.replay_all_parked(current_person())
        flash(f"Replayed {count:,} parked. They are waiting for a worker now.")
        return redirect(url_for(".page"), 303)

    return blueprint


def _wanted() -> DeliveriesWanted:
    state = request.args.get("state")
    return DeliveriesWanted(
        state=state if state in STATES else None,
        connection=request.args.get("desk") or None,
        find=request.args.get("find", "").strip(),
        before=request.args.get("before", type=int),
        open=request.args.get("open", type=int),
    )


def _page(deliveries: Deliveries, wanted: DeliveriesWanted) -> str:
    view = deliveries.view(wanted, current_person())
    return render_template(
        "pages/deliveries.html", view=view, before=wanted.before, open_id=wanted.open
    )
