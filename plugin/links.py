"""Addresses that people follow. Tokens in them are signed; nothing in them can be guessed."""

from __future__ import annotations

from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer


class SignedLinks:
    """Links under one base URL, signed with the newest of the keys, read with any of them."""

    def __init__(self, base_url: str, keys: tuple[str, ...]) -> None:
        self._base = base_url.rstrip("/")
        # itsdangerous signs with the last key of a list and reads with all of them.
        every = list(reversed(keys))
        self._surveys = URLSafeSerializer(every, salt="survey")
        self._unsubscribing = URLSafeSerializer(every, salt="unsubscribe")
        self._stops = URLSafeSerializer(every, salt="subscription")

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

    def unsubscribe(self, survey: int, mark: str) -> str:
        """Where the customer with this mark says that they do not want to be asked."""
        return f"{self._base}/u/{self.unsubscribe_token(survey, mark)}"

    def unsubscribe_token(self, survey: int, mark: str) -> str:
        """The token in that address."""
        return str(self._unsubscribing.dumps([survey, mark]))

    def read_unsubscribe(self, token: str) -> tuple[int, str] | None:
        """The survey and the mark of a token we have signed; None for any other."""
        try:
            match self._unsubscribing.loads(token):
                case [int(survey), str(mark)]:
                    return survey, mark
        except (BadData, UnicodeError):
            pass
        return None

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
