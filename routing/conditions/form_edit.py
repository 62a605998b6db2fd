"""The buttons of a condition's form, each one change to the document; ``form`` has the names.

A button is ``<button name="do" value="VERB PLACE">`` with one of ACTIONS as its verb, for example
``add-test when`` or ``remove when.1.0``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from routing.conditions.document import ALWAYS, Document, bare, group_of, negated_if
from routing.conditions.form import ROOT

NEW_TEST: Mapping[str, str] = {"field": ""}
"""A test of which nothing is chosen yet."""


def act(document: Document, action: str, place: str = ROOT) -> Document:
    """The document after one button, given as ``VERB PLACE``, for example ``move-up when.2``.

    ``put A B`` takes the part at place A to where the one at B stands, in whatever group. The
    document that came in stays as it was. An action or a place that isn't there does nothing:
    the page was older than the form.
    """
    verb, _, where = action.partition(" ")
    if verb == "put":
        return _put(document, *(_steps(one, place) for one in (*where.split(" "), "")[:2]))
    edit = ACTIONS.get(verb)
    steps = _steps(where, place)
    if edit is None or steps is None or not _reaches(document, steps):
        return document
    edited = edit(document, steps)
    return ALWAYS if edited is None else edited


def _steps(where: str, place: str) -> tuple[int, ...] | None:
    if re.fullmatch(rf"{re.escape(place)}(\.[0-9]{{1,6}})*", where) is None:
        return None
    return tuple(int(step) for step in where[len(place) :].split(".") if step)


def _reaches(document: Document, steps: tuple[int, ...]) -> bool:
    for step in steps:
        inner, _ = bare(document)
        group = group_of(inner)
        if group is None or step >= len(inner[group]):
            return False
        document = inner[group][step]
    return True


def _at(
    document: Document, steps: tuple[int, ...], edit: Callable[[Document], Document | None]
) -> Document | None:
    """A copy with one node edited; None takes it out, and with the last part its group."""
    if not steps:
        return edit(document)
    inner, negated = bare(document)
    group = group_of(inner)
    assert group is not None  # the caller has looked
    parts = list(inner[group])
    part = _at(parts[steps[0]], steps[1:], edit)
    parts[steps[0] : steps[0] + 1] = [] if part is None else [part]
    return negated_if({group: parts}, negated=negated) if parts else None


def _put(document: Document, steps: tuple[int, ...] | None, to: tuple[int, ...] | None) -> Document:
    if not steps or not to or to[: len(steps)] == steps:
        return document  # the whole, or a group into itself
    if not _reaches(document, steps) or not _reaches(document, to):
        return document
    part = document
    for step in steps:
        inner, _ = bare(part)
        part = inner[str(group_of(inner))][step]
    *above, at = to
    # Further down in the same group it comes behind what it is let go on.
    at += tuple(above) == steps[:-1] and steps[-1] < to[-1]

    def insert(node: Document) -> Document:
        inner, negated = bare(node)
        group = str(group_of(inner))
        return negated_if({group: [*inner[group][:at], part, *inner[group][at:]]}, negated=negated)

    with_both = _at(document, tuple(above), insert)
    was = list(steps)
    if len(steps) > len(above) and list(steps[: len(above)]) == above:
        was[len(above)] += was[len(above)] >= at
    return _remove(with_both, tuple(was))


def _add(new: Callable[[], Document]) -> Callable[[Document, tuple[int, ...]], Document]:
    def add(node: Document) -> Document:
        inner, negated = bare(node)
        group = group_of(inner)
        if group is not None:
            return negated_if({group: [*inner[group], new()]}, negated=negated)
        if not isinstance(inner, Mapping) and not negated:
            return new()
        return {"all": [node, new()]}

    return lambda document, steps: _at(document, steps, add)


def _remove(document: Document, steps: tuple[int, ...]) -> Document:
    return _at(document, steps, lambda _: None)


def _negate(document: Document, steps: tuple[int, ...]) -> Document:
    def negate(node: Document) -> Document:
        inner, negated = bare(node)
        return negated_if(inner, negated=not negated)

    return _at(document, steps, negate)


def _move(by: int) -> Callable[[Document, tuple[int, ...]], Document]:
    def move(document: Document, steps: tuple[int, ...]) -> Document:
        if not steps:
            return document
        *above, at = steps

        def swap(node: Document) -> Document:
            inner, negated = bare(node)
            group = group_of(inner)
            assert group is not None  # the caller has looked
            parts = list(inner[group])
            to = at + by
            if 0 <= to < len(parts):
                parts[at], parts[to] = parts[to], parts[at]
            return negated_if({group: parts}, negated=negated)

        return _at(document, tuple(above), swap)

    return move


ACTIONS: Mapping[str, Callable[[Document, tuple[int, ...]], Document]] = {
    "add-test": _add(lambda: dict(NEW_TEST)),
    "add-group": _add(lambda: {"any": [dict(NEW_TEST)]}),
    "remove": _remove,
    "move-up": _move(-1),
    "move-down": _move(+1),
    "negate": _negate,
}
"""What the buttons do, by verb. ``add`` puts a part at the end of a group, and beside a test."""
