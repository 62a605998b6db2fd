"""Charts drawn for whoever asks, by a process of their own that is started when it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Lock, Timer
from time import monotonic

from plugin.charts.orders import Order, read_answer, send_order
from plugin.charts.values import Chart
from plugin.charts.written import write
from plugin.ports import Unavailable

LONGEST = 15.0
"""Seconds that one drawing may take, the start of the process included, and that it may wait."""

REST = 15.0
"""Seconds for which nothing is drawn after one took too long: threads are needed for tickets."""

MAIL_WIDTH = 560
"""Width of a picture in a mail, in its own pixels; it has twice as many dots."""

_KEPT = 128
"""Drawings that are kept in memory: some 20 kB each."""

_TOLD = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV")
"""What the process is told of our environment: no key and no password is among it."""


class DrawAside:
    """Draws charts as SVG, PNG or spec; the same one only once.

    ``folder`` keeps the script that makes charts interactive. Every method raises Unavailable
    where the drawing process does not answer in time, or cannot draw it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rests_until = 0.0
        self._ask = lru_cache(_KEPT)(self._made)
        engine = f"{version('vl-convert-python')} {version('altair')}"
        self.edition = sha256(engine.encode()).hexdigest()[:16]
        """Changes whenever the script does: what it is made of is one release of a package."""

    def on_page(self, chart: Chart, width: int) -> bytes:
        """The chart as SVG, in the colours of whatever page shows it, light or dark."""
        return self._ask(Order("svg", _said(chart), width))

    def alone(self, chart: Chart, width: int) -> bytes:
        """The chart as SVG with its title and definition, light, for anywhere."""
        return self._ask(Order("svg", _said(chart), width, "light", alone=True))

    def png(self, chart: Chart, width: int = MAIL_WIDTH) -> bytes:
        """The chart as PNG with its title and definition, light: for mails and slides."""
        return self._ask(Order("png", _said(chart), width, "light", alone=True))

    def spec(self, chart: Chart, width: int) -> bytes:
        """The chart's Vega-Lite spec as JSON; its colours are the page's variables."""
        return self._ask(Order("spec", _said(chart), width))

    def runtime(self) -> bytes:
        """The script that draws specs in a browser, packed with gzip; made once and kept."""
        kept = self._folder / f"vega-{self.edition}.js.gz"
        with suppress(OSError):
            return kept.read_bytes()
        made = self._ask(Order("runtime"))
        # Without a folder it is kept in memory alone.
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = kept.with_suffix(f".{os.getpid()}")
            new.write_bytes(made)
            new.replace(kept)
        return made

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _made(self, order: Order) -> bytes:
        if monotonic() < self._rests_until or not self._lock.acquire(timeout=LONGEST):
            raise Unavailable("Charts are not drawn just now.", retry_after=REST)
        try:
            made = self._answer_at_last(order)
        finally:
            self._lock.release()
        if made is None:
            raise Unavailable("A chart could not be drawn.")
        return made

    def _answer_at_last(self, order: Order) -> bytes | None:
        """The answer; once more from a new process, where the old one had ended meanwhile."""
        began = monotonic()
        for _ in range(2):
            try:
                return self._answer(order)
            except (EOFError, OSError):
                self._end()
            if monotonic() - began >= LONGEST:
                break
        self._rests_until = monotonic() + REST
        raise Unavailable("The process that draws charts does not answer.", retry_after=REST)

    def _answer(self, order: Order) -> bytes | None:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        late = Timer(LONGEST, process.kill)
        late.daemon = True
        late.start()
        try:
            send_order(process.stdin, order)
            return read_answer(process.stdout)
        finally:
            late.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        # It ends when its input does, so it cannot outlive us.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "plugin.charts.draughtsman"],
            env={name: os.environ[name] for name in _TOLD if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _said(chart: Chart) -> str:
    return json.dumps(write(chart), separators=(",", ":"), sort_keys=True)
