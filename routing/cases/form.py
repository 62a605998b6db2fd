"""Cases as the playbook's file has them, read into cases or into every problem in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Described

from routing.cases.case import Case, CaseTicket, Expectation
from routing.conditions.durations import PATTERN as DURATION
from routing.conditions.durations import read_duration
from routing.conditions.fields import Fields
from routing.conditions.values import Kind, read_value
from routing.tickets import Priority, Value
from routing.yaml_text import Path

MOST = 1_000
"""Cases that a playbook can have: each of them is decided at every publishing."""

MOST_CHARACTERS = 2_000_000
"""Characters that their tickets can have together: each rule may search all of them."""

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
_Text = Annotated[str, StringConstraints(max_length=20_000)]
_Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
_Priority = Annotated[Priority | None, Described(strict=False)]

Note = Callable[[Path, str], None]
"""Takes a problem: where it is, and what."""

Exists = Callable[[Path, str, str], None]
"""Takes where a thing is named, what kind it is and its name; notes it if there is none."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CaseTicketForm(_Form):
    """The ticket of a case, in the words of `deskroute decide --ticket`."""

    subject: _Text = ""
    text: _Text = ""
    requester_email: _Name | None = None
    channel: _Name | None = None
    language: _Language | None = Described(
        None, description="Left out: recognised from the text, as in a real ticket."
    )
    priority: _Priority = None
    tags: list[_Name] = []
    queue: _Name | None = Described(None, description="The desk's own id of the queue so far.")
    opened_at: str | None = Described(None, description="A moment in UTC; left out: now.")


class ExpectForm(_Form):
    """What has to come out of a case; what is left out is not looked at."""

    queue: _Name | None = None
    segment: _Name | None = Described(None, description="The primary one.")
    priority: _Priority = None
    agent: _Name | None = None
    tags: list[_Name] = Described([], description="Have to be among those set.")
    rule: _Name | None = Described(None, description="Has to be among those that fire.")
    reply: _Name | None = Described(None, description="Has to be among the suggested.")
    first_reply: str | None = Described(
        None, pattern=f"^{DURATION}$", description="The target, like 30 min, 4 h or 2 d."
    )


class CaseForm(_Form):
    """A ticket, what is known of its customer, and what has to become of it at every publishing."""

    name: _Name
    ticket: CaseTicketForm = CaseTicketForm()
    customer: dict[_Name, Any] = Described({}, description="What is known, by field name.")
    now: str | None = Described(
        None, description="The moment, in UTC, at which it is decided; left out: whenever it runs."
    )
    expect: ExpectForm = ExpectForm()


def read_cases(
    forms: Iterable[CaseForm], fields: Fields, note: Note, exists: Exists
) -> Iterator[Case]:
    """The cases that the forms mean; what cannot be meant is noted and left out of them.

    Whether there is a rule of an expected name is not looked at here: a case that expects one
    which is gone can be read, and is red.
    """
    characters = 0
    for place, form in enumerate(forms):
        characters += len(form.ticket.subject) + len(form.ticket.text)
        yield _case(form, fields, ("cases", place), note, exists)
    if characters > MOST_CHARACTERS:
        note(
            ("cases",),
            f"The tickets of all cases have {characters:,} characters together; "
            f"{MOST_CHARACTERS:,} is the most. Shorten their texts or remove cases.",
        )


def _case(form: CaseForm, fields: Fields, path: Path, note: Note, exists: Exists) -> Case:
    ticket, expect = form.ticket, form.expect
    for what in ("queue", "segment", "agent", "reply"):
        name = getattr(expect, what)
        if name is not None:
            exists((*path, "expect", what), what, name)
    if expect == ExpectForm():
        note((*path, "expect"), "The case expects nothing. Name a queue, a rule or more.")
    first_reply = expect.first_reply
    return Case(
        name=form.name,
        ticket=CaseTicket(
            subject=ticket.subject,
            text=ticket.text,
            requester_email=ticket.requester_email,
            channel=ticket.channel,
            language=ticket.language,
            priority=ticket.priority,
            queue=ticket.queue,
            tags=frozenset(ticket.tags),
            opened_at=_moment(ticket.opened_at, (*path, "ticket", "opened_at"), note),
        ),
        customer=dict(_known(form, fields, path, note)),
        now=_moment(form.now, (*path, "now"), note),
        expect=Expectation(
            queue=expect.queue,
            segment=expect.segment,
            priority=expect.priority,
            agent=expect.agent,
            tags=tuple(expect.tags),
            rule=expect.rule,
            reply=expect.reply,
            first_reply=None if first_reply is None else read_duration(first_reply),
        ),
    )


def _known(form: CaseForm, fields: Fields, path: Path, note: Note) -> Iterator[tuple[str, Value]]:
    for name, raw in form.customer.items():
        at = (*path, "customer", name)
        field = fields.get(name)
        if field is None or field.read is not None:
            note(at, f"“{name}” is no field of customers. The fields stand in docs/playbook.md.")
            continue
        try:
            value = read_value(field.kind, raw)
        except ValueError as error:
            note(at, str(error))
            continue
        if value is not None:
            yield name, value


def _moment(written: str | None, path: Path, note: Note) -> datetime | None:
    if written is None:
        return None
    try:
        read = read_value(Kind.MOMENT, written)
    except ValueError as error:
        note(path, str(error))
        return None
    return read if isinstance(read, datetime) else None
