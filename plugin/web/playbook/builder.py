"""What the forms with a condition builder share: their buttons' words, focus, and lines of text."""

from __future__ import annotations

from flask import request

from routing.conditions.form_view import Node

MAX_NAME, MAX_LINE, MAX_NOTE = 120, 2_000, 500
"""Longest texts, in characters; what is longer is cut, as the form's own inputs do."""

_DONE = {
    "add-test": "Condition added.",
    "add-group": "Group added.",
    "remove": "Removed.",
    "move-up": "Moved up.",
    "move-down": "Moved down.",
    "put": "Moved.",
    "negate": "Turned round.",
    "place": "The rule has another place.",
    "always": "The condition is always now.",
}


def done(did: str) -> str:
    """What one of the builder's buttons has done, in words; empty for any other button."""
    return _DONE.get(did.partition(" ")[0], "")


def line(name: str, most: int) -> str:
    """A text of the form on one line, cut to so many characters."""
    return one_line(request.form.get(name, ""), most)


def one_line(text: str, most: int) -> str:
    """A text on one line, cut to so many characters."""
    return " ".join(text.split())[:most]


def focus(form: Node, did: str) -> str:
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
        case "place":
            return "place"
        case "always":
            return form.place
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
