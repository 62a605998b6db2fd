"""Signing in."""

from __future__ import annotations

from typing import Protocol

from plugin.views.people import Person


class SignIn(Protocol):
    """Who somebody is, and for how long we remember it."""

    def check(self, email: str, password: str, address: str) -> Person:
        """The person with this e-mail and password; raises SignInRefused.

        ``address`` is the caller's network address, by which tries are counted.
        """
        ...

    def start(self, person: Person) -> str:
        """Remember that this person has signed in; the token goes into their cookie."""
        ...

    def person(self, session_token: str) -> Person | None:
        """Whoever started with this token; None if it is unknown, ended or too old."""
        ...

    def end(self, session_token: str) -> None:
        """Forget the token. An unknown one is no error."""
        ...
