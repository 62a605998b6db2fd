"""What differs between two playbooks, in words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from routing.assignment.staff import Agent, Queue
from routing.cases.case import Case
from routing.conditions.durations import say_duration
from routing.conditions.fields import Field
from routing.conditions.values import say
from routing.conditions.wording import sentence
from routing.hours import Hours, Schedule, Span
from routing.playbook import Playbook
from routing.replies.reply import Reply
from routing.rules.rule import Rule
from routing.rules.wording import occasion, state_says, then_tells
from routing.segments.history import Changed, changes, definition
from routing.segments.segment import Segment
from routing.surveys.survey import Survey

LONGEST = 160
"""Texts are cut to so many characters where a sentence tells of them."""

_SENTENCE = 2
"""Values with so many blanks are quoted."""


class How(StrEnum):
    """What became of a thing."""

    NEW = "new"
    GONE = "gone"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: for example the rule “VIP to Priority”, moved or changed.

    ``name`` is what it is called now, or was. ``places`` are those before and after, from 1, of
    what stands in an order; None where it stands in none or was not there. ``says`` is what a new
    thing says; ``changes`` what one that was there says another way.
    """

    thing: str
    name: str
    how: How
    places: tuple[int | None, int | None] = (None, None)
    says: str = ""
    changes: tuple[Changed, ...] = ()

    def __str__(self) -> str:
        """The difference as a sentence."""
        named = f"{_title(self.thing)} “{self.name}”" if self.name else _title(self.thing)
        before, after = self.places
        match self.how:
            case How.NEW:
                place = "" if after is None else f", at place {after}"
                return f"{named} is new{place}{f': {self.says}' if self.says else ''}."
            case How.GONE:
                return f"{named} is gone{'' if before is None else f'; it was at place {before}'}."
            case How.MOVED if before == after:
                return f"{named} stays at place {after}, with others before it."
            case How.MOVED:
                return f"{named} moved from place {before} to {after}."
            case How.CHANGED:
                return f"{named}: {'; '.join(map(change_says, self.changes))}."


def change_says(one: Changed) -> str:
    """One change in words, for example “queue was General, is Priority”."""
    return f"{one.what} was {_short(one.before)}, is {_short(one.after)}"


def diff(before: Playbook, after: Playbook) -> tuple[Difference, ...]:
    """What differs, rules first, in the order of the newer playbook."""
    return tuple(_diff(before, after))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Thing = TypeVar("_Thing", bound=_Named)
_Tells = Callable[[_Thing], Mapping[str, str]]


def _diff(before: Playbook, after: Playbook) -> Iterator[Difference]:
    yield from _listed("rule", before.rules, after.rules, rule_tells, ordered=True)
    yield from _segments(before, after)
    yield from _listed("queue", before.queues, after.queues, _queue)
    yield from _listed("agent", before.agents, after.agents, _agent)
    yield from _listed("reply", before.replies, after.replies, _reply)
    yield from _listed("field", before.declared, after.declared, _field)
    yield from _listed("schedule", before.schedules, after.schedules, _schedule)
    yield from _listed("survey", before.surveys, after.surveys, _survey, ordered=True)
    yield from _listed("case", before.cases, after.cases, _case)
    whole = _changed(_playbook(before), _playbook(after))
    if whole:
        yield Difference("playbook", "", How.CHANGED, changes=whole)


def _listed(
    thing: str,
    before: Sequence[_Thing],
    after: Sequence[_Thing],
    tells: _Tells[_Thing],
    *,
    ordered: bool = False,
) -> Iterator[Difference]:
    """The differences between two lists of things that are told apart by their names."""
    old = {one.name: (place, one) for place, one in enumerate(before, 1)}
    new = {one.name: (place, one) for place, one in enumerate(after, 1)}
    was = _renamed(before, after, tells)
    stayed = [old[was.get(name, name)][0] for name in new if was.get(name, name) in old]
    still = _longest_rising(stayed) if ordered else set(stayed)
    for name, (place, one) in new.items():
        known = old.get(was.get(name, name))
        if known is None:
            yield Difference(
                thing, name, How.NEW, (None, place if ordered else None), _all_of(tells(one))
            )
            continue
        if known[0] not in still:
            yield Difference(thing, name, How.MOVED, (known[0], place))
        told = _changed({"name": known[1].name, **tells(known[1])}, {"name": name, **tells(one)})
        if told:
            yield Difference(thing, name, How.CHANGED, changes=told)
    for name, (place, _) in old.items():
        if name not in new and name not in was.values():
            yield Difference(thing, name, How.GONE, (place if ordered else None, None))


def _renamed(
    before: Sequence[_Thing], after: Sequence[_Thing], tells: _Tells[_Thing]
) -> dict[str, str]:
    """The earlier name of what only got another one: it says the same, and the old name is gone."""
    old, new = {one.name for one in before}, {one.name for one in after}
    gone = [one for one in before if one.name not in new]
    found: dict[str, str] = {}
    for one in after:
        if one.name not in old:
            same = next((was for was in gone if tells(was) == tells(one)), None)
            if same is not None:
                gone.remove(same)
                found[one.name] = same.name
    return found


def _longest_rising(places: Sequence[int]) -> set[int]:
    """The most places that rise from one to the next: those did not move, the others did.

    Patience sorting: Fredman, On computing the length of longest increasing subsequences, 1975.
    """
    tops: list[int] = []
    below: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(tops, place)
        below[place] = tops[at - 1] if at else None
        tops[at : at + 1] = [place]
    chain: set[int] = set()
    last = tops[-1] if tops else None
    while last is not None:
        chain.add(last)
        last = below[last]
    return chain


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Changed, ...]:
    return tuple(
        Changed(what, before.get(what, ""), after.get(what, ""))
        for what in dict.fromkeys((*after, *before))
        if before.get(what, "") != after.get(what, "")
    )


def _all_of(told: Mapping[str, str]) -> str:
    return "; ".join(f"{what} {_short(said)}" for what, said in told.items() if said)


def _short(said: str) -> str:
    if not said:
        return "nothing"
    line = " ".join(said.split())
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    # Whole sentences are marked off from the one that they stand in.
    return f"“{line}”" if line.count(" ") >= _SENTENCE else line


def _title(thing: str) -> str:
    return thing[:1].upper() + thing[1:]


# What each kind of thing tells, by what it is called.


def rule_tells(rule: Rule) -> dict[str, str]:
    """A rule in words, by what each part is called; what is not said is empty."""
    return {
        "on": occasion(rule),
        "when": sentence(rule.when),
        **then_tells(rule.then),
        "after that": str(rule.after),
        "state": state_says(rule),
        "owner": rule.owner,
        "note": rule.note,
    }


def _segments(before: Playbook, after: Playbook) -> Iterator[Difference]:
    def tells(segment: Segment) -> dict[str, str]:
        nothing = definition(segment)._replace(
            name="", when="", model="", goal="", owner="", persona=()
        )
        said = changes(nothing, definition(segment)._replace(name=""))
        return {one.what: one.after for one in said}

    yield from _listed("segment", before.segments, after.segments, tells, ordered=True)


def _queue(queue: Queue) -> dict[str, str]:
    return {"ids": _ids(queue.ids), "hours": queue.hours or ""}


def _agent(agent: Agent) -> dict[str, str]:
    return {
        "queues": ", ".join(agent.queues),
        "languages": ", ".join(sorted(agent.languages)),
        "capacity": str(agent.capacity),
        "ids": _ids(agent.ids),
    }


def _ids(ids: Mapping[str, str]) -> str:
    return ", ".join(f"{key} in {desk}" for desk, key in sorted(ids.items()))


def _reply(reply: Reply) -> dict[str, str]:
    return {
        "text": reply.body,
        "language": reply.language,
        "segments": ", ".join(sorted(reply.segments)),
        "topics": ", ".join(reply.topics),
    }


def _field(field: Field) -> dict[str, str]:
    return {"type": field.kind.value, "words": field.says}


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _schedule(schedule: Schedule) -> dict[str, str]:
    return {
        "hours" if hours.since == date.min else f"hours from {hours.since}": _hours(hours)
        for hours in schedule.versions
    }


def _hours(hours: Hours) -> str:
    days = (
        f"{day} {', '.join(map(_span, spans))}"
        for day, spans in zip(_WEEK, hours.weekly, strict=True)
        if spans
    )
    free = ", ".join(str(day) for day in sorted(hours.holidays))
    return f"{', '.join(days)} in {hours.zone.key}{f'; free on {free}' if free else ''}"


def _span(span: Span) -> str:
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _case(case: Case) -> dict[str, str]:
    ticket = case.ticket
    return {
        "expects": str(case.expect),
        "subject": ticket.subject,
        "text": ticket.text,
        "address": ticket.requester_email or "",
        "channel": ticket.channel or "",
        "language": ticket.language or "",
        "priority": "" if ticket.priority is None else str(ticket.priority),
        "queue so far": ticket.queue or "",
        "tags": ", ".join(sorted(ticket.tags)),
        "opened": "" if ticket.opened_at is None else say(ticket.opened_at),
        "customer": ", ".join(f"{name} {say(value)}" for name, value in case.customer.items()),
        "at": "" if case.now is None else say(case.now),
    }


def _survey(survey: Survey) -> dict[str, str]:
    every = survey.at_most_once_in
    return {
        "kind": survey.kind.value.upper(),
        "channel": survey.channel.value,
        "segments": ", ".join(sorted(survey.segments)) or "everyone else",
        "wait": say_duration(survey.wait) if survey.wait else "",
        "share": f"{survey.share:g} %",
        "at most once in": "" if every is None else say_duration(every),
        "days": str(survey.valid_days),
        "brand": survey.brand,
        "address": survey.address,
        "privacy": survey.privacy,
        **{f"question in {code}": said for code, said in sorted(survey.questions.items())},
        **{
            f"second question in {code}": said
            for code, said in sorted(survey.second_questions.items())
        },
    }


def _playbook(playbook: Playbook) -> dict[str, str]:
    return {
        "name": playbook.name,
        "default queue": playbook.default_queue,
        "languages": ", ".join(playbook.languages),
        "time zone": playbook.time_zone,
        "hours": playbook.hours or "",
    }
