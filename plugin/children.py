"""Child processes that leave nothing behind."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_LIBC = ctypes.CDLL(None)  # loaded here, since little is safe between fork and exec


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The wanted port if nobody has it, else the next one that is free."""
    for port in range(wanted, min(wanted + 200, 65_536)):
        if is_free(port, host):
            return port
    raise OSError(f"no port from {wanted} on is free")


def is_free(port: int, host: str) -> bool:
    """Whether a server could listen on this port, and nobody else does.

    A server that shares its port (SO_REUSEPORT) would start beside another one without a word.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _before_exec(parent: int) -> None:
    # Linux only; elsewhere the parent's own clean-up has to do.
    if sys.platform == "linux":
        _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() != parent:  # it was gone before we could ask to go with it
            os._exit(1)


@dataclass(slots=True)
class Child:
    """One process of ours, in a group of its own, that ends when we do.

    What it writes, its log as well, only its owner may read.

    On Linux it also ends when we are killed, or when the thread that started it ends.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    def start(self) -> None:
        """Start it; what it says goes to its log file.

        What an earlier run of it left in its group is ended first: a web server's worker that
        outlived its master would go on answering, on the same port.
        """
        self._end_group()
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.started = time.monotonic()
        made = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(made, "ab") as log:
            self.process = subprocess.Popen(  # ruff: ignore[subprocess-without-shell-equals-true] — our own command
                list(self.command),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                preexec_fn=partial(_before_exec, os.getpid()),  # ruff: ignore[subprocess-popen-preexec-fn] — it makes two system calls
            )

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        """Ask it to end, and to see to its own children; returns at once."""
        # It alone: a pool whose members are told to end as well cannot finish what they do.
        if self.process is not None and self.running:
            self.process.terminate()

    def stop(self, seconds: float = 15) -> None:
        """Ask it to end, and after so many seconds end it and its whole group."""
        if self.process is None:
            return
        self.ask_to_end()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._end_group()
        self.process.wait()
        self.process = None

    def _end_group(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
