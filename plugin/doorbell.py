"""The doorbell over Redis: tells the workers that there is something to do, and nothing else."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

GAP = 0.2
"""Seconds between two rings. Everything that arrives within is worked off by the same one.

The first ring is at once. Under load the door does without most of what a ring costs, and the
workers, who go on until nothing is left, do not need it."""

REST = 2.0
"""Seconds without ringing after a ring failed: the sweep looks in meanwhile."""


class Doorbell:
    """Rings from a thread of its own, so that accepting a delivery never waits for Redis."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Ring soon. Never raises and never waits."""
        self._wanted.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        # Started at the first ring and not before: a thread does not survive a fork.
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="doorbell")
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._ring()
            except Exception as error:  # ruff: ignore[blind-except] — whatever breaks, the sweep makes up for it
                log.warning("the doorbell does not ring: %s", type(error).__name__)
                time.sleep(REST)
            else:
                time.sleep(GAP)
