"""The form in which a lead writes a segment. It needs no script: each button posts all of it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.refusals import Conflict
from plugin.pages.segments import SegmentEditing
from plugin.views.people import Role
from plugin.views.segments import SegmentDraft, SegmentEditor
from plugin.web.guard import allow, current_person
from plugin.web.playbook.builder import MAX_LINE, MAX_NAME, MAX_NOTE, done, focus, line
from routing.errors import Invalid
from routing.segments.segment import Model, Persona

_PERSONA = ("goals", "challenges", "channel", "tone", "offer", "avoid")


def add_editor(blueprint: Blueprint, editing: SegmentEditing) -> None:
    """Add the form's pages to the blueprint of segments."""

    @blueprint.get("/new")
    @allow(Role.LEAD)
    def new() -> str:
        draft = editing.begin(None, request.args.get("template"))
        return _form(editing.look(draft))

    @blueprint.post("/new")
    @allow(Role.LEAD)
    def make() -> ResponseReturnValue:
        return _answer(editing, None)

    @blueprint.get("/<path:name>/edit")
    @allow(Role.LEAD)
    def edit(name: str) -> str:
        return _form(editing.look(editing.begin(name, None)))

    @blueprint.post("/<path:name>/edit")
    @allow(Role.LEAD)
    def change(name: str) -> ResponseReturnValue:
        return _answer(editing, name)

    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:  # ruff: ignore[unused-function-argument]
        return _form(editing.look(_kept(), strict=True), refused=True), 422

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        draft = _kept()
        changed = editing.since(draft)
        view = editing.look(draft)
        return _form(view, conflict=error, changed=changed), 409


def _answer(editing: SegmentEditing, name: str | None) -> ResponseReturnValue:
    """What a button of the form does: publish, show again, or change the condition."""
    do = request.form.get("do", "preview")
    draft = _sent(editing, name, do)
    if do != "publish":
        return _form(editing.look(draft), did=do)
    if not draft.note:
        return _form(editing.look(draft, strict=True), note_missing=True), 422
    version = editing.publish(draft, current_person())
    flash(f"Published. Playbook {version} is live; new tickets go by it from now on.")
    return redirect(url_for(".one", name=draft.name), 303)


def _sent(editing: SegmentEditing, name: str | None, do: str) -> SegmentDraft:
    form = request.form
    g.segment_draft = draft = SegmentDraft(
        based_on=form.get("based_on", 0, type=int),
        was=name,
        place=min(10_000, max(1, form.get("place", 1, type=int))),
        name=line("name", MAX_NAME),
        model=_model(),
        owner=line("owner", MAX_NAME),
        goal=line("goal", MAX_LINE),
        persona=Persona(**{part: line(f"persona.{part}", MAX_LINE) for part in _PERSONA}),
        when=editing.condition(form.items(multi=True), do),
        note=line("note", MAX_NOTE),
    )
    return draft


def _model() -> str:
    chosen = request.form.get("model", "")
    return chosen if chosen in set(Model) else Model.BEHAVIOURAL


def _kept() -> SegmentDraft:
    """What was sent, to be shown again beside what is wrong with it."""
    draft: SegmentDraft = g.segment_draft
    return draft


def _form(view: SegmentEditor, *, did: str = "", **more: object) -> str:
    shown = {
        "refused": False,
        "note_missing": False,
        "conflict": None,
        "changed": (),
        **more,
    }
    return render_template(
        "pages/segment_edit.html",
        view=view,
        counted="customers",
        draft=view.draft,
        models=[model.value for model in Model],
        persona=_PERSONA,
        done=done(did),
        focus=focus(view.form, did),
        share=_share(view),
        **shown,
    )


def _share(view: SegmentEditor) -> float | None:
    """The part (0 to 1) of the customers looked at who would be in the segment."""
    looked = view.looked
    return looked.members / looked.sample if looked and looked.sample else None
