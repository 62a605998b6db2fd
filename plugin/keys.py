"""The secret keys: from the settings, or one made once and kept in the data folder."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from plugin.data_folder import open_folder
from plugin.settings import BadSettings, Settings

SHORTEST = 32
"""Fewest characters of a key."""


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(48)


def keys_of(settings: Settings) -> tuple[str, ...]:
    """The keys, newest first; without any in the settings, the one in the data folder.

    Raises BadSettings if that one is too short to be a key, and Refused if the folder cannot be
    used.
    """
    if settings.keys:
        return settings.keys
    return (_kept(settings.data / "key"),)


def _kept(path: Path) -> str:
    open_folder(path.parent)
    # Only its maker may read it, from the first byte on.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        # Of processes that start at once, one makes it, and the others wait until it is whole.
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        if not key:
            key = new_key()
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
    if len(key) < SHORTEST:
        raise BadSettings(
            [f"The key in {path} has {len(key)} characters; {SHORTEST} is the least."]
        )
    return key
