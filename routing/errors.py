"""One root for everything the pure side refuses, each with a short code."""

from __future__ import annotations

from dataclasses import dataclass


class RoutingError(Exception):
    """The root of every error raised by ``routing``."""

    code = "routing"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a piece of input, said so that a person can mend it.

    ``path`` leads to it from the root of the input: keys are strings, places in a list are
    integers counted from 0. ``line`` is counted from 1 and is None where the input has no lines.
    """

    path: tuple[str | int, ...]
    message: str
    line: int | None = None

    @property
    def where(self) -> str:
        """The path as a person reads it, for example ``rules[2].when.all[0].field``."""
        words = ""
        for step in self.path:
            words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
        return words

    def __str__(self) -> str:
        place = self.where
        if self.line is not None:
            place = f"line {self.line}, {place}" if place else f"line {self.line}"
        return f"{place}: {self.message}" if place else self.message


class Invalid(RoutingError, ValueError):
    """Input that cannot be read, with every problem found in it, not only the first."""

    code = "invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        if not problems:
            raise ValueError("an Invalid without a problem says nothing")
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def seen_from(self, entry: tuple[str | int, ...]) -> tuple[Problem, ...]:
        """The problems; those within this entry with the path from there, and without a line."""
        depth = len(entry)
        return tuple(
            Problem(one.path[depth:], one.message) if one.path[:depth] == entry else one
            for one in self.problems
        )
