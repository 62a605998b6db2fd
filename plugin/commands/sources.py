"""Customer sources: adding one of each kind, listing, trying and removing them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.customers.kinds import KINDS
from plugin.flows.customers.see_sources import tried_out
from plugin.pages.refusals import NotThere
from plugin.ports import Requester
from plugin.records.connections import SourceRecord
from plugin.views.sources import SourceAsk, SourceKind, SourceLine, TriedSource
from plugin.wiring import Deskroute
from routing.conditions.fields import CUSTOMER_FIELDS

BY = "the command line"

_TERMS = (
    ("first_for", "Fields for which it is believed before all others, separated by commas."),
    ("fresh_for", "How long a value is fresh and not asked for again: 15 min, 2 h, 7 d."),
    ("keep_for", "How long a remembered answer serves while the source is silent."),
    ("timeout", "Seconds it may take for one customer, from 0.1 to 10."),
)


@click.group()
def sources() -> None:
    """Add customer sources, list them, try them out and remove them."""


def _adding(kind: SourceKind) -> click.Command:
    """The command that adds a source of this kind; its options come from the table of kinds."""

    @plain_errors
    def add(
        name: str,
        place: int,
        maps: tuple[str, ...] = (),
        *,
        instead: bool,
        **given: str | None,
    ) -> None:
        secret = {ask.name for ask in kind.asks if ask.secret}
        given["fields"] = "\n".join(maps)
        told = {key: text.strip() for key, text in given.items() if text and text.strip()}
        record = SourceRecord(
            name=name,
            kind=kind.name,
            settings={key: text for key, text in told.items() if key not in secret},
            secrets={key: text for key, text in told.items() if key in secret},
            place=place,
        )
        flows = deskroute()
        problems = flows.sources.check(record, instead=instead)
        if problems:
            lines = [f"{_said_at(key)}: {why}" for key, why in problems.items()]
            raise click.ClickException("Not added.\n" + "\n".join(lines))
        asked = _looked_up_nobody(flows, record) if kind.name == "sql" else ""
        flows.sources.keep(record, BY)
        console.print(f"{name} is asked about the customer of each new ticket.", markup=False)
        if asked:
            console.print(asked, markup=False)

    return click.Command(
        f"add-{kind.name}",
        callback=add,
        help=f"Add {kind.says} as the customer source NAME.",
        params=[
            click.Argument(["name"]),
            *(_asked(ask) for ask in kind.asks),
            click.Option(["--place"], type=int, default=10, help="The lower, the more trusted."),
            click.Option(
                ["--replace", "instead"],
                is_flag=True,
                help="Take the place of the source of this name and kind, with all it said.",
            ),
            *(click.Option([_option(key), key], help=says) for key, says in _TERMS),
        ],
    )


def _asked(ask: SourceAsk) -> click.Option:
    if ask.name == "fields":
        says = "Where a field is in its answer, for example customer.plan=subscription.plan."
        return click.Option(["--map", "maps"], multiple=True, metavar="OURS=PATH", help=says)
    names = [_option(ask.name), ask.name]
    prompt = ask.label if ask.secret and ask.needed else None
    return click.Option(
        names,
        help=ask.hint or ask.label,
        required=ask.needed and not ask.secret,
        prompt=prompt or False,
        hide_input=ask.secret,
    )


def _looked_up_nobody(flows: Deskroute, record: SourceRecord) -> str:
    """What came of asking a source that is to be added, so that a mistake is seen before a ticket.

    Raises click.ClickException where its query has to be mended; one that is down may be added.
    """
    tried = flows.try_source(record, Requester("nobody@example.com", "0"), CUSTOMER_FIELDS)
    if tried.mistake:
        raise click.ClickException(f"Not added.\n--query: {tried.problem}")
    if tried.problem:
        return f"{tried.problem} It is asked again with the next ticket."
    test = f"deskroute sources test {shlex.quote(record.name)} WHO"
    return f"It answered in {tried.took:.2f} s. Look up somebody it knows: {test}"


def _said_at(name: str) -> str:
    return "NAME" if name == "name" else _option(name)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


for _kind in KINDS.values():
    if _kind.view.asks:
        sources.add_command(_adding(_kind.view))


@sources.command(name="list")
@plain_errors
def listed() -> None:
    """List the customer sources, the most trusted first."""
    table = Table("Name", "Kind", "Place", "Customers", "First for", "State")
    for line in deskroute().sources.view():
        table.add_row(
            line.name,
            line.says,
            str(line.place) if line.editable else "last",
            "" if line.customers is None else f"{line.customers:,}",
            ", ".join(line.first_for),
            state_of(line),
        )
    console.print(table)


def state_of(line: SourceLine) -> str:
    """How a source answers, in a few words."""
    if line.down_since is not None:
        return f"not answering since {line.down_since:%Y-%m-%d %H:%M} UTC: {line.last_error}"
    if line.answered_at is not None:
        return f"answered {line.answered_at:%Y-%m-%d %H:%M} UTC"
    return ""


@sources.command()
@click.argument("name")
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help="What came as JSON.")
@plain_errors
def test(name: str, who: str, *, as_json: bool) -> None:
    """Look WHO up in the source NAME, by e-mail or the source's own id; - reads it from stdin."""
    flows = deskroute()
    who = sys.stdin.readline().strip() if who == "-" else who.strip()
    with flows.store.look() as work:
        record = next((one for one in work.connections.sources() if one.name == name), None)
        playbook = work.playbooks.live()
    if record is None:
        raise NotThere(f"There is no customer source “{name}”.")
    asked = Requester(who) if "@" in who else Requester(None, who)
    fields = CUSTOMER_FIELDS if playbook is None else playbook.fields
    tried = flows.try_source(record, asked, fields)
    if as_json:
        sys.stdout.write(tried_out(tried) + "\n")
        return
    _tell(tried, lambda text: console.print(text, markup=False))
    if tried.problem:
        raise click.ClickException(tried.problem)


def _tell(tried: TriedSource, line: Callable[[str], None]) -> None:
    if tried.problem:
        return
    line(f"{tried.source} answered in {tried.took:.2f} s.")
    if not tried.known:
        line(f"It does not know {tried.who}.")
    for one in tried.values:
        line(f"  {one.field} ({one.kind}): {one.value}, as of {one.as_of}")
    for name, why in tried.refused:
        line(f"  {name} is not taken: {why}")


@sources.command()
@click.argument("name")
@plain_errors
def remove(name: str) -> None:
    """Remove the source NAME with all that is known from it."""
    deskroute().sources.remove(name, BY)
    console.print(f"{name} is removed, with all that was known from it.", markup=False)
