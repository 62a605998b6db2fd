"""Addresses that people follow. Tokens in them are signed; nothing in them can be guessed."""

from __future__ import annotations

from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer


class SignedLinks:
    """Links under one base URL, signed with the newest of the keys, read with any of them."""

    def __init__(self, base_url: str, keys: tuple[str, ...]) -> None:
        self._base = base_url.rstrip("/")
        # itsdangerous signs with the last key of a list and reads with all of them.
        self._surveys = URLSafeSerializer(list(reversed(keys)), salt="survey")
        self._stops = URLSafeSerializer(list(reversed(keys)), salt="subscription")

    def panel(self, connection: str, ticket: str) -> str:
        """The agent's panel for a ticket."""
        return f"{self._base}/panel/{quote(connection, safe='')}/{quote(ticket, safe='')}"

    def survey(self, survey: int, score: int | None = None) -> str:
        """A customer's survey."""
        link = f"{self._base}/s/{self._surveys.dumps(survey)}"
        return link if score is None else f"{link}?score={score}"

    def read_survey(self, token: str) -> int | None:
        """The survey of a token we have signed; None for any other."""
        return _number(self._surveys, token)

    def stop(self, subscription: int) -> str:
        """Where a subscription to mails is ended without signing in."""
        return f"{self._base}/stop/{self._stops.dumps(subscription)}"

    def read_stop(self, token: str) -> int | None:
        """The subscription of a token we have signed; None for any other."""
        return _number(self._stops, token)

    def page(self, path: str) -> str:
        """A page of ours, by its path from the root."""
        return f"{self._base}{path}"


def _number(signed: URLSafeSerializer, token: str) -> int | None:
    try:
        number = signed.loads(token)
    except (BadData, UnicodeError):
        return None
    return number if isinstance(number, int) else None
