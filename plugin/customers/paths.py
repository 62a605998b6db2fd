"""Where a value stands in a source's answer, and which of our fields it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Steps into JSON: a key, a place in a list from 0 on, or EACH of a list."""

EACH = "*"

LONGEST = 300
MOST_LINES = 200
MOST_WORDS = 200
"""Values taken from one list."""

AS_OF = "as_of"
"""In place of a field: the moment at which the whole answer was true."""

_STEP = re.compile(r"\.?([^.\[\]\s]+)|\[(\d{1,4})\]|\[(\*)\]|\['([^']{1,200})'\]")
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


class BadPath(ValueError):
    """A field map that cannot be read; says which line, and why."""


def read_path(text: str) -> Path:
    """The steps of a path such as ``orders[0].total``, ``tags[*]`` or ``['plan name']``.

    A ``$`` in front, as JSONPath has it, changes nothing. Raises BadPath.
    """
    rest = text.strip()
    if len(rest) > LONGEST:
        raise BadPath(f"“{rest[:40]}…” is longer than {LONGEST} characters.")
    rest = rest.removeprefix("$")
    steps: list[str | int] = []
    place = 0
    while place < len(rest):
        found = _STEP.match(rest, place)
        if found is None:
            raise BadPath(f"“{text.strip()[:60]}” is not a path. Write it like orders[0].total.")
        key, number, each, quoted = found.groups()
        steps.append(int(number) if number is not None else each or key or quoted)
        place = found.end()
    if not steps:
        raise BadPath("A path is empty. Write it like orders[0].total.")
    return tuple(steps)


def look(document: object, path: Path) -> object | None:
    """What stands there; None where nothing does. ``[*]`` gives a list of what each one has."""
    here = document
    for number, step in enumerate(path):
        if step == EACH and isinstance(here, list):
            found = [look(one, path[number + 1 :]) for one in here[:MOST_WORDS]]
            return [one for one in found if one is not None]
        if isinstance(step, str) and isinstance(here, dict):
            here = here.get(step)
        elif isinstance(step, int) and isinstance(here, list):
            here = here[step] if step < len(here) else None
        else:
            return None
    return here


FieldMap = Mapping[str, str]
"""Our field, or AS_OF, to the path of its value in an answer."""


def read_field_map(text: str) -> dict[str, str]:
    """A field map as people write it: a line ``customer.plan = subscription.plan`` for each field.

    A path ``-`` says that the field is not taken from this source. Raises BadPath.
    """
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    if len(kept) > MOST_LINES:
        raise BadPath(f"The map has {len(kept)} lines; {MOST_LINES} is the most.")
    given: dict[str, str] = {}
    for line in kept:
        name, equals, path = (part.strip() for part in line.partition("="))
        if not equals or not _FIELD.fullmatch(name):
            raise BadPath(f"“{line[:60]}” must be written as our.field = path.in.their.answer.")
        if name in given:
            raise BadPath(f"{name} is in the map twice.")
        if path != "-":
            read_path(path)
        given[name] = path
    return given


def merged(defaults: FieldMap, given: FieldMap) -> dict[str, str]:
    """The defaults with what was given in place of them; ``-`` takes a field out."""
    together = {**defaults, **given}
    return {name: path for name, path in together.items() if path != "-"}
