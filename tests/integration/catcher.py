"""A real SMTP server on loopback that keeps what it is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(slots=True)
class Catcher:
    """What a server was sent, and what it says to whom."""

    got: list[Message] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    goodbye: str = "221 Bye"

    async def handle_QUIT(  # ruff: ignore[invalid-function-name]
        self, _server: Any, _session: Any, _envelope: Any
    ) -> str:
        return self.goodbye

    async def handle_RCPT(  # ruff: ignore[invalid-function-name] — the server's own name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # ruff: ignore[invalid-function-name]
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.got.append(message_from_bytes(envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@contextmanager
def caught_by(catcher: Catcher) -> Iterator[str]:
    """The URL of a server whose mails this one catches, until the block ends."""
    controller = Controller(catcher, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
