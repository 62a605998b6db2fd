"""The agent's panel in a ticket."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.panel import Panel
from plugin.views.panel import PanelView
from plugin.views.people import Role
from plugin.web.display import seen_value
from plugin.web.guard import allow, current_person, wants_json
from plugin.web.tickets.customer_lines import customer_lines, day_said, is_known, reasons
from plugin.web.tickets.sidebar import desk_theme

_AT_RISK = 0.25
"""The share of a target's time from which on what is left of it counts as at risk."""

_QUEUES_SHOWN = 5


def panel_blueprint(panel: Panel) -> Blueprint:
    """The panel, and what an agent can do in it."""
    blueprint = Blueprint("panel", __name__, url_prefix="/panel/<connection>/<ticket>")

    @blueprint.get("")
    @allow(Role.AGENT)
    def page(connection: str, ticket: str) -> ResponseReturnValue:
        view = panel.view(connection, ticket)
        if view is None:
            return _nothing_yet(connection, ticket), 404
        return _panel(view)

    @blueprint.post("/replies")
    @allow(Role.AGENT)
    def insert(connection: str, ticket: str) -> ResponseReturnValue:
        position = request.form.get("position", 0, type=int)
        decision = request.form.get("decision", 0, type=int)
        panel.inserted(decision, request.form.get("reply", ""), position, current_person())
        if wants_json():
            return "", 204  # the script has copied the text already
        return redirect(f"{_back(connection, ticket, position)}#reply", 303)

    @blueprint.post("/queue")
    @allow(Role.AGENT)
    def move(connection: str, ticket: str) -> ResponseReturnValue:
        queue = request.form.get("queue", "")
        decision = request.form.get("decision", 0, type=int)
        panel.move(decision, queue, request.form.get("note", "").strip(), current_person())
        flash(f"Moved to {queue}.")
        return redirect(_back(connection, ticket), 303)

    return blueprint


def _back(connection: str, ticket: str, reply: int | None = None) -> str:
    return url_for(".page", connection=connection, ticket=ticket, theme=desk_theme(), reply=reply)


def _panel(view: PanelView) -> str:
    chosen = request.args.get("reply", 0, type=int)
    segments = view.decision.segments
    return render_template(
        "sidebar/panel.html",
        view=view,
        theme=desk_theme(),
        person=current_person(),
        is_known=is_known(view),
        because=reasons(segments[0].because, seen_value) if segments else (),
        lines=customer_lines(view),
        day_said=day_said,
        left=None if view.due_at is None else view.due_at - view.now,
        risk=_at_risk(view),
        queues=view.other_queues[:_QUEUES_SHOWN],
        more_queues=view.other_queues[_QUEUES_SHOWN:],
        chosen=view.replies[chosen - 1] if 0 < chosen <= len(view.replies) else None,
    )


def _nothing_yet(connection: str, ticket: str) -> str:
    return render_template(
        "sidebar/nothing_yet.html", connection=connection, ticket=ticket, theme=desk_theme()
    )


def _at_risk(view: PanelView) -> str:
    """Whether the first reply is ``late``, at ``risk``, or neither (the empty text)."""
    if view.due_at is None:
        return ""
    left = view.due_at - view.now
    if left < timedelta():
        return "late"
    return "risk" if left <= (view.target or timedelta()) * _AT_RISK else ""
