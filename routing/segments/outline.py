"""A condition as nested lines, the way it is read aloud: a group's join first, then its parts."""

from __future__ import annotations

from dataclasses import dataclass

from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test


@dataclass(frozen=True, slots=True)
class Outline:
    """One line. A group has ``parts``, and its line says how they are joined."""

    says: str
    parts: tuple[Outline, ...] = ()


def outline(condition: Condition) -> Outline:
    """The condition as lines."""
    match condition:
        case Test():
            return Outline(condition.sentence)
        case All(parts):
            return Outline("all of these are true", tuple(outline(part) for part in parts))
        case AnyOf(parts):
            return Outline("any of these is true", tuple(outline(part) for part in parts))
        case Not(part):
            return _denied(part)
        case Always():
            return Outline("always")


def _denied(part: Condition) -> Outline:
    match part:
        case All(parts):
            return Outline("not all of these are true", tuple(outline(one) for one in parts))
        case AnyOf(parts):
            return Outline("none of these is true", tuple(outline(one) for one in parts))
        case Always():
            return Outline("never")
        case Not(inner):
            return outline(inner)
        case Test():
            return Outline(f"not: {part.sentence}")
