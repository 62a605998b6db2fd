"""Addresses that people follow. Survey tokens are signed; nothing in them can be guessed."""

from __future__ import annotations

from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer


class SignedLinks:
    """Links under one base URL, signed with the newest of the keys, read with any of them."""

    def __init__(self, base_url: str, keys: tuple[str, ...]) -> None:
        self._base = base_url.rstrip("/")
        # itsdangerous signs with the last key of a list and reads with all of them.
        self._surveys = URLSafeSerializer(list(reversed(keys)), salt="survey")

    def panel(self, connection: str, ticket: str) -> str:
        """The agent's panel for a ticket."""
        return f"{self._base}/panel/{quote(connection, safe='')}/{quote(ticket, safe='')}"

    def survey(self, survey: int, score: int | None = None) -> str:
        """A customer's survey."""
        link = f"{self._base}/s/{self._surveys.dumps(survey)}"
        return link if score is None else f"{link}?score={score}"

    def read_survey(self, token: str) -> int | None:
        """The survey of a token we have signed; None for any other."""
        try:
            survey = self._surveys.loads(token)
        except (BadData, UnicodeError):
            return None
        return survey if isinstance(survey, int) else None
