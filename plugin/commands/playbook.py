"""The playbook as a file."""

from __future__ import annotations

import difflib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.views.playbook import ToPublish
from routing.conditions.wording import sentence
from routing.errors import Invalid
from routing.lint.findings import Finding, Severity
from routing.lint.lint import lint
from routing.playbook import Playbook
from routing.playbook_diff import diff as differences
from routing.playbook_file import playbook_schema, read_playbook
from routing.prove import Proof, prove
from routing.record import facts_out
from routing.rules.wording import does, state_says

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def playbook() -> None:
    """Check, publish, show, export and compare playbooks."""


@playbook.command()
def schema() -> None:
    """Print the JSON Schema of the playbook file, for editors."""
    sys.stdout.write(json.dumps(playbook_schema(), indent=2) + "\n")


@playbook.command()
@FILE
@click.option("--strict", is_flag=True, help="Fail for rules without effect, too.")
@click.option("--json", "as_json", is_flag=True, help="Print problems and findings as JSON.")
@plain_errors
def check(file: Path, *, strict: bool, as_json: bool) -> None:
    """Check a playbook file: list every problem with its line, then what is wrong with its rules.

    A finding comes with a ticket that shows it. Problems and red cases make the command fail; with
    --strict rules that never fire do, too.
    """
    text = _text(file)
    try:
        read = read_playbook(text)
    except Invalid as error:
        if not as_json:
            raise
        problems = [asdict(one) for one in error.problems]
        _print_json({"problems": problems, "findings": [], "cases": []})
        sys.exit(1)
    now = datetime.now(UTC)
    findings, proofs = lint(read, now), prove(read, now)
    reds = [one for one in proofs if not one.green]
    if as_json:
        shown, cases = list(map(_as_json, findings)), list(map(_case_as_json, proofs))
        _print_json({"problems": [], "findings": shown, "cases": cases})
    else:
        console.print(
            f"{file.name} is in order: {len(read.segments)} segments, {len(read.rules)} rules, "
            f"{len(read.queues)} queues, {len(read.agents)} agents, {len(read.replies)} replies."
        )
        for one in findings:
            console.print(f"  {one.severity}: {_about(read, one)}{one.says}", markup=False)
            console.print(f"    {one.witness.says}", markup=False)
        if proofs:
            console.print(f"{len(proofs) - len(reds)} of {len(proofs)} cases are green.")
        for proof in reds:
            console.print(f"  red: {proof}", markup=False)
    if reds or (strict and any(one.severity is Severity.BAD for one in findings)):
        sys.exit(1)


def _case_as_json(proof: Proof) -> dict[str, object]:
    return {
        "name": proof.case.name,
        "green": proof.green,
        "expects": proof.case.expect.told(),
        "misses": [asdict(one) for one in proof.misses],
        "decided": proof.decided,
    }


def _about(read: Playbook, finding: Finding) -> str:
    if not finding.rules:
        return ""
    place = finding.rules[0]
    return f"rule {place}, {read.rules[place - 1].name}: "


def _as_json(finding: Finding) -> dict[str, object]:
    witness = finding.witness
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "rules": finding.rules,
        "segments": finding.segments,
        "says": finding.says,
        "witness": {
            "says": witness.says,
            "told": dict(witness.told),
            "facts": facts_out(witness.facts),
        },
    }


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@playbook.command()
@click.argument("version", type=int, required=False)
@plain_errors
def show(version: int | None) -> None:
    """Show the live playbook, or one version, in words."""
    view = deskroute().edit_playbook.view(version)
    if view is None:
        raise click.ClickException("There is no such playbook. `deskroute playbook publish FILE`.")
    line = view.line
    console.print(
        f"{view.playbook.name}, playbook {line.version}{' (live)' if line.live else ''}, "
        f"by {line.by} at {line.at:%Y-%m-%d %H:%M} UTC. {line.note}"
    )
    for place, segment in enumerate(view.playbook.segments, 1):
        console.print(f"  segment {place}. {segment.name}: {sentence(segment.when)}", markup=False)
    for place, rule in enumerate(view.playbook.rules, 1):
        console.print(
            f"  rule {place}. {rule.name}: when {sentence(rule.when)}, then "
            f"{', '.join(does(rule))}{'' if rule.state == 'on' else f' ({state_says(rule)})'}",
            markup=False,
        )


@playbook.command()
@FILE
@click.option("--note", default="", help="What changes, for the people who read the history.")
@click.option("--based-on", type=int, help="The version you began with; the live one if left out.")
@click.option("--force", is_flag=True, help="Without the approval that is demanded; this is noted.")
@plain_errors
def publish(file: Path, note: str, based_on: int | None, *, force: bool) -> None:
    """Publish a playbook file as the next version; refused while one of its cases is red."""
    flows = deskroute()
    if flows.drafts.demanded() and not force:
        raise click.ClickException(
            "Not published: publishing needs the approval of a second lead or admin. Paste the "
            "file on the page “Edit or import” and ask for it there. With --force it is published "
            "without; that is noted in the audit log."
        )
    if based_on is None:
        with flows.store.look() as work:
            versions = work.playbooks.versions()
        based_on = versions[0].version if versions else 0
    change = ToPublish(_text(file), note, based_on, forced=force)
    version = flows.edit_playbook.publish_draft(change, SHELL)
    console.print(f"{file.name} is live as playbook {version}.")


@playbook.command()
@click.argument("wanted", type=click.Choice(["on", "off"]), required=False)
@plain_errors
def approvals(wanted: str | None) -> None:
    """Say whether publishing needs the approval of a second lead or admin, or switch it on or off.

    It is noted in the audit log.
    """
    flows = deskroute()
    if wanted is not None:
        flows.drafts.demand(SHELL, demanded=wanted == "on")
    needs = "the approval of a second lead or admin" if flows.drafts.demanded() else "no approval"
    console.print(f"Publishing needs {needs}.")


@playbook.command()
@click.argument("version", type=int, required=False)
@plain_errors
def export(version: int | None) -> None:
    """Print a version as it was published; the live one if left out."""
    sys.stdout.write(_version_text(version))


@playbook.command()
@click.argument("old", type=int)
@click.argument("new", type=int, required=False)
@click.option("--text", is_flag=True, help="Show the changed lines of the files instead.")
@plain_errors
def diff(old: int, new: int | None, *, text: bool) -> None:
    """Say in words what differs between two versions; NEW is the live one if left out."""
    if not text:
        told = differences(read_playbook(_version_text(old)), read_playbook(_version_text(new)))
        for one in told:
            console.print(str(one), markup=False)
        if not told:
            console.print("They say the same.")
        return
    lines = difflib.unified_diff(
        _version_text(old).splitlines(keepends=True),
        _version_text(new).splitlines(keepends=True),
        f"playbook {old}",
        f"playbook {new or 'live'}",
    )
    sys.stdout.writelines(lines)


def _version_text(version: int | None) -> str:
    flows = deskroute()
    if version is None:
        view = flows.edit_playbook.view(None)
        if view is None:
            raise click.ClickException("No playbook is published yet.")
        version = view.line.version
    return flows.edit_playbook.text(version)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name} is not UTF-8. Save it as UTF-8.") from None
