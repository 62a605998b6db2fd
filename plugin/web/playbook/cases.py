"""Where a lead writes the cases that every publishing has to pass."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.refusals import Conflict
from plugin.pages.rules import CaseEditing
from plugin.views.cases import CaseDraft
from plugin.views.people import Role
from plugin.web.guard import allow, current_person
from plugin.web.playbook.builder import MAX_LINE, MAX_NAME, MAX_NOTE, line
from routing.errors import Invalid

MAX_TEXT = 20_000
"""The longest text of a ticket, or of all facts, in characters."""

TEXTS = ("text", "customer")
"""The inputs that have more than one line."""


def cases_blueprint(editing: CaseEditing) -> Blueprint:
    """The form of a case."""
    blueprint = Blueprint("cases", __name__, url_prefix="/playbook/cases")

    @blueprint.get("/new")
    @allow(Role.LEAD)
    def new() -> str:
        return _form(editing, editing.begin(None, request.args.get("decision", type=int)))

    @blueprint.post("/new")
    @allow(Role.LEAD)
    def make() -> ResponseReturnValue:
        return _answer(editing, None)

    @blueprint.get("/<path:name>/edit")
    @allow(Role.LEAD)
    def edit(name: str) -> str:
        return _form(editing, editing.begin(name, None))

    @blueprint.post("/<path:name>/edit")
    @allow(Role.LEAD)
    def change(name: str) -> ResponseReturnValue:
        return _answer(editing, name)

    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:
        draft = cast("CaseDraft | None", g.get("case_draft"))
        if draft is None:
            raise error
        return _form(editing, draft, strict=True, refused=True), 422

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        return _form(editing, cast("CaseDraft", g.case_draft), strict=True, conflict=error), 409

    return blueprint


def _answer(editing: CaseEditing, name: str | None) -> ResponseReturnValue:
    """What a button of the form does: publish, remove, or show what comes out."""
    do = request.form.get("do", "preview")
    g.case_draft = draft = _sent(name)
    if do not in {"publish", "remove"} or (do == "remove" and name is None):
        return _form(editing, draft, strict=True)
    if not draft.note:
        return _form(editing, draft, strict=True, note_missing=True), 422
    act = editing.publish if do == "publish" else editing.remove
    version = act(draft, current_person())
    flash(f"Published. Playbook {version} is live and is held to its cases from now on.")
    return redirect(url_for("playbook.part", tab="cases"), 303)


def _sent(name: str | None) -> CaseDraft:
    values = {
        key: request.form.get(key, "").replace("\r\n", "\n").strip()[:MAX_TEXT]
        if key in TEXTS
        else line(key, MAX_NAME if key == "name" else MAX_LINE)
        for key in request.form
        if key not in {"csrf_token", "do", "note", "based_on", "taken_from"}
    }
    return CaseDraft(
        based_on=request.form.get("based_on", 0, type=int),
        was=name,
        values=values,
        note=line("note", MAX_NOTE),
        taken_from=request.form.get("taken_from", type=int),
    )


def _form(editing: CaseEditing, draft: CaseDraft, *, strict: bool = False, **shown: object) -> str:
    shown = {"refused": False, "note_missing": False, "conflict": None, **shown}
    return render_template(
        "pages/case_edit.html", view=editing.look(draft, strict=strict), draft=draft, **shown
    )
