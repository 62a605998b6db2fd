"""The demo's mail server: it delivers nothing, and keeps every mail as a file to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from plugin.children import free_port

PORT = 8_125
"""Where it listens, or on the next port that is free."""

SENDER = "Halden Books <support@halden.example>"
_LINK = re.compile(r"https?://\S+/s/\S+")
_NAME = re.compile(r"[^\w.-]+")


@dataclass(slots=True)
class Postbox:
    """What was mailed: a file for each mail in a folder, and who has a survey to answer."""

    folder: Path
    _surveys: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _lock: Lock = field(default_factory=Lock)

    async def handle_DATA(  # ruff: ignore[invalid-function-name] — the server's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        _ = server, session
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=policy.default)
        with self._lock:
            self._count += 1
            name = _NAME.sub("-", str(message.get("Message-ID", "mail")).strip("<>"))[:80]
            (self.folder / f"{self._count:04}-{name}.eml").write_bytes(content)
            body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
            link = None if body is None else _LINK.search(body.get_content())
            if link is not None:
                self._surveys[str(message["To"]).casefold()] = link[0]
        return "250 Kept"

    def survey_of(self, address: str) -> str | None:
        """The link in the last survey that was mailed to an address, once."""
        with self._lock:
            return self._surveys.pop(address.casefold(), None)


@contextmanager
def open_postbox(folder: Path) -> Iterator[tuple[Postbox, str]]:
    """A mail server on this machine alone, with its URL. Mails of earlier demos stay."""
    folder.mkdir(parents=True, exist_ok=True)
    postbox = Postbox(folder, _count=sum(1 for _ in folder.glob("*.eml")))
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(PORT))
    controller.start()
    try:
        yield postbox, f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
