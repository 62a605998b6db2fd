"""Groups among the customers, printed as drafts of segments."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click
import yaml

from plugin.commands.context import console, deskroute, plain_errors
from plugin.flows.segments.find_segments import FindSegments
from plugin.flows.segments.see_groups import found_nothing, found_out
from plugin.ports import Refused
from plugin.store.walk import WalkCustomers
from routing.conditions.values import say
from routing.population.groups import LEAST_GROUPS, MOST_GROUPS, Draft, Groups


@click.command()
@click.option("--fields", default="", metavar="NAME,NAME", help="Number fields; else all of them.")
@click.option("--seed", default=1, show_default=True, help="The same seed finds the same groups.")
@click.option(
    "--groups",
    "count",
    type=click.IntRange(LEAST_GROUPS, MOST_GROUPS),
    help="How many groups; else as many as stand apart best.",
)
@click.option("--json", "as_json", is_flag=True, help="What came out, or why nothing did, as JSON.")
@plain_errors
def find(fields: str, seed: int, count: int | None, *, as_json: bool) -> None:
    """Find groups among the customers and print them as YAML drafts of segments.

    Nothing is published: read each condition, rename it, edit it, and put what makes sense into
    the playbook.
    """
    names = [name.strip() for name in fields.split(",") if name.strip()]
    if as_json:
        sys.stdout.write(_as_json(names, seed, count) + "\n")
        return
    for line in _written(*_found(names, seed, count)):
        console.print(line, markup=False)


def _found(names: Sequence[str], seed: int, count: int | None) -> tuple[Groups, tuple[Draft, ...]]:
    flows = deskroute()
    return FindSegments(flows.store, WalkCustomers(flows.database))(names, seed, count)


def _as_json(names: Sequence[str], seed: int, count: int | None) -> str:
    try:
        return found_out(*_found(names, seed, count))
    except Refused as error:
        return found_nothing(error.reason)


def _written(groups: Groups, drafts: tuple[Draft, ...]) -> Iterator[str]:
    yield (
        f"# {len(drafts)} groups among {groups.customers:,} customers. How well they stand apart: "
        f"{groups.silhouette:.2f} of 1."
    )
    yield f"# The conditions put {groups.agreement:.0%} of these customers where they belong."
    for name, why in groups.left_out.items():
        yield f"# Not used: {name}, {why}."
    for size in groups.without_rule:
        yield f"# A group of {size:,} could not be told apart by few tests."
    yield "segments:"
    for draft in drafts:
        group = draft.group
        yield (
            f"# {group.customers:,} customers; the condition catches {group.recall:.0%} of them, "
            f"and {group.precision:.0%} of whom it catches are such."
        )
        means = (f"{name} {say(float(f'{mean:.3g}'))}" for name, mean in group.means.items())
        yield f"# On average: {', '.join(means)}."
        yield yaml.safe_dump([draft.entry()], allow_unicode=True, sort_keys=False).rstrip()
