"""A condition as a sentence."""

from __future__ import annotations

from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test


def sentence(condition: Condition) -> str:
    """The condition in words, for example "plan is Business, and not language is German"."""
    return _say(condition, inside=False)


def _say(condition: Condition, *, inside: bool) -> str:
    match condition:
        case Always():
            return "always"
        case Test():
            return condition.sentence
        case Not(part):
            return f"not {_say(part, inside=True)}"
        case All(parts):
            return _join(parts, "and", inside=inside)
        case AnyOf(parts):
            return _join(parts, "or", inside=inside)


def _join(parts: tuple[Condition, ...], word: str, *, inside: bool) -> str:
    said = [_say(part, inside=True) for part in parts]
    if len(said) == 1:
        return said[0]
    # Inside another group brackets keep "a and (b or c)" from being read two ways.
    return f"({f' {word} '.join(said)})" if inside else f", {word} ".join(said)
