"""A case in the playbook's YAML text: changed, added, taken out; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from routing.cases.case import Case
from routing.conditions.durations import write_duration
from routing.tickets import Value
from routing.yaml_edit import (
    Entry,
    added,
    arranged,
    changed,
    edited,
    entries,
    merged,
    place_of,
    put,
    renamed,
)
from routing.yaml_text import Path, Plain, read_yaml

KEYS = ("name", "ticket", "customer", "now", "expect")
"""What an entry says, in the order in which it is written."""

_GROUP = "cases"


def with_case(text: str, name: str | None, said: Mapping[str, Any]) -> str:
    """The playbook's text with one case changed, or added at the end where ``name`` is None.

    ``said`` maps KEYS to plain values; what is empty is left out. Raises Invalid where there is no
    such case any more, or where a program cannot edit the text.
    """
    document: Any = read_yaml(text).value
    cases = entries(document, _GROUP)
    at = None if name is None else place_of(cases, _GROUP, name)
    entry = merged({} if at is None else cases[at], said, KEYS)

    def edit(text: str) -> str:
        if at is None:
            return added(text, _GROUP, entry)
        return changed(text, _GROUP, at, cases[at], entry)

    place = len(cases) if at is None else at
    wanted: Any = {**document, _GROUP: [*cases[:place], entry, *cases[place + 1 :]]}
    return edited(text, _GROUP, edit, wanted)


def without_case(text: str, name: str) -> str:
    """The playbook's text without one case. Raises Invalid as ``with_case`` does."""
    document: Any = read_yaml(text).value
    cases = entries(document, _GROUP)
    gone = place_of(cases, _GROUP, name)
    order = [place for place in range(len(cases)) if place != gone]
    wanted = {**document, _GROUP: [cases[place] for place in order]}
    return edited(text, _GROUP, lambda text: arranged(text, _GROUP, order), wanted)


def following(text: str, what: str, old: str | None, new: str) -> str:
    """The text with its cases expecting a rule or segment (``what``) under its new name.

    ``old`` None, or the same name, changes nothing. Raises Invalid where a program cannot edit it.
    """
    if old is None or old == new:
        return text
    document: Any = read_yaml(text).value
    paths = list(expecting(document, what, old))
    wanted = document
    for path in paths:
        wanted = put(wanted, path, new)
    return edited(text, _GROUP, lambda text: renamed(text, paths, new), wanted) if paths else text


def expecting(document: Plain, what: str, name: str) -> Iterator[Path]:
    """The path to each name of a rule or segment (``what``) that a case expects."""
    for at, one in enumerate(entries(document, _GROUP)):
        expect: Entry | Plain = one.get("expect")
        if isinstance(expect, dict) and str(expect.get(what)).strip() == name:
            yield (_GROUP, at, "expect", what)


def entry_of(case: Case) -> dict[str, Any]:
    """The case as KEYS with plain values; what is not set is empty."""
    ticket, expect = case.ticket, case.expect
    return {
        "name": case.name,
        "ticket": _filled(
            subject=ticket.subject,
            text=ticket.text,
            requester_email=ticket.requester_email,
            channel=ticket.channel,
            language=ticket.language,
            priority=None if ticket.priority is None else str(ticket.priority),
            tags=sorted(ticket.tags),
            queue=ticket.queue,
            opened_at=None if ticket.opened_at is None else plain_value(ticket.opened_at),
        ),
        "customer": {name: plain_value(value) for name, value in case.customer.items()},
        "now": "" if case.now is None else plain_value(case.now),
        "expect": _filled(
            queue=expect.queue,
            segment=expect.segment,
            priority=None if expect.priority is None else str(expect.priority),
            agent=expect.agent,
            tags=list(expect.tags),
            rule=expect.rule,
            reply=expect.reply,
            first_reply=None if expect.first_reply is None else write_duration(expect.first_reply),
        ),
    }


def plain_value(value: Value) -> Plain:
    """A value as a person writes it in YAML, so that it is read back as the same."""
    match value:
        case frozenset():
            return [*sorted(value)]
        case datetime():
            exact = "seconds" if value.second else "minutes"
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", exact)
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _filled(**values: Plain | list[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
