"""Reply texts: a very small part of Jinja2, checked before it is published and before it is run.

The sandbox keeps a template from reaching Python; the allow-list keeps it from burning time or
memory (``'a' * 300000000`` is legal in a sandbox). What is left is text, dotted names, ``if`` and
the ``default`` filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from routing.conditions.values import join_or

MAX_BODY = 20_000
"""Longest reply template, in characters."""

MAX_DEPTH = 30
"""Deepest nesting of a reply template, counted in nodes of its syntax tree."""

MAX_VALUE = 2_000
"""Longest value that is put into a reply, in characters; the rest of it is cut."""

VARIABLES = frozenset(
    {"customer.name", "customer.first_name", "ticket.subject", "agent.name", "account.name"}
)
"""What a reply may always mention; any other customer field may be unknown."""

_GROUPS = ("customer", "ticket", "agent", "account")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Getattr,
    nodes.Filter,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
)
_COMPARED = frozenset({"eq", "ne"})
_MOST_ARGUMENTS = {"default": 1, "title": 0, "upper": 0, "lower": 0}
_USABLE = "Replies know only {{ names.with.dots }}, {% if %} and the filter default."

_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
)
# Jinja's own functions (range, lipsum and so on) have no business in a letter.
_environment.globals.clear()


@dataclass(frozen=True, slots=True)
class Missing:
    """The reply cannot be offered: this variable has no value and no default."""

    variable: str


def check_body(body: str) -> str | None:
    """What is wrong with a reply's text, as a sentence; None when it is fine."""
    if len(body) > MAX_BODY:
        return f"The text has {len(body):,} characters; {MAX_BODY:,} is the most."
    try:
        tree = _environment.parse(body)
    except TemplateSyntaxError as error:
        return f"The text cannot be read at its line {error.lineno}: {error.message}."
    except (RecursionError, ValueError):
        # Thousands of brackets, or a number of thousands of digits.
        return f"The text cannot be read. {_USABLE}"
    for node, depth in _walk(tree, 0):
        problem = _refusal(node)
        if problem is None and depth > MAX_DEPTH:
            problem = "is nested too deeply. Make it flatter."
        if problem is not None:
            return f"Line {node.lineno} of the text {problem}"
    return None


def _walk(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    # One level past the deepest is enough to refuse it, however deep it goes on. A dotted name
    # is looked at as a whole.
    yield node, depth
    if depth <= MAX_DEPTH and not isinstance(node, nodes.Getattr):
        for child in node.iter_child_nodes():
            yield from _walk(child, depth + 1)


def _refusal(node: nodes.Node) -> str | None:
    """What is wrong with one node, as the rest of a sentence."""
    if not isinstance(node, _ALLOWED):
        what = node.name if isinstance(node, nodes.Name) else type(node).__name__.lower()
        return f"uses “{what}”. {_USABLE}"
    match node:
        case nodes.Getattr():
            return _name_refusal(node)
        case nodes.Filter():
            return _filter_refusal(node)
        case _:
            return _expression_refusal(node)


def _expression_refusal(node: nodes.Node) -> str | None:
    match node:
        case nodes.Const(value=value) if not isinstance(value, str):
            return f"uses {value}. Put it in quotes."
        case nodes.CondExpr(expr2=None):
            return "has an if without else between its braces. Say what stands there otherwise."
        case nodes.Compare(ops=compared) if any(one.op not in _COMPARED for one in compared):
            return "compares with something else than == and !=."
        case _:
            return None


def _name_refusal(name: nodes.Getattr) -> str | None:
    if not isinstance(name.node, nodes.Name):
        return f"uses “.{name.attr}” after a value. {_USABLE}"
    group = name.node.name
    if group in _GROUPS and not name.attr.startswith("_"):
        return None
    return f"uses “{group}.{name.attr}”. Names begin with {join_or(list(_GROUPS))}."


def _filter_refusal(call: nodes.Filter) -> str | None:
    most = _MOST_ARGUMENTS.get(call.name)
    if most is None:
        return f"uses the filter “{call.name}”. Known: {', '.join(sorted(_MOST_ARGUMENTS))}."
    if len(call.args) > most or call.kwargs or call.dyn_args or call.dyn_kwargs:
        return f"gives the filter “{call.name}” more than it takes."
    return None


def render(body: str, values: Mapping[str, str]) -> str | Missing:
    """The reply's text with ``values`` (by dotted name) filled in, or the variable it lacks.

    Values are put in as they are, cut at ``MAX_VALUE``, and are never themselves read as
    templates.
    """
    groups = {name: _Group(name, values) for name in _GROUPS}
    try:
        return _compiled(body).render(groups).strip()
    except UndefinedError as error:
        return Missing(str(error.message))


@lru_cache(maxsize=2048)
def _compiled(body: str) -> Template:
    if (problem := check_body(body)) is not None:
        raise ValueError(problem)
    return _environment.from_string(body)


class _Group:
    """The values of one group, and nothing else: a dict's methods would be within reach."""

    def __init__(self, name: str, values: Mapping[str, str]) -> None:
        self._name = name
        self._values = values

    def __getitem__(self, leaf: str) -> str | StrictUndefined:
        name = f"{self._name}.{leaf}"
        value = self._values.get(name)
        return StrictUndefined(hint=name) if value is None else value[:MAX_VALUE]
