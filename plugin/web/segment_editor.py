"""The form in which a lead writes a segment. It needs no script: each button posts all of it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages import Conflict, SegmentEditing
from plugin.views import Role, SegmentDraft, SegmentEditor
from plugin.web.guard import allow, current_person
from routing.conditions.form_view import Node
from routing.errors import Invalid
from routing.segments.segment import Model, Persona

MAX_NAME, MAX_LINE, MAX_NOTE = 120, 2_000, 500
"""Longest texts, in characters; what is longer is cut, as the form's own inputs do."""

_PERSONA = ("goals", "challenges", "channel", "tone", "offer", "avoid")

_DONE = {
    "add-test": "Condition added.",
    "add-group": "Group added.",
    "remove": "Removed.",
    "move-up": "Moved up.",
    "move-down": "Moved down.",
    "negate": "Turned round.",
}


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
        name=_line("name", MAX_NAME),
        model=_model(),
        owner=_line("owner", MAX_NAME),
        goal=_line("goal", MAX_LINE),
        persona=Persona(**{part: _line(f"persona.{part}", MAX_LINE) for part in _PERSONA}),
        when=editing.condition(form.items(multi=True), do),
        note=_line("note", MAX_NOTE),
    )
    return draft


def _line(name: str, most: int) -> str:
    return " ".join(request.form.get(name, "").split())[:most]


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
        draft=view.draft,
        models=[model.value for model in Model],
        persona=_PERSONA,
        done=_DONE.get(did.partition(" ")[0], ""),
        focus=_focus(view.form, did),
        share=_share(view),
        **shown,
    )


def _share(view: SegmentEditor) -> float | None:
    """The part (0 to 1) of the customers looked at who would be in the segment."""
    looked = view.looked
    return looked.members / looked.sample if looked and looked.sample else None


def _focus(form: Node, did: str) -> str:
    """The place in the form at which a person goes on after one of its buttons."""
    verb, _, place = did.partition(" ")
    above, _, last = place.rpartition(".")
    match verb:
        case "add-test" | "add-group":
            return _newest(_find(form, place))
        case "move-up" | "move-down" if last.isdecimal():
            to = int(last) + (1 if verb == "move-down" else -1)
            moved = f"{above}.{to}"
            return moved if _find(form, moved) else place
        case "remove":
            return above or form.place
        case "negate":
            return place
        case _:
            return ""


def _find(node: Node, place: str) -> Node | None:
    if node.place == place:
        return node
    found = (_find(part, place) for part in node.parts if f"{place}.".startswith(f"{part.place}."))
    return next((one for one in found if one is not None), None)


def _newest(node: Node | None) -> str:
    """The last part of a group, to any depth; the node itself if it has none."""
    while node is not None and node.parts:
        node = node.parts[-1]
    return "" if node is None else node.place
