"""Where a lead writes rules and puts them in order. No script is needed: each button posts all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from plugin.pages.refusals import Conflict
from plugin.pages.rules import RuleEditing
from plugin.views.people import Role
from plugin.views.rules import RuleDraft, RuleEditor, RuleOrder, RulesDraft, TicketToTry
from plugin.web.guard import allow, current_person
from plugin.web.playbook.builder import MAX_LINE, MAX_NAME, MAX_NOTE, done, focus, line
from plugin.web.playbook.history import History, changed, unpacked
from plugin.web.playbook.playbook import tab_page
from plugin.web.playbook.rule_form import MAX_RULES, pairs_of, read_draft, told
from routing.conditions.document import ALWAYS
from routing.errors import Invalid
from routing.rules.order import MOST_STEPS
from routing.rules.rule import Guard, State
from routing.rules.wording import GROUPS
from routing.tickets import Priority

MAX_TEXT = 20_000
"""The longest text of a ticket to try, in characters."""

_STEPS = frozenset({"undo", "redo"})
_MOVES = frozenset({"move-up", "move-down", "put"})
_STEP = re.compile(r"([0-9]{1,5})>([0-9]{1,5})")
_NOT_ECHOED = frozenset({"csrf_token", "do", "note", "based_on"})


def rules_blueprint(editing: RuleEditing) -> Blueprint:
    """The form of a rule, and the order of all rules."""
    blueprint = Blueprint("rules", __name__, url_prefix="/playbook/rules")
    _one(blueprint, editing)
    _all(blueprint, editing)
    _refusals(blueprint, editing)
    return blueprint


def _one(blueprint: Blueprint, editing: RuleEditing) -> None:
    @blueprint.get("/new")
    @allow(Role.LEAD)
    def new() -> str:
        draft = editing.begin(None, request.args.get("like"))
        return _form(editing.look(draft, TicketToTry()))

    @blueprint.post("/new")
    @allow(Role.LEAD)
    def make() -> ResponseReturnValue:
        return _answer(editing, None)

    @blueprint.get("/<path:name>/edit")
    @allow(Role.LEAD)
    def edit(name: str) -> str:
        draft = editing.begin(name, None)
        if "always" not in request.args:
            return _form(editing.look(draft, TicketToTry()))
        g.history = History(now=pairs_of(draft))
        draft, g.history = _done(editing, draft, g.history, "always")
        return _form(editing.look(draft, TicketToTry()), did="always")

    @blueprint.post("/<path:name>/edit")
    @allow(Role.LEAD)
    def change(name: str) -> ResponseReturnValue:
        return _answer(editing, name)


def _all(blueprint: Blueprint, editing: RuleEditing) -> None:
    @blueprint.post("/order")
    @allow(Role.LEAD)
    def order() -> ResponseReturnValue:
        do = request.form.get("do", "")
        g.rule_change = change = RuleOrder(
            _based_on(), _order(), line("note", MAX_NOTE), _steps("past"), _steps("future")
        )
        if do in {"review", "publish"}:
            return _to_publish(editing, change, do)
        return _arranged(change, editing.arrange(change, do), do)

    @blueprint.get("/<path:name>/delete")
    @allow(Role.LEAD)
    def delete(name: str) -> str:
        return _review(editing, editing.without(name))


def _refusals(blueprint: Blueprint, editing: RuleEditing) -> None:
    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:  # ruff: ignore[unused-function-argument]
        change = _kept()
        if isinstance(change, RuleDraft):
            return _form(editing.look(change, _trying(), strict=True), refused=True), 422
        return _review(editing, change), 422

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        return _review(editing, _kept(), conflict=error), 409


def _answer(editing: RuleEditing, name: str | None) -> ResponseReturnValue:
    """What a button of the form does: review, publish, undo, show again, or change the draft."""
    do = request.form.get("do", "preview")
    g.rule_change = draft = read_draft(request.form, editing, name)
    # Whatever was chosen or typed since the page was shown is a step of its own.
    before = unpacked(request.form.get("history", "")).then(pairs_of(draft))
    g.history = before
    if do in {"review", "publish"}:
        return _to_publish(editing, draft, do)
    draft, g.history = _done(editing, draft, before, do)
    # A step told is the one that was taken, whichever way.
    said = told(changed(before.now, g.history.now)) if do in _STEPS else ""
    return _form(editing.look(draft, _trying()), did=do, said=said)


def _done(
    editing: RuleEditing, draft: RuleDraft, before: History, do: str
) -> tuple[RuleDraft, History]:
    """The draft after a button, and its steps."""
    if do in _STEPS:
        after = before.back() if do == "undo" else before.forward()
        form = MultiDict(after.now)
        draft = replace(
            read_draft(form, editing, draft.was), based_on=draft.based_on, note=draft.note
        )
        return draft, after
    verb, _, number = do.partition(" ")
    if verb == "place" and number.isdecimal() and len(number) < len(str(MAX_RULES)):
        draft = replace(draft, place=max(1, int(number)))
    elif verb == "always":
        draft = replace(draft, when=ALWAYS)
    else:
        draft = replace(draft, when=editing.condition(request.form.items(multi=True), do))
    return draft, before.then(pairs_of(draft))


def _to_publish(
    editing: RuleEditing, change: RuleDraft | RuleOrder, do: str
) -> ResponseReturnValue:
    """The page that says what would change, and from there the new version."""
    if do == "review":
        review = editing.review(change)
        if review.problems and isinstance(change, RuleDraft):
            return _form(editing.look(change, _trying(), strict=True), refused=True), 422
        return _review(editing, change)
    if not change.note:
        return _review(editing, change, note_missing=True), 422
    version = editing.publish(change, current_person())
    flash(f"Published. Playbook {version} is live; new tickets go by it from now on.")
    return redirect(url_for("playbook.rules"), 303)


def _review(
    editing: RuleEditing,
    change: RuleDraft | RuleOrder,
    *,
    conflict: Conflict | None = None,
    note_missing: bool = False,
) -> str:
    review = editing.review(change)
    pairs = [pair for pair in request.form.items(multi=True) if pair[0] not in _NOT_ECHOED]
    return render_template(
        "pages/rule_changes.html",
        review=review,
        change=change,
        action=_form_of(change),
        # The order of an older playbook is told anew in the places of the one that is live.
        pairs=pairs if isinstance(change, RuleDraft) else _order_pairs(editing, change),
        conflict=conflict,
        note_missing=note_missing,
    )


def _form_of(change: RuleDraft | RuleOrder) -> str:
    """Where the form of a change is sent to."""
    if isinstance(change, RuleOrder):
        return url_for(".order")
    return url_for(".new") if change.was is None else url_for(".edit", name=change.was)


def _order_pairs(editing: RuleEditing, change: RuleOrder) -> list[tuple[str, str]]:
    draft = editing.arrange(change).change
    return [
        ("order", _written(draft)),
        ("past", _steps_written(draft.past)),
        ("future", _steps_written(draft.future)),
    ]


def _written(change: RuleOrder) -> str:
    return " ".join(map(str, change.order or ()))


def _steps_written(steps: Iterable[tuple[int, int]]) -> str:
    return " ".join(f"{number}>{place}" for number, place in steps)


def _arranged(change: RuleOrder, draft: RulesDraft, did: str) -> str:
    """The page of rules, in the order that is being made."""
    made = draft.change
    numbers = made.order or ()
    verb, *rest = [*did.split(" ")[:2], ""]
    number = rest[0]
    if verb in _STEPS:
        steps = change.past if verb == "undo" else change.future
        number = str(steps[-1][0]) if steps and made.based_on == change.based_on else ""
    at = [place for place, one in enumerate(numbers, 1) if str(one) == number]
    return tab_page(
        draft.view,
        "rules",
        None,
        draft=draft,
        order=_written(made),
        past=_steps_written(made.past),
        future=_steps_written(made.future),
        numbers=numbers,
        moved=verb,
        focus_at=at[0] if at and verb in _MOVES else None,
        done=_told(draft, verb, at[0] if at else None, number),
        findings=[one.finding for one in draft.findings.own],
        fresh=[one.finding for one in draft.findings.own if one.new],
        mended=draft.findings.gone,
        unread=draft.findings.unread,
    )


def _told(draft: RulesDraft, verb: str, place: int | None, number: str) -> str:
    """What a button has done to the order, in words."""
    rules = draft.view.rules
    if verb in _STEPS and not number:
        return f"There is nothing to {verb}."
    if verb not in _MOVES | _STEPS | {"remove"}:
        return ""
    says = {"undo": "Undone: ", "redo": "Done again: "}.get(verb, "")
    if place is None:
        return f"{says}A rule is taken out. Undo brings it back." if number.isdecimal() else ""
    return f"{says}{rules[place - 1].name} is now rule {place} of {len(rules)}."


def _based_on() -> int:
    return request.form.get("based_on", 0, type=int)


def _order() -> tuple[int, ...] | None:
    """The places of an order, as far as they are numbers; None where none was sent."""
    sent = request.form.get("order")
    if sent is None:
        return None
    words = sent.split()[:MAX_RULES]
    return tuple(int(one) for one in words if one.isdecimal() and len(one) < len(str(MAX_RULES)))


def _steps(name: str) -> tuple[tuple[int, int], ...]:
    """Steps of an order, as far as they are numbers: a rule's and a place, with > between."""
    pairs = _STEP.findall(request.form.get(name, ""))[-MOST_STEPS:]
    return tuple((int(number), int(place)) for number, place in pairs)


def _trying() -> TicketToTry:
    return TicketToTry(
        id=line("try.id", MAX_NAME),
        subject=line("try.subject", MAX_LINE),
        text=request.form.get("try.text", "").replace("\r\n", "\n").strip()[:MAX_TEXT],
        email=line("try.email", MAX_NAME),
    )


def _kept() -> RuleDraft | RuleOrder:
    """What was sent, to be shown again beside what is wrong with it."""
    return cast("RuleDraft | RuleOrder", g.rule_change)


def _form(view: RuleEditor, *, did: str = "", said: str = "", refused: bool = False) -> str:
    history = g.get("history") or History(now=pairs_of(view.draft))
    return render_template(
        "pages/rule_edit.html",
        view=view,
        draft=view.draft,
        counted="past tickets",
        priorities=[*Priority],
        states=[*State],
        guards=[*Guard],
        groups=GROUPS,
        history=history,
        done=_step_told(did, said) if did in _STEPS else done(did),
        focus=did if did in _STEPS else focus(view.form, did),
        refused=refused,
    )


def _step_told(did: str, what: str) -> str:
    says = "Undone" if did == "undo" else "Done again"
    return f"{says}: {what}." if what else f"There is nothing to {did}."
