"""One ticket, decided and explained without touching anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.customers.typed import facts_of
from plugin.json_body import BadBody, read_json
from plugin.pages import BadFile
from plugin.ports import Requester
from routing.conditions.evaluate import Seen
from routing.conditions.values import say
from routing.decide import Decision, decide
from routing.languages import language_name, recognise
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.record import decision_out
from routing.rules.trace import RuleSeen, Verdict
from routing.tickets import Fact, Facts, Priority, Ticket, TicketRef

JSON_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_MARKS = {
    Verdict.FIRED: "✓",
    Verdict.NOT_MATCHED: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.AFTER_STOP: "·",
    Verdict.OFF: "–",
}


@click.command(name="decide")
@click.option(
    "--ticket",
    "ticket_file",
    type=JSON_FILE,
    required=True,
    help="A JSON object with subject, text, requester_email, requester_name, channel, tags …",
)
@click.option(
    "--customer",
    "customer_file",
    type=JSON_FILE,
    help="A JSON object of fields, in place of the customer sources.",
)
@click.option("--playbook", "playbook_file", type=JSON_FILE, help="A file; else the live one.")
@click.option("--json", "as_json", is_flag=True, help="The decision as JSON.")
@plain_errors
def decide_command(
    ticket_file: Path, customer_file: Path | None, playbook_file: Path | None, *, as_json: bool
) -> None:
    """Explain what would happen to one ticket. Nothing is stored or written."""
    playbook = _playbook(playbook_file)
    ticket = _ticket(_object(ticket_file))
    now = datetime.now(UTC)
    if customer_file is not None:
        known: Mapping[str, Fact] = facts_of(
            _object(customer_file), playbook.fields, customer_file.name, now
        )
    elif playbook_file is None:
        who = Requester(ticket.requester_email)
        known = deskroute().customers.gather(who, playbook.fields).facts
    else:
        known = {}
    language = recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages)
    decision = decide(Facts(ticket, now, language, known), playbook)
    if as_json:
        sys.stdout.write(json.dumps(decision_out(decision), indent=2, ensure_ascii=False) + "\n")
        return
    _tell(decision, language)


def _playbook(file: Path | None) -> Playbook:
    if file is not None:
        return read_playbook(file.read_text(encoding="utf-8"))
    with deskroute().store.look() as work:
        playbook = work.playbooks.live()
    if playbook is None:
        raise click.ClickException("No playbook is published yet; name a file with --playbook.")
    return playbook


def _object(file: Path) -> dict[str, object]:
    try:
        value = read_json(file.read_bytes())
    except BadBody as error:
        raise BadFile(f"{file.name}: {error.message}") from None
    if not isinstance(value, dict):
        raise BadFile(f"{file.name} holds no JSON object.")
    return value


def _ticket(raw: Mapping[str, object]) -> Ticket:
    known = {"id", "subject", "text", "requester_email", "requester_name", "channel"}
    known |= {"priority", "tags", "queue", "opened_at"}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise BadFile(f"A ticket has no “{unknown[0]}”. Known: {', '.join(sorted(known))}.")
    priority = raw.get("priority")
    tags = raw.get("tags") or []
    if priority is not None and priority not in set(Priority):
        raise BadFile(f"“{priority}” is no priority. Known: {', '.join(Priority)}.")
    if not isinstance(tags, list):
        raise BadFile("tags must be a list.")
    return Ticket(
        ref=TicketRef("try", str(raw.get("id", "1"))),
        subject=str(raw.get("subject", "")),
        text=str(raw.get("text", "")),
        requester_email=_optional(raw, "requester_email"),
        requester_name=_optional(raw, "requester_name"),
        opened_at=datetime.now(UTC),
        channel=_optional(raw, "channel"),
        priority=None if priority is None else Priority(str(priority)),
        queue=_optional(raw, "queue"),
        tags=frozenset(str(tag) for tag in tags),
    )


def _optional(raw: Mapping[str, object], name: str) -> str | None:
    value = raw.get(name)
    return None if value is None else str(value)


def _tell(decision: Decision, language: str | None) -> None:
    def line(text: str) -> None:
        console.print(text, markup=False)

    line(f"Queue     {decision.queue}. {decision.because}")
    line(f"Agent     {decision.agent.because}")
    for place, member in enumerate(decision.segments):
        because = "; ".join(_said(one) for one in member.because)
        line(f"{'Segment  ' if place == 0 else 'also     '} {member.segment}: {because or 'all'}")
    if not decision.segments:
        line("Segment   none")
    if language is not None:
        line(f"Language  {language_name(language)}")
    if decision.priority is not None:
        line(f"Priority  {decision.priority}")
    if decision.tags:
        line(f"Tags      {', '.join(decision.tags)}")
    if decision.first_reply is not None:
        line(f"Reply     within {decision.first_reply}")
    for place, one in enumerate(decision.replies, 1):
        line(f"Reply {place}   {one.reply}. {one.because}")
    line("")
    for place, rule in enumerate(decision.trace, 1):
        _tell_rule(place, rule)


def _tell_rule(place: int, rule: RuleSeen) -> None:
    verdict = rule.verdict
    if verdict is Verdict.AFTER_STOP:
        verdict_text = f"after a stop, {'would match' if rule.matched else 'would not match'}"
    else:
        verdict_text = verdict.value
    console.print(f"{_MARKS[verdict]} {place}. {rule.name} ({verdict_text})", markup=False)
    for one in rule.tests:
        console.print(f"     {_said(one)}", markup=False)


def _said(seen: Seen) -> str:
    if seen.value is None:
        return f"{seen.sentence}: unknown"
    shown = " ".join(say(seen.value).split())
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    source = f", {seen.source}" if seen.source else ""
    return f"{seen.sentence} (it is {shown}{source})"
