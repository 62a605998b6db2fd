"""The health of segments on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.wiring_apart import Apart
from routing.population.findings import Finding, Severity

_MARKS = {Severity.BAD: "[red]✖[/]", Severity.WARN: "[yellow]▲[/]", Severity.NOTE: "[dim]·[/]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for other programs.")
@plain_errors
def health(*, as_json: bool) -> None:
    """Say what is wrong with the segments, with the numbers and what to do.

    Ends with 1 if anything is bad, so that a nightly job can raise its hand.
    """
    found = Apart(deskroute()).check_segments()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        _show(found)
    if any(one.severity is Severity.BAD for one in found):
        raise click.exceptions.Exit(1)


def _show(found: tuple[Finding, ...]) -> None:
    for one in found:
        console.print(_MARKS[one.severity], end=" ")
        console.print(one.says, markup=False)
        console.print(f"  {one.numbers}", markup=False, style="dim")
        console.print(f"  {one.advice}", markup=False)
    console.print(f"{len(found)} finding{'' if len(found) == 1 else 's'}.")
