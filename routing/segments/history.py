"""How a segment's definition changed from one playbook version to the next, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from routing.conditions.wording import sentence
from routing.segments.segment import Persona, Segment


class Definition(NamedTuple):
    """A segment in words: what two versions of it are compared by."""

    name: str
    model: str
    when: str
    owner: str
    goal: str
    persona: tuple[tuple[str, str], ...]


class Changed(NamedTuple):
    """One thing that is said another way now. Empty: it was not there, or is not any more."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one playbook version did to a segment; ``made`` where it is the first to have it."""

    version: int
    made: bool
    changes: tuple[Changed, ...]


def definition(segment: Segment) -> Definition:
    """The segment in words."""
    persona = ((one.name, str(getattr(segment.persona, one.name))) for one in fields(Persona))
    return Definition(
        name=segment.name,
        model=segment.model.value,
        when=sentence(segment.when),
        owner=segment.owner,
        goal=segment.goal,
        persona=tuple(persona),
    )


def changes(before: Definition, after: Definition) -> tuple[Changed, ...]:
    """What differs, in the order in which it is read."""
    return tuple(_changes(before, after))


def _changes(before: Definition, after: Definition) -> Iterator[Changed]:
    for what, old, new in (
        ("name", before.name, after.name),
        ("definition", before.when, after.when),
        ("model", before.model, after.model),
        ("goal", before.goal, after.goal),
        ("owner", before.owner, after.owner),
    ):
        if old != new:
            yield Changed(what, old, new)
    were = dict(before.persona)
    for what, new in after.persona:
        if were.get(what, "") != new:
            yield Changed(f"persona, {what}", were.get(what, ""), new)


def history(name: str, versions: Sequence[tuple[int, Sequence[Definition]]]) -> list[Step]:
    """The steps that made the segment what it is, newest first.

    ``versions`` come newest first, each with the segments of that playbook version. A segment
    that got another name is followed back through it: the one that is gone in the newer version
    and that meant the same. Where the oldest of ``versions`` has it, how it was made isn't known.
    """
    steps: list[Step] = []
    now: Definition | None = None
    newer: Sequence[Definition] = ()
    at = 0
    for version, segments in versions:
        older = _same(name if now is None else now, segments, newer)
        if older is None and now is not None:
            steps.append(Step(at, made=True, changes=()))
            return steps
        if older is not None:
            if now is not None and (changed := changes(older, now)):
                steps.append(Step(at, made=False, changes=changed))
            now, newer, at = older, segments, version
    if now is not None and versions and versions[-1][0] == 1:
        steps.append(Step(at, made=True, changes=()))
    return steps


def names(name: str, versions: Sequence[tuple[int, Sequence[Definition]]]) -> tuple[str, ...]:
    """Every name the segment has had, today's first."""
    before = (
        change.before
        for step in history(name, versions)
        for change in step.changes
        if change.what == "name"
    )
    return tuple(dict.fromkeys((name, *before)))


def _same(
    wanted: str | Definition, segments: Sequence[Definition], newer: Sequence[Definition]
) -> Definition | None:
    """The same segment in an older version."""
    name = wanted if isinstance(wanted, str) else wanted.name
    by_name = next((one for one in segments if one.name == name), None)
    if by_name is not None or isinstance(wanted, str):
        return by_name
    kept = {one.name for one in newer}
    gone = (one for one in segments if one.name not in kept)
    return next((one for one in gone if one.when == wanted.when), None)
