"""Rules: how well each one routes, and what people's transfers teach about them."""

from __future__ import annotations

import click

from plugin.commands.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    places={
        "quality": "plugin.commands.rule_quality:quality",
        "learn": "plugin.commands.learn:learn",
        "count": "plugin.commands.learn:count",
    },
)
def rules() -> None:
    """See how well each rule routes, and learn from the tickets that people moved."""
