"""Drafts of the playbook: kept, looked at, approved by a second person or sent back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from plugin.pages.playbook import DraftPages
from plugin.ports import Refused
from plugin.views.people import Role
from plugin.views.playbook import ToPublish
from plugin.web.errors import refusal
from plugin.web.guard import allow, current_person
from plugin.web.playbook.builder import MAX_NOTE, line
from routing.errors import Invalid
from routing.lint.findings import Severity

MAX_REASON = 2_000
"""Longest reason for sending a draft back, in characters."""

_LIVE = "Playbook {} is live; new tickets go by it from now on."


def drafts_blueprint(drafts: DraftPages) -> Blueprint:
    """The page of a draft, what can be done with it, and whether publishing needs approvals."""
    blueprint = Blueprint("drafts", __name__, url_prefix="/playbook/drafts")

    @blueprint.post("")
    @allow(Role.LEAD)
    def keep() -> ResponseReturnValue:
        form = request.form
        change = ToPublish(
            text=form.get("text", "").replace("\r\n", "\n"),
            note=line("note", MAX_NOTE),
            based_on=form.get("based_on", 0, type=int),
            draft=form.get("draft", type=int),
        )
        kept = drafts.keep(change, current_person())
        flash(f"Kept as draft {kept}. Nothing is published yet.")
        return redirect(url_for(".one", draft=kept), 303)

    @blueprint.get("/<int:draft>")
    @allow(Role.LEAD)
    def one(draft: int) -> str:
        return _page(drafts, draft)

    @blueprint.post("/<int:draft>")
    @allow(Role.LEAD)
    def act(draft: int) -> ResponseReturnValue:
        return _act(drafts, draft, request.form.get("do", ""))

    @blueprint.post("/approvals")
    @allow(Role.ADMIN)
    def demand() -> ResponseReturnValue:
        wanted = request.form.get("approvals") == "on"
        drafts.demand(current_person(), demanded=wanted)
        says = "the approval of a second lead or admin" if wanted else "no approval"
        flash(f"Publishing needs {says} from now on.")
        return redirect(url_for("playbook.part", tab="versions"), 303)

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        draft = (request.view_args or {}).get("draft")
        if draft is None:
            return refusal(error)
        return _page(drafts, draft, refused=error.reason), 409

    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:  # ruff: ignore[unused-function-argument]
        return _page(drafts, (request.view_args or {})["draft"], refused="It cannot be read."), 422

    return blueprint


def _act(drafts: DraftPages, draft: int, do: str) -> ResponseReturnValue:
    """What one of the buttons of a draft does."""
    person, seal = current_person(), request.form.get("seal", "")
    match do:
        case "publish":
            flash(f"Published. {_LIVE.format(drafts.publish(draft, seal, person))}")
        case "approve":
            flash(f"Approved. {_LIVE.format(drafts.approve(draft, seal, person))}")
        case "discard":
            drafts.discard(draft, person)
            flash(f"Draft {draft} is discarded.")
        case "ask":
            drafts.ask(draft, seal, person)
            flash("Asked. Another lead or admin sees it among the drafts and approves it.")
            return redirect(url_for(".one", draft=draft), 303)
        case "send-back":
            drafts.send_back(draft, line("reason", MAX_REASON), person)
            flash(f"Draft {draft} is sent back, with your reason.")
        case _:
            raise BadRequest
    return redirect(url_for("playbook.part", tab="versions"), 303)


def _page(drafts: DraftPages, draft: int, *, refused: str = "") -> str:
    view = drafts.view(draft, current_person())
    findings = view.findings or ()
    return render_template(
        "pages/draft.html",
        view=view,
        line=view.line,
        refused=refused,
        errors=sum(one.severity is Severity.BAD for one in findings),
        warnings=sum(one.severity is Severity.WARN for one in findings),
    )
