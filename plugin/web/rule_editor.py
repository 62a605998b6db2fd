"""Where a lead writes rules and puts them in order. No script is needed: each button posts all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages import Conflict, RuleEditing
from plugin.views import Role, RuleDraft, RuleEditor, RuleOrder, RulesDraft, TicketToTry
from plugin.web.builder import MAX_LINE, MAX_NAME, MAX_NOTE, done, focus, line
from plugin.web.guard import allow, current_person
from plugin.web.playbook import tab_page
from routing.errors import Invalid
from routing.rules.rule import After, Guard, State
from routing.rules.wording import GROUPS
from routing.tickets import Priority, Trigger

MAX_TEXT = 20_000
"""The longest text of a ticket to try, in characters."""

MAX_TAGS = 50
"""Tags, addresses and custom fields that are read."""

MAX_RULES = 100_000
"""Rules that an order can have."""

_MOVES = frozenset({"move-up", "move-down", "put"})
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
        return _form(editing.look(editing.begin(name, None), TicketToTry()))

    @blueprint.post("/<path:name>/edit")
    @allow(Role.LEAD)
    def change(name: str) -> ResponseReturnValue:
        return _answer(editing, name)


def _all(blueprint: Blueprint, editing: RuleEditing) -> None:
    @blueprint.post("/order")
    @allow(Role.LEAD)
    def order() -> ResponseReturnValue:
        do = request.form.get("do", "")
        g.rule_change = change = RuleOrder(_based_on(), _order(), line("note", MAX_NOTE))
        if do in {"review", "publish"}:
            return _to_publish(editing, change, do)
        return _arranged(editing.arrange(change, do), do)

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
    """What a button of the form does: review, publish, show again, or change the condition."""
    do = request.form.get("do", "preview")
    g.rule_change = draft = _sent(editing, name, do)
    if do in {"review", "publish"}:
        return _to_publish(editing, draft, do)
    return _form(editing.look(draft, _trying()), did=do)


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
    return [("order", _written(editing.arrange(change)))]


def _written(draft: RulesDraft) -> str:
    return " ".join(map(str, draft.change.order or ()))


def _arranged(draft: RulesDraft, did: str) -> str:
    """The page of rules, in the order that is being made."""
    verb, _, rest = did.partition(" ")
    number = rest.partition(" ")[0]
    numbers = draft.change.order or ()
    at = [place for place, one in enumerate(numbers, 1) if verb in _MOVES and str(one) == number]
    return tab_page(
        draft.view,
        "rules",
        None,
        draft=draft,
        order=_written(draft),
        numbers=numbers,
        moved=verb,
        focus_at=at[0] if at else None,
        done=_moved_to(draft, at[0]) if at else "",
    )


def _moved_to(draft: RulesDraft, place: int) -> str:
    """What a button has done to the order, in words."""
    rules = draft.view.rules
    return f"{rules[place - 1].name} is now rule {place} of {len(rules)}."


def _sent(editing: RuleEditing, name: str | None, do: str) -> RuleDraft:
    form = request.form
    return RuleDraft(
        based_on=_based_on(),
        was=name,
        place=min(MAX_RULES, max(1, form.get("place", 1, type=int))),
        name=line("name", MAX_NAME),
        when=editing.condition(form.items(multi=True), do),
        queue=line("queue", MAX_NAME),
        agent=line("agent", MAX_NAME),
        priority=_one_of("priority", [*Priority], ""),
        tags=_words("tags"),
        first_reply=line("first_reply", MAX_NAME),
        after=_one_of("after", [*After], After.STOP),
        state=_one_of("state", [*State], State.ON),
        owner=line("owner", MAX_NAME),
        on=_one_of("on", [*Trigger], Trigger.OPENED),
        waits=line("waits", MAX_NAME),
        escalate=line("escalate", MAX_NAME),
        resolution=line("resolution", MAX_NAME),
        fields=_fields(),
        tell=line("tell", MAX_LINE),
        suggest=line("suggest", MAX_NAME),
        answer=line("answer", MAX_NAME),
        notify=_words("notify"),
        hand_back=line("hand_back", MAX_NAME),
        share=line("share", MAX_NAME),
        guards=tuple(one for one in Guard if one in form.getlist("guards")),
        why=line("why", MAX_LINE),
        note=line("note", MAX_NOTE),
    )


def _based_on() -> int:
    return request.form.get("based_on", 0, type=int)


def _order() -> tuple[int, ...] | None:
    """The places of an order, as far as they are numbers; None where none was sent."""
    sent = request.form.get("order")
    if sent is None:
        return None
    words = sent.split()[:MAX_RULES]
    return tuple(int(one) for one in words if one.isdecimal() and len(one) < len(str(MAX_RULES)))


def _words(name: str) -> tuple[str, ...]:
    """What stands between the commas of an input, each once."""
    words = (" ".join(one.split())[:MAX_NAME] for one in request.form.get(name, "").split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:MAX_TAGS]


def _fields() -> tuple[tuple[str, str], ...]:
    """The desk's custom fields, a line for each: the name, =, the value."""
    lines = request.form.get("fields", "").splitlines()[:MAX_TAGS]
    pairs = (line.partition("=")[::2] for line in lines if line.strip())
    return tuple((name.strip()[:MAX_NAME], value.strip()[:MAX_NAME]) for name, value in pairs)


def _one_of(name: str, known: Sequence[str], usual: str) -> str:
    chosen = request.form.get(name, "")
    return chosen if chosen in known else usual


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


def _form(view: RuleEditor, *, did: str = "", refused: bool = False) -> str:
    return render_template(
        "pages/rule_edit.html",
        view=view,
        draft=view.draft,
        counted="past tickets",
        priorities=[*Priority],
        states=[*State],
        guards=[*Guard],
        groups=GROUPS,
        done=done(did),
        focus=focus(view.form, did),
        refused=refused,
    )
