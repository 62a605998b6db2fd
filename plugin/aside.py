"""A command of ours in a process of its own.

What needs much memory, or libraries that are slow to load, is done there: it is all given back
when the process ends, and the worker that asked for it stays small.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from threading import Thread

from plugin.settings import Settings, to_environment

LONGEST = 90.0
"""Seconds after which it is ended: before the job that waits for it is."""

SHORT = 20.0
"""The same where a person waits for it."""

PATIENT = 50.0
"""The same where they know that it takes a while: less than the 60 a proxy in front waits."""

STARTED = 600.0
"""The same where nobody waits for it."""


def run_aside(settings: Settings, *arguments: str) -> bool:
    """Run ``deskroute`` with these arguments; whether it ended well."""
    command = [sys.executable, "-m", "plugin.cli", *arguments]
    done = subprocess.run(  # ruff: ignore[subprocess-without-shell-equals-true] — our own command
        command, env={**os.environ, **to_environment(settings)}, timeout=LONGEST, check=False
    )
    return done.returncode == 0


def start_aside(settings: Settings, *arguments: str) -> None:
    """Begin ``deskroute`` with these arguments, and see it to its end without waiting here."""
    command = [sys.executable, "-m", "plugin.cli", *arguments]

    def run() -> None:
        # Whoever looks sees that it has not ended in time; here is nobody to tell.
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(  # ruff: ignore[subprocess-without-shell-equals-true] — our own command
                command,
                env={**os.environ, **to_environment(settings)},
                stdin=subprocess.DEVNULL,
                timeout=STARTED,
                check=False,
            )

    Thread(target=run, daemon=True, name=f"deskroute {arguments[0]}").start()


def ask_aside(
    settings: Settings, told: str, *arguments: str, within: float = SHORT
) -> bytes | None:
    """What ``deskroute`` with these arguments says to one line on its input.

    None if it failed, or was not done ``within`` so many seconds.
    """
    command = [sys.executable, "-m", "plugin.cli", *arguments]
    try:
        done = subprocess.run(  # ruff: ignore[subprocess-without-shell-equals-true] — our own command
            command,
            env={**os.environ, **to_environment(settings)},
            input=told.encode(),
            stdout=subprocess.PIPE,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None
