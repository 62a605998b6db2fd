"""The data folder: closed to everybody else, and run in by one Deskroute at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plugin.ports import Refused
from plugin.settings import Settings

LOCK = "running"
"""The file that whoever runs in the folder holds; the system lets go of it when they die."""

_OURS = ("deskroute.sqlite*", "beat*", "valkey.conf", "logs/*.log*")
_CLOSED = stat.S_IRWXG | stat.S_IRWXO


def open_folder(folder: Path) -> None:
    """Make the folder, for its owner alone. Raises Refused where that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable(folder, PermissionError(errno.EACCES, ""))
    _close(folder)


def is_needed(settings: Settings) -> bool:
    """Whether the database or the key is in the folder; else it need not be there at all."""
    return not settings.keys or str(settings.sqlite_file.absolute()) in settings.database_url


def close_to_others(settings: Settings) -> None:
    """Make the data folder, and close it and what earlier runs left in it to everybody else.

    Raises Refused where the folder cannot be made.
    """
    open_folder(settings.data)
    for pattern in _OURS:
        for path in settings.data.glob(pattern):
            _close(path)
    _close(settings.data / "logs")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone. Raises Refused while another one holds it."""
    open_folder(folder)
    try:
        made = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unusable(folder, error) from None
    with os.fdopen(made, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"Deskroute already runs in this folder (process {file.read(20).strip()}). "
                "Stop it first, or set DESKROUTE_DATA to another folder."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def empty(folder: Path) -> None:
    """Delete everything in a folder that this process holds, but the hold itself."""
    for path in folder.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _close(path: Path) -> None:
    # What is not ours to change, or not there, stays as it is; so does a folder like /tmp,
    # which its sticky bit says is meant for everybody.
    with suppress(FileNotFoundError, PermissionError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _CLOSED and not mode & stat.S_ISVTX:
            path.chmod(mode & ~_CLOSED)


def _unusable(folder: Path, error: OSError) -> Refused:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return Refused(
        f"The data folder {folder} cannot be used: {reason}. "
        "Set DESKROUTE_DATA to a folder that you may write in."
    )
