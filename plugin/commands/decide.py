"""One ticket, decided and explained without touching anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.reasons import told
from plugin.customers.typed import facts_of
from plugin.json_body import BadBody, read_json
from plugin.pages.refusals import BadFile
from plugin.ports import Requester
from routing.decide import decide, what_was_near
from routing.languages import recognise
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.record import decision_out
from routing.tickets import Fact, Facts, Priority, Ticket, TicketRef

JSON_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    else:
        who = Requester(ticket.requester_email)
        (gathered,) = deskroute().customers.gather([who], playbook.fields)
        known = gathered.facts
    language = recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages)
    facts = Facts(ticket, now, language, known)
    decision = decide(facts, playbook)
    if as_json:
        sys.stdout.write(json.dumps(decision_out(decision), indent=2, ensure_ascii=False) + "\n")
        return
    for line in told(decision, facts, what_was_near(facts, playbook)):
        console.print(line, markup=False)


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
        raise BadFile(error.about(f"The file {file.name}")) from None
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
