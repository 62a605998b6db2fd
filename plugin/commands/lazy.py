"""A group of commands each of which is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

EXTRAS: Mapping[str, str] = {"sklearn": "analysis"}
"""Packages that not every installation has, and the extra of ours that brings them."""


class LazyGroup(click.Group):
    """The clock needs a tenth of what the demo needs, so a command is imported when it is called.

    ``places`` says of each command where it is, as ``module:name``.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        return [*self.places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by name; None if there is none."""
        if cmd_name not in self.places:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.places[cmd_name].partition(":")
        try:
            command = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            extra = EXTRAS.get(package)
            if extra is None:
                raise
            raise click.ClickException(
                f"“{cmd_name}” needs {package}, which is not installed. "
                f'Install it with: pip install "deskroute[{extra}]"'
            ) from None
        if not isinstance(command, click.Command):
            raise TypeError(self.places[cmd_name])
        return command
