"""Web, worker and beat under one command, with what a laptop lacks embedded."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import httpx

from plugin.children import Child, free_port
from plugin.embedded import EmbeddedBroker
from plugin.settings import PREFIX, Settings, to_environment

PARTS = ("web", "worker", "beat")

BROKER_PORT = 16_379
"""Where the embedded broker listens, or on the next port that is free."""

STOPPING = MappingProxyType({"web": 10.0, "worker": 40.0, "beat": 5.0, "broker": 5.0})
"""In which order the parts are stopped, and how many seconds each is given to end by itself."""

REST = 2.0
"""Least seconds between two starts of the same part."""


class NotUp(Exception):
    """Deskroute did not start; says which part, and where its log is."""


class Up:
    """The three processes, and the embedded broker where no other is set."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: list[Child] = []
        self.port = settings.port
        self.base_url = settings.base_url

    def start(self, seconds: float = 60) -> None:
        """Start everything and return when the web server answers. Raises NotUp."""
        self.launch()
        self.wait_for_web(seconds)

    def launch(self) -> None:
        """Start everything and return at once."""
        settings = self._settings
        logs = settings.data / "logs"
        broker_url = settings.broker_url
        if not broker_url:
            broker = EmbeddedBroker(settings.data, free_port(BROKER_PORT))
            broker.prepare()
            broker_url = broker.url
            self._children.append(Child("broker", broker.command, {}, logs / "broker.log"))
        self.port = free_port(settings.port, settings.host)
        if self.port != settings.port and self.base_url.endswith(f":{settings.port}"):
            self.base_url = self.base_url.removesuffix(f":{settings.port}") + f":{self.port}"
        running = replace(
            settings,
            data=settings.data.absolute(),
            broker_url=broker_url,
            base_url=self.base_url,
            port=self.port,
        )
        environment = to_environment(running)
        self._children += [_child(part, environment, logs) for part in PARTS]
        for child in self._children:
            child.start()

    def moved(self) -> str:
        """What follows from a wanted port that was taken; empty where it was not."""
        wanted = self._settings
        if self.port == wanted.port:
            return ""
        says = f"Port {wanted.port} is taken, so Deskroute listens on port {self.port}."
        if self.base_url == wanted.base_url:
            return f"{says} {self.base_url} must lead there, or nobody reaches it."
        return (
            f"{says} Links now begin with {self.base_url}, not with {wanted.base_url} as "
            "DESKROUTE_BASE_URL says. Desks that send to the old address do not reach this "
            "Deskroute. Free the port and start again, or set DESKROUTE_PORT and "
            "DESKROUTE_BASE_URL."
        )

    def wait_for_web(self, seconds: float) -> None:
        """Return when the web server answers. Raises NotUp."""
        until = time.monotonic() + seconds
        url = f"http://{_reachable(self._settings.host)}:{self.port}/health/ready"
        while time.monotonic() < until:
            self._check()
            try:
                if httpx.get(url, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise NotUp(f"The web server does not answer at {url}. Its log: {self.child('web').log}")

    def _check(self) -> None:
        for child in self._children:
            if not child.running:
                raise NotUp(f"The {child.name} ended by itself. Its log: {child.log}")

    def child(self, name: str) -> Child:
        """One of the processes, by name: web, worker, beat or broker."""
        return next(child for child in self._children if child.name == name)

    @property
    def broker_url(self) -> str:
        """Where the broker of this run is."""
        return self.child("web").environment[PREFIX + "BROKER_URL"]

    def mend(self, tell: Callable[[str], None]) -> None:
        """Look once whether everything runs, and start again what has ended."""
        for child in self._children:
            if not child.running and time.monotonic() - child.started > REST:
                tell(f"The {child.name} ended and is started again. Its log: {child.log}")
                child.start()

    def keep_running(self, tell: Callable[[str], None]) -> None:
        """Watch the parts until interrupted."""
        while True:
            self.mend(tell)
            time.sleep(1)

    def stop(self) -> None:
        """Stop everything, the web server first, so that nothing more comes in."""
        children = {child.name: child for child in self._children}
        for name, seconds in STOPPING.items():
            if name in children:
                children[name].stop(seconds)
            if name == "web" and "beat" in children:
                # It needs no work of the others, so it may end while the worker does.
                children["beat"].ask_to_end()
        self._children = []


def _child(part: str, environment: Mapping[str, str], logs: Path) -> Child:
    command = [sys.executable, "-m", "plugin.cli", part]
    return Child(part, command, environment, logs / f"{part}.log")


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # ruff: ignore[hardcoded-bind-all-interfaces] — compared, not bound
