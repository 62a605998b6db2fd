"""The settings of a command, in a file of its own: some commands need nothing else."""

from __future__ import annotations

import os

import click

from plugin.settings import BadSettings, Settings, read_settings


def settings_or_exit() -> Settings:
    """The settings from the environment; a wrong one ends the command with all that is wrong."""
    try:
        return read_settings(os.environ)
    except BadSettings as error:
        raise click.ClickException("\n".join(error.problems)) from None
