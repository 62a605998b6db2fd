"""Segments: what customers are worth, and groups found among them."""

from __future__ import annotations

import click

from plugin.commands.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    places={
        "count": "plugin.commands.count:count",
        "push": "plugin.commands.count:push",
        "value": "plugin.commands.worth:value",
        "find": "plugin.commands.find_segments:find",
        "health": "plugin.commands.health:health",
    },
)
def segments() -> None:
    """Work out what customers are worth, and find groups among them."""
