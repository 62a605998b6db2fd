"""A condition as the YAML file holds it: what kind of node it is, without reading it whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Document = Any
"""``always``, or a map: a group (all, any), a negation (not), or a test."""

ALWAYS = "always"
GROUPS = ("all", "any")


def bare(document: Document) -> tuple[Document, bool]:
    """A node without its negations, and whether they negate it."""
    negated = False
    while isinstance(document, Mapping) and set(document) == {"not"}:
        document, negated = document["not"], not negated
    return document, negated


def negated_if(inner: Document, *, negated: bool) -> Document:
    """A node, negated or not."""
    return {"not": inner} if negated else inner


def group_of(inner: Document) -> Literal["all", "any"] | None:
    """Which group a node without its negations is; None where it is none."""
    if isinstance(inner, Mapping):
        for key in GROUPS:
            if isinstance(inner.get(key), list | tuple):
                return "all" if key == "all" else "any"
    return None


def test_of(inner: Mapping[str, Any]) -> tuple[str, str, object]:
    """The field's name, the operator's and the operand of a test; empty where one is missing."""
    operator = next((str(key) for key in inner if key != "field"), "")
    return str(inner.get("field", "")), operator, inner.get(operator)
