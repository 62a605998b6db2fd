"""Which mails somebody gets, and the page behind the link that stops them."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from plugin.pages.out import MailPages
from plugin.pages.refusals import BadSubscription, StopGone
from plugin.views.mails import MailKind, Subscription
from plugin.views.people import Role
from plugin.web.guard import allow, current_person, public, signed

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def mails_blueprint(mails: MailPages) -> Blueprint:
    """The page of one's own mails. A link that stops them only shows a button: a GET never writes.

    A mail program's own button posts to the same address (RFC 8058).
    """
    blueprint = Blueprint("mails", __name__)

    def shown(problem: str = "", wanted: Subscription | None = None) -> str:
        view = mails.view(current_person())
        return render_template(
            "pages/mails.html", view=view, days=DAYS, problem=problem, wanted=wanted
        )

    @blueprint.get("/mails")
    @allow(Role.AGENT)
    def page() -> str:
        return shown()

    @blueprint.post("/mails/<kind>")
    @allow(Role.AGENT)
    def change(kind: str) -> ResponseReturnValue:
        if kind not in set(MailKind):
            raise BadRequest
        if request.form.get("do") == "stop":
            mails.stop(MailKind(kind), current_person())
            flash(f"You get no {kind} any more.")
            return redirect(url_for(".page"), 303)
        wanted = _wanted(MailKind(kind))
        try:
            mails.save(wanted, current_person())
        except BadSubscription as error:
            return shown(str(error), wanted), 400
        flash(f"You get the {kind} from now on.")
        return redirect(url_for(".page"), 303)

    _add_links(blueprint, mails)
    return blueprint


def _add_links(blueprint: Blueprint, mails: MailPages) -> None:
    """What a link in a mail leads to."""

    @blueprint.get("/stop/<token>")
    @public
    def ask(token: str) -> str:
        return render_template("mail/stop.html", subscription=mails.of_link(token), done=False)

    @blueprint.post("/stop/<token>")
    @signed
    def stop(token: str) -> str:
        ended = mails.stop_by_link(token)
        return render_template("mail/stop.html", subscription=ended, done=True)

    @blueprint.errorhandler(StopGone)
    def gone(_: StopGone) -> ResponseReturnValue:
        return render_template("mail/stop.html", subscription=None, done=True), 410

    @blueprint.after_request
    def keep_out_of_search(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _wanted(kind: MailKind) -> Subscription:
    form = request.form
    return Subscription(
        email=current_person().email,
        kind=kind,
        weekday=form.get("weekday", 0, type=int),
        hour=form.get("hour", 8, type=int),
        zone=form.get("zone", "").strip() or "UTC",
        segments=tuple(dict.fromkeys(form.getlist("segments"))),
    )
