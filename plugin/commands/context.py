"""What most commands begin with: the flows, and plain words for what fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from rich.console import Console

from plugin.broker import make_celery, ring_on
from plugin.commands.environment import settings_or_exit
from plugin.data_folder import is_needed, open_folder
from plugin.pages.refusals import AskedForApproval, BadFile, Conflict, NotThere, RedCases
from plugin.ports import Refused, Unavailable
from plugin.store.vault import LockedOut
from plugin.up import NotUp
from plugin.wiring import Deskroute
from routing.errors import Invalid

P = ParamSpec("P")
R = TypeVar("R")

console = Console(highlight=False, soft_wrap=True)


_SAID = (AskedForApproval, BadFile, NotThere, Conflict, RedCases, LockedOut, NotUp)
"""What says all by itself."""


def deskroute() -> Deskroute:
    """The flows over the database of this installation."""
    settings = settings_or_exit()
    if is_needed(settings):
        open_folder(settings.data)
    celery = make_celery(settings)
    return Deskroute(settings, lambda: ring_on(celery))


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what can be expected to fail into one clear message, without a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Invalid as error:
            count = len(error.problems)
            what = "1 problem" if count == 1 else f"{count} problems"
            raise click.ClickException(f"{what}:\n{error}") from None
        except (Unavailable, Refused) as error:
            raise click.ClickException(error.reason) from None
        except _SAID as error:
            raise click.ClickException(str(error)) from None

    return run
