"""Customers from Salesforce: a contact with its account.

Salesforce publishes no Python client of its own. The community's one, simple-salesforce, brings a
SOAP stack with lxml and takes 38 MB to import, for two calls that are a form and a GET.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from plugin.customers.outbound import Outbound
from plugin.ports import Refused, Requester, Unavailable

VERSION = "v62.0"
"""Version of the REST API; Salesforce keeps each for at least three years."""

ALWAYS = ("Id", "Email")

QUERY = "SELECT {columns} FROM Contact WHERE {where} ORDER BY LastModifiedDate DESC LIMIT 1"
"""In SOQL. Only names that are plain words, and a value in quotes, are put into it."""


@dataclass(slots=True)
class Salesforce:
    """One org, reached by its My Domain address and a connected app's client credentials.

    ``columns`` are what is read of a contact, ``Account.Name`` for example.
    """

    name: str
    outbound: Outbound
    address: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    columns: tuple[str, ...]
    _token: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fetch(self, who: Requester) -> object | None:
        """The newest contact of this id or address; None if there is none."""
        where = _where(who)
        if where is None:
            return None
        columns = ", ".join(dict.fromkeys((*ALWAYS, *self.columns)))
        answer = self._query(QUERY.format(columns=columns, where=where))
        records = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise Refused(f"The answer of {self.name} holds no list of records.")
        return records[0] if records else None

    def _query(self, soql: str) -> object | None:
        url = f"{self.address}/services/data/{VERSION}/query?q={quote(soql)}"
        token = self._token or self._sign_in()
        try:
            return self.outbound.json("GET", url, _bearer(token))
        except Unavailable as error:
            # A token lives for some hours. Whether it ended only the answer tells.
            if token != self._token or "401" not in error.reason:
                raise
        return self.outbound.json("GET", url, _bearer(self._sign_in()))

    def _sign_in(self) -> str:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            }
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self.address}/services/oauth2/token"
        answer = self.outbound.ask("POST", url, kind, form.encode()).json()
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Unavailable(f"{self.name} gave no access token. Check the client id and secret.")
        with self._lock:
            self._token = token
        return token


def columns_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The columns that these paths into a contact read; only plain names are columns."""
    return tuple(
        path
        for path in dict.fromkeys(paths)
        if path.replace(".", "").replace("_", "").isalnum() and path.isascii()
    )


def _where(who: Requester) -> str | None:
    key = who.external_id or ""
    if len(key) in {15, 18} and key.isalnum() and key.isascii():
        return f"Id = '{key}'"
    return None if who.email is None else f"Email = '{_quoted(who.email)}'"


def _quoted(text: str) -> str:
    """A text inside SOQL's quotes; control characters, which no address has, are left out."""
    plain = "".join(letter for letter in text if letter.isprintable())
    return plain.replace("\\", "\\\\").replace("'", "\\'")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
