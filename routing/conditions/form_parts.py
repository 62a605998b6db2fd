"""What a page works out of a condition's form: its parts, the fields it asks, its problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from routing.conditions.document import Document, bare
from routing.conditions.fields import Fields
from routing.conditions.form import place_of
from routing.conditions.form_view import Node
from routing.conditions.operators import usable
from routing.conditions.tree import Condition, read_condition
from routing.conditions.values import say
from routing.errors import Invalid, Problem
from routing.tickets import Fact

CHOICES = 30
"""The commonest values of a field that a form offers."""


def settled(document: Document, fields: Fields) -> Document:
    """The same with an operator that fits for each test whose field has just been chosen."""
    if isinstance(document, list):
        return [settled(one, fields) for one in document]
    if not isinstance(document, dict):
        return document
    field = fields.get(str(document.get("field", "")))
    if field is None:
        return {key: settled(value, fields) for key, value in document.items()}
    known = {one.name for one in usable(field.kind)}
    if any(key in known for key in document if key != "field"):
        return document
    value = next((one for key, one in document.items() if key != "field"), "")
    return {"field": field.name, usable(field.kind)[0].name: value}


def readable(document: Document, fields: Fields) -> tuple[Condition | None, tuple[Problem, ...]]:
    """The condition, or None and what is wrong with it; paths begin with ``when``."""
    try:
        return read_condition(document, fields, ("when",)), ()
    except Invalid as error:
        return None, error.problems


def parts_of(form: Node, document: Document, fields: Fields) -> dict[str, Condition]:
    """Every part of the form that can be read by itself, by its place."""
    parts: dict[str, Condition] = {}
    for node, said in _with_documents(form, document):
        condition, _ = readable(said, fields)
        if condition is not None and node.kind != "always":
            parts[node.place] = condition
    return parts


def _with_documents(node: Node, document: Document) -> Iterator[tuple[Node, Document]]:
    yield node, document
    inner, _ = bare(document)
    if node.kind == "group":
        for part, one in zip(node.parts, inner[node.group], strict=True):
            yield from _with_documents(part, one)


def asked(document: Document) -> Iterator[str]:
    """The name of each field that the document asks about, whether there is such a field or not."""
    if isinstance(document, Mapping):
        field = document.get("field")
        if isinstance(field, str):
            yield field
        for value in document.values():
            yield from asked(value)
    elif isinstance(document, list):
        for one in document:
            yield from asked(one)


def usual_values(
    document: Document, fields: Fields, known: Sequence[Mapping[str, Fact]]
) -> dict[str, Sequence[str]]:
    """The commonest values of the fields that the document asks about, for its form to offer.

    ``known`` are the facts of some customers.
    """
    found: dict[str, Sequence[str]] = {}
    for name in set(asked(document)) & set(fields):
        if fields[name].choices:
            continue
        counted: Counter[str] = Counter()
        for facts in known:
            fact = facts.get(name)
            if fact is not None and isinstance(fact.value, str):
                counted[fact.value] += 1
            elif fact is not None and isinstance(fact.value, frozenset):
                counted.update(fact.value)
        # Where nearly everybody has their own, such as names, there is nothing to offer.
        if counted and len(counted) <= len(known) / 4 + CHOICES:
            found[name] = [say(value) for value, _ in counted.most_common(CHOICES)]
    return found


def placed(
    problems: Iterable[Problem], form: Node, keys: Mapping[str, str], *, strict: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Problems by the part of the form they belong to, and those that belong to none.

    ``keys`` maps the first steps of a problem's path, between dots, to the form's input. A test
    that is still being filled in has no problem yet, unless ``strict``.
    """
    nodes = {node.place: node for node in _nodes(form)}
    at: dict[str, str] = {}
    elsewhere = []
    for problem in problems:
        steps = [str(step) for step in problem.path]
        paths = [".".join(steps[:length]) for length in (2, 1)]
        key = next((keys[path] for path in paths if path in keys), None)
        if steps[:1] == ["when"]:
            place = place_of(problem.path[1:])
            if strict or not _is_begun(nodes.get(place)):
                at.setdefault(place, problem.message)
        elif key is not None:
            at.setdefault(key, problem.message)
        else:
            elsewhere.append(str(problem))
    return at, tuple(elsewhere)


def _is_begun(node: Node | None) -> bool:
    """Whether it is a test that somebody is still filling in: that is no mistake yet."""
    if node is None or node.kind != "test":
        return False
    return not node.field or any(not one.value.strip() for one in node.inputs)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _nodes(part)
