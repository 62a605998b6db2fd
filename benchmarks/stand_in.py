"""A stand-in for a django-helpdesk: the few calls that Deskroute makes, answered from memory.

The real one handles some thirteen tickets a second and would be all that is measured. Every
ticket that is asked for exists. ``GET /count`` tells what was written.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import cache
from itertools import islice
from typing import Any, cast

from plugin.demo.samples.live import Incoming, incoming
from plugin.demo.samples.people import customers

SEED = 2026
LETTERS = 2_000
"""How many different letters there are; then they begin again."""

OUR_USER = 3
OPENED = "2026-03-02T09:00:00Z"

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TICKET = re.compile(r"/api/tickets/(\d+)/")

Json = dict[str, Any]


@cache
def letters() -> tuple[Incoming, ...]:
    """What the sample customers write."""
    return tuple(islice(incoming(SEED, customers(SEED)), LETTERS))


def ticket(number: int) -> Json:
    """A ticket as its customer opened it, as the API and the webhook show it."""
    letter = letters()[number % LETTERS]
    opening: Json = {
        "id": number,
        "ticket": number,
        "user": None,
        "title": "Ticket Opened",
        "date": OPENED,
        "comment": letter.text,
        "public": True,
        "new_status": None,
        "followupattachment_set": [],
    }
    return {
        "id": number,
        "title": letter.subject,
        "description": letter.text,
        "resolution": None,
        "submitter_email": letter.email,
        "assigned_to": None,
        "status": 1,
        "on_hold": False,
        "priority": 3,
        "queue": 99,
        "custom_tags": "",
        "followup_set": [opening],
    }


class Desk:
    """All tickets, and what was done to them."""

    def __init__(self) -> None:
        self.tickets: dict[int, Json] = {}
        self.patches: dict[int, int] = {}
        self.notes: dict[int, int] = {}

    def answer(self, method: str, path: str, body: bytes) -> object:
        """The answer to one call."""
        if path == "/count":
            return {
                "patched": len(self.patches),
                "noted": len(self.notes),
                "most": max(self.notes.values(), default=0),
            }
        found = _TICKET.fullmatch(path)
        if found is not None:
            return self._ticket(method, int(found[1]), body)
        if method == "POST" and path == "/api/followups/":
            return self._follow_up(json.loads(body))
        raise ValueError(f"{method} {path} is not spoken here")

    def _ticket(self, method: str, number: int, body: bytes) -> Json:
        shown = self.tickets.get(number) or self.tickets.setdefault(number, ticket(number))
        if method == "PATCH":
            self.patches[number] = self.patches.get(number, 0) + 1
            shown.update(json.loads(body))
        return shown

    def _follow_up(self, wanted: Json) -> Json:
        number = wanted["ticket"]
        entries = self.tickets[number]["followup_set"]
        entry = {
            **entries[0],
            **wanted,
            "id": number * 1000 + len(entries),
            "user": OUR_USER,
            "title": "",
        }
        entries.append(entry)
        self.notes[number] = self.notes.get(number, 0) + 1
        return entry


class Line(asyncio.Protocol):
    """One connection to the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length[1])):
            return
        self._heard = b""
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        said = json.dumps(self._desk.answer(method, path, body)).encode()
        status = b"201 Created" if method == "POST" else b"200 OK"
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(said), said)
        )


async def serve(port: int) -> None:
    """Answer until ended."""
    desk = Desk()
    letters()  # Before the first call, so that none waits for them.
    server = await asyncio.get_running_loop().create_server(lambda: Line(desk), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
