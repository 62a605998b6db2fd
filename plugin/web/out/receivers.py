"""Receivers of our webhooks: the list, one with what it was told, and the form that adds one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from plugin.pages.out import ReceiverPages
from plugin.pages.refusals import BadReceiver
from plugin.ports import EVENTS
from plugin.views.people import Role
from plugin.views.receivers import NewReceiver
from plugin.web.guard import allow, current_person


def receivers_blueprint(receivers: ReceiverPages) -> Blueprint:
    """The pages of receivers. A secret is shown by the answer to the form that made it, once."""
    blueprint = Blueprint("receivers", __name__, url_prefix="/receivers")

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        return _listed(receivers)

    @blueprint.post("")
    @allow(Role.ADMIN)
    def add() -> str:
        wanted = _wanted(request.form.get("name", "").strip())
        secret = receivers.add(wanted, current_person().email)
        return _shown(receivers, wanted.name, secret=secret)

    @blueprint.get("/<name>")
    @allow(Role.ADMIN)
    def one(name: str) -> str:
        return _shown(receivers, name)

    @blueprint.post("/<name>")
    @allow(Role.ADMIN)
    def change(name: str) -> ResponseReturnValue:
        action, by = request.form.get("do"), current_person().email
        if action == "renew":
            return _shown(receivers, name, secret=receivers.renew_secret(name, by))
        flash(_done(receivers, name, action, by))
        to = url_for(".page") if action == "remove" else url_for(".one", name=name)
        return redirect(to, 303)

    @blueprint.errorhandler(BadReceiver)
    def bad(error: BadReceiver) -> ResponseReturnValue:
        if request.endpoint == "receivers.add":
            return _listed(receivers, error.wanted, str(error)), 400
        return _shown(receivers, error.wanted.name, problem=str(error), wanted=error.wanted), 400

    return blueprint


def _done(receivers: ReceiverPages, name: str, action: str | None, by: str) -> str:
    """Do what a button of one receiver says; the answer says what was done."""
    match action:
        case "save":
            receivers.change(_wanted(name), by)
            return "Saved. It counts from the next event on."
        case "test":
            why = receivers.test(name, by)
            return f"Not taken. {why}" if why else f"{name} took the test."
        case "on" | "off":
            receivers.switch(name, by, on=action == "on")
            return f"{name} is switched {action}."
        case "replay":
            count = receivers.replay(name, by, request.form.get("message", type=int))
            return f"Replayed {count:,}. They wait for a worker now."
        case "anew":
            receivers.start_over(name, by)
            return f"{name} is told all members of its segments anew after the next count."
        case "remove":
            receivers.remove(name, by)
            return f"{name} is removed."
        case _:
            raise BadRequest


def _listed(receivers: ReceiverPages, wanted: NewReceiver | None = None, problem: str = "") -> str:
    return render_template(
        "pages/receivers.html",
        lines=receivers.every(),
        events=EVENTS,
        segments=receivers.segments(),
        wanted=wanted or NewReceiver("", "", tuple(EVENTS)),
        problem=problem,
    )


def _shown(receivers: ReceiverPages, name: str, **told: object) -> str:
    view = receivers.view(name, request.args.get("before", type=int))
    more = {"secret": "", "problem": "", "wanted": None, **told}
    return render_template(
        "pages/receiver.html", view=view, events=EVENTS, segments=receivers.segments(), **more
    )


def _wanted(name: str) -> NewReceiver:
    form = request.form
    return NewReceiver(
        name=name,
        url=form.get("url", "").strip(),
        events=tuple(dict.fromkeys(form.getlist("events"))),
        segments=tuple(dict.fromkeys(form.getlist("segments"))),
    )
