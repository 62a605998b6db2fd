"""The form of a rule as a draft, and a draft as the pairs of its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from werkzeug.datastructures import MultiDict

from plugin.pages.rules import RuleEditing
from plugin.views.rules import RuleDraft
from plugin.web.playbook.builder import MAX_LINE, MAX_NAME, MAX_NOTE, one_line
from plugin.web.playbook.history import Pairs
from routing.conditions.form import to_pairs
from routing.rules.rule import After, Guard, State
from routing.tickets import Priority, Trigger

MAX_TAGS = 50
"""Tags, addresses and custom fields that are read."""

MAX_RULES = 100_000
"""Rules that an order can have."""

SAYS: Mapping[str, str] = {
    "when": "the condition",
    "on": "what it is tried for",
    "waits": "the wait",
    "first_reply": "the first reply target",
    "resolution": "the solving target",
    "suggest": "the suggested reply",
    "answer": "the automatic reply",
    "tell": "the private note",
    "escalate": "where it escalates to",
    "notify": "who is told by mail",
    "hand_back": "the time to hand back",
    "fields": "the custom fields",
    "after": "what comes after it",
    "state": "on, off, shadow or canary",
    "share": "the canary’s share",
    "guards": "what stops the canary",
    "why": "the note",
}
"""What the inputs are called where a step is told; the others by their name."""


def read_draft(
    form: MultiDict[str, str], editing: RuleEditing, was: str | None, do: str = ""
) -> RuleDraft:
    """The draft that a form says, after one of the builder's buttons; anything can come in.

    What a choice beside it hides is left out: a wait where nobody waits, shares without a canary.
    """
    on = _one_of(form, "on", [*Trigger], Trigger.OPENED)
    state = _one_of(form, "state", [*State], State.ON)
    canary = state == State.CANARY
    return RuleDraft(
        based_on=form.get("based_on", 0, type=int),
        was=was,
        place=min(MAX_RULES, max(1, form.get("place", 1, type=int))),
        name=_line(form, "name"),
        when=editing.condition(form.items(multi=True), do),
        queue=_line(form, "queue"),
        agent=_line(form, "agent"),
        priority=_one_of(form, "priority", [*Priority], ""),
        tags=_words(form, "tags"),
        first_reply=_line(form, "first_reply"),
        after=_one_of(form, "after", [*After], After.STOP),
        state=state,
        owner=_line(form, "owner"),
        on=on,
        waits=_line(form, "waits") if on == Trigger.WAITING else "",
        escalate=_line(form, "escalate"),
        resolution=_line(form, "resolution"),
        fields=_fields(form),
        tell=_line(form, "tell", MAX_LINE),
        suggest=_line(form, "suggest"),
        answer=_line(form, "answer"),
        notify=_words(form, "notify"),
        hand_back=_line(form, "hand_back"),
        share=_line(form, "share") if canary else "",
        guards=tuple(one for one in Guard if canary and one in form.getlist("guards")),
        why=_line(form, "why", MAX_LINE),
        note=_line(form, "note", MAX_NOTE),
    )


def pairs_of(draft: RuleDraft) -> Pairs:
    """What ``read_draft`` makes the same draft of; without the version's note."""
    said = {
        "name": draft.name,
        "on": draft.on,
        "waits": draft.waits,
        "place": str(draft.place),
        "queue": draft.queue,
        "agent": draft.agent,
        "priority": draft.priority,
        "tags": ", ".join(draft.tags),
        "first_reply": draft.first_reply,
        "after": draft.after,
        "suggest": draft.suggest,
        "tell": draft.tell,
        "escalate": draft.escalate,
        "resolution": draft.resolution,
        "answer": draft.answer,
        "notify": ", ".join(draft.notify),
        "hand_back": draft.hand_back,
        "fields": "\n".join(f"{name} = {value}" for name, value in draft.fields),
        "state": draft.state,
        "share": draft.share,
        "owner": draft.owner,
        "why": draft.why,
    }
    kept = ((name, str(value)) for name, value in said.items() if value)
    guards = (("guards", str(one)) for one in draft.guards)
    return tuple(chain(kept, guards, to_pairs(draft.when)))


def told(names: Sequence[str]) -> str:
    """Inputs that differ, in words: “the condition and the queue”."""
    heads = dict.fromkeys(name.partition(".")[0] for name in names)
    says = [SAYS.get(head, f"the {head}") for head in heads]
    # The parts of a condition that moved are one thing to whoever reads it.
    return " and ".join(filter(None, [", ".join(says[:-1]), *says[-1:]]))


def _line(form: MultiDict[str, str], name: str, most: int = MAX_NAME) -> str:
    return one_line(form.get(name, ""), most)


def _words(form: MultiDict[str, str], name: str) -> tuple[str, ...]:
    """What stands between the commas of an input, each once."""
    words = (one_line(one, MAX_NAME) for one in form.get(name, "").split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:MAX_TAGS]


def _fields(form: MultiDict[str, str]) -> tuple[tuple[str, str], ...]:
    """The desk's custom fields, a line for each: the name, =, the value."""
    lines = form.get("fields", "").splitlines()[:MAX_TAGS]
    pairs = (line.partition("=")[::2] for line in lines if line.strip())
    return tuple((name.strip()[:MAX_NAME], value.strip()[:MAX_NAME]) for name, value in pairs)


def _one_of(form: MultiDict[str, str], name: str, known: Sequence[str], usual: str) -> str:
    chosen = form.get(name, "")
    return chosen if chosen in known else usual
