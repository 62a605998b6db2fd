"""A real HTTP server on loopback that keeps what it is told, and answers as a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Told:
    """One request as it came; header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """``status`` is what it answers, after ``delay`` seconds, with so many bytes of ``answer``."""

    port: int = 0
    status: int = 204
    delay: float = 0.0
    answer: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Told] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def listening() -> Iterator[Listener]:
    """One that listens until the block ends."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            names = {name.lower(): value for name, value in self.headers.items()}
            listener.got.append(Told(self.path, names, body))
            time.sleep(listener.delay)
            with suppress(OSError):
                self.send_response(listener.status)
                for name, value in listener.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(listener.answer))
                self.end_headers()
                for _ in range(listener.answer // 65_536):
                    self.wfile.write(b"x" * 65_536)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
