from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plugin.demo.desk import AgentLogin, LiveDesk


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Peer:
    """A small HTTP server: keeps what it is asked, and answers what it was told to, then 200."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)

    def will_answer(self, status: int, body: object = b"", **headers: str) -> None:
        """Queue one answer; header names are given with underscores, other bodies become JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, raw))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        peer: Peer = self.server.peer  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        peer.asked.append(Asked(self.command, self.path, headers, body))
        status, more, answer = peer.answers.popleft() if peer.answers else (200, {}, b"{}")
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = handle_any  # ruff: ignore[mixed-case-variable-in-class-scope]

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: some tests hang up on purpose."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.peer = Peer(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.peer  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def desk_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the empty database is kept, so that only the first desk of a run has to make it."""
    return tmp_path_factory.mktemp("desk-templates")


@pytest.fixture(scope="module")
def live_desk(tmp_path_factory: pytest.TempPathFactory, desk_templates: Path) -> Iterator[LiveDesk]:
    with LiveDesk.start(
        tmp_path_factory.mktemp("desk"),
        queues=["Billing", "Technical support"],
        agents=[AgentLogin("ada", "analytical", "Ada Byron"), AgentLogin("bob", "builder")],
        webhook_url=None,
        templates=desk_templates,
    ) as desk:
        yield desk
