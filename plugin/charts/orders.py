"""What is asked of the process that draws, as one line, and how it answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import IO, Literal

Work = Literal["svg", "png", "spec", "runtime"]
Theme = Literal["light", "dark", "both"]


@dataclass(frozen=True, slots=True)
class Order:
    """One piece of work. ``chart`` is its written form as JSON; ``width`` is in pixels.

    ``alone`` asks for title, definition and ground, for a picture that leaves the page.
    """

    work: Work
    chart: str = ""
    width: int = 0
    theme: Theme = "both"
    alone: bool = False


def send_order(to: IO[bytes], order: Order) -> None:
    """Write an order as one line."""
    to.write(json.dumps(asdict(order)).encode() + b"\n")
    to.flush()


def read_order(line: bytes) -> Order:
    """The order that was sent."""
    return Order(**json.loads(line))


def send_answer(to: IO[bytes], body: bytes | None) -> None:
    """Write what was made, behind its length; None where it could not be made."""
    to.write(b"%d\n" % (-1 if body is None else len(body)) + (body or b""))
    to.flush()


def read_answer(source: IO[bytes]) -> bytes | None:
    """What was made; None where it could not be. Raises EOFError if the other side has ended."""
    head = source.readline()
    if not head.endswith(b"\n"):
        raise EOFError
    length = int(head)
    body = source.read(max(0, length))
    if len(body) < length:
        raise EOFError
    return None if length < 0 else body
