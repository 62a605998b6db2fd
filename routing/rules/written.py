"""A rule in the playbook's YAML text: changed, added, moved, taken out; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from routing.rules.rule import After, State
from routing.tickets import Trigger
from routing.yaml_edit import (
    Entry,
    added,
    arranged,
    changed,
    edited,
    entries,
    merged,
    moved,
    place_of,
)
from routing.yaml_text import read_yaml

KEYS = (
    "name",
    "on",
    "waits",
    "when",
    "then",
    "after",
    "state",
    "canary",
    "owner",
    "note",
)
"""What an entry says, in the order in which it is written; other keys are left alone."""

DECIDES = (
    "queue",
    "escalate",
    "agent",
    "priority",
    "tags",
    "first_reply",
    "resolution",
    "fields",
    "note",
    "suggest",
    "answer",
    "notify",
    "hand_back",
)
"""The same of what a rule decides."""

_GROUP = "rules"
_USUAL = {"on": Trigger.OPENED.value, "after": After.STOP.value, "state": State.ON.value}
"""What counts where a key is left out, so that nobody has to read it."""


def with_rule(text: str, name: str | None, said: Mapping[str, Any], place: int) -> str:
    """The playbook's text with one rule changed, or added where ``name`` is None.

    ``name`` is what it is called in the text. ``said`` maps KEYS to plain values, and ``then`` in
    it DECIDES; what is empty is left out. ``place`` is where it stands among the rules, from 0.
    Raises Invalid where there is no such rule any more, or where a program cannot edit the text.
    """
    document: Any = read_yaml(text).value
    rules = entries(document, _GROUP)
    at = None if name is None else place_of(rules, _GROUP, name)
    was = {} if at is None else rules[at]
    entry = _entry(was, said)
    place = min(place, len(rules) - (at is not None))

    def edit(text: str) -> str:
        if at is None:
            return moved(added(text, _GROUP, entry), _GROUP, len(rules), place)
        return moved(changed(text, _GROUP, at, was, entry), _GROUP, at, place)

    rest = [one for other, one in enumerate(rules) if other != at]
    rest.insert(place, entry)
    wanted: Any = {**document, _GROUP: rest}
    return edited(text, _GROUP, edit, wanted)


def with_state(text: str, name: str, state: State) -> str:
    """The playbook's text with one rule in another state; a canary's settings go with it.

    Raises Invalid where there is no such rule any more, or where a program cannot edit the text.
    """
    document: Any = read_yaml(text).value
    rules = entries(document, _GROUP)
    place = place_of(rules, _GROUP, name)
    said = {key: rules[place].get(key) for key in KEYS}
    said |= {"state": state.value, "canary": None}
    return with_rule(text, name, said, place)


def with_order(text: str, names: Sequence[str]) -> str:
    """The playbook's text with its rules in this order; a rule that is not named is taken out.

    Raises Invalid where one of them is gone, or where a program cannot edit the text.
    """
    document: Any = read_yaml(text).value
    rules = entries(document, _GROUP)
    order = [place_of(rules, _GROUP, name) for name in names]
    wanted = document if not rules else {**document, _GROUP: [rules[place] for place in order]}
    return edited(text, _GROUP, lambda text: arranged(text, _GROUP, order), wanted)


def _entry(was: Entry, said: Mapping[str, Any]) -> Entry:
    decided = was.get("then")
    then = merged(decided if isinstance(decided, dict) else {}, said.get("then", {}), DECIDES)
    entry = merged(was, {**said, "then": then}, KEYS)
    spare = {key for key, usual in _USUAL.items() if key not in was and entry.get(key) == usual}
    return {key: value for key, value in entry.items() if key not in spare}
