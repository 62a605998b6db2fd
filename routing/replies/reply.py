"""What a reply is: a text to start an answer from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply template.

    ``language`` is an ISO 639-1 code. ``segments`` empty means it suits all. ``topics`` are words
    or phrases which, when a ticket has them, speak for it. ``body`` is sandboxed Jinja2.
    """

    name: str
    body: str
    language: str = "en"
    segments: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
