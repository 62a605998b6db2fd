"""Issues on the command line: topics that recur, and that grow."""

from __future__ import annotations

import click

from plugin.commands.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    places={
        "find": "plugin.commands.find_issues:find",
        "list": "plugin.commands.list_issues:show",
    },
)
def issues() -> None:
    """See what customers write about again and again, and what of it grows."""
