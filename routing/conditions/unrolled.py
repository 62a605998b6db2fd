"""Loops over a playbook's fields, written out as code once, when the playbook is compiled.

What is done for every field of every ticket takes two thirds of the time when it is straight code
and not a loop over tuples. As with dataclasses and named tuples, that code is made by us from what
was parsed before: it has place numbers in it, never a name, a value or any other text of a
playbook. Those are given to it as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def unrolled(
    argument: str, lines: Iterable[str], constants: Mapping[str, object]
) -> Callable[[Any], Any]:
    """A function of one argument with these lines as its body, which may use the constants."""
    body = "".join(f"    {line}\n" for line in lines)
    names = dict(constants)
    # ruff: ignore[exec-builtin] — no text from outside: see above.
    exec(f"def made({argument}):\n{body}", names)
    made: Callable[[Any], Any] = names["made"]  # type: ignore[assignment]  # exec put it there
    return made


def numbered(**series: Iterable[object]) -> dict[str, object]:
    """Constants by name and number: ``numbered(name=["a", "b"])`` gives ``name0``, ``name1``."""
    return {f"{word}{n}": one for word, many in series.items() for n, one in enumerate(many)}
