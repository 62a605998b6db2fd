"""Customers from any HTTP endpoint that answers with JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from plugin.customers.addresses import Addresses
from plugin.customers.outbound import Outbound
from plugin.ports import Requester

METHODS = ("GET", "POST")
EMAIL, EXTERNAL_ID = "{email}", "{external_id}"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """One endpoint. ``url`` may hold ``{email}`` and ``{external_id}``; a POST carries both.

    A 404, ``null`` and an empty list mean that it does not know them; of a list the first counts.
    """

    outbound: Outbound
    url: str
    method: str
    headers: dict[str, str]

    def fetch(self, who: Requester) -> object | None:
        """Ask about one customer. May raise Unavailable or Refused."""
        if EMAIL in self.url and who.email is None:
            return None
        if EXTERNAL_ID in self.url and who.external_id is None:
            return None
        body = None
        if self.method == "POST":
            body = {"email": who.email, "external_id": who.external_id}
        answer = self.outbound.json(self.method, filled(self.url, who), self.headers, body)
        return (answer[0] if answer else None) if isinstance(answer, list) else answer


def filled(url: str, who: Requester) -> str:
    """The address for one customer. What they are called can change nothing but its own place."""
    # In one go, so that a customer called {external_id} is not filled in again.
    parts = url.split(EMAIL)
    external = quote(who.external_id or "", safe="")
    return quote(who.email or "", safe="").join(
        part.replace(EXTERNAL_ID, external) for part in parts
    )


def check_url(url: str, method: str, addresses: Addresses) -> None:
    """Raise BadAddress, a ValueError, where this cannot be the address of an endpoint."""
    nobody = Requester("x@x.example", "x")
    strange = _PLACEHOLDER.search(url.replace(EMAIL, "").replace(EXTERNAL_ID, ""))
    if strange is not None:
        raise ValueError(f"There is no {strange[0][:40]}. Use {EMAIL} or {EXTERNAL_ID}.")
    addresses.check(filled(url, nobody))
    if method == "GET" and EMAIL not in url and EXTERNAL_ID not in url:
        raise ValueError("The address must say who is asked about: put {email} into it.")
    if any(mark in url.split("://", 1)[1].split("/", 1)[0] for mark in (EMAIL, EXTERNAL_ID)):
        raise ValueError("Who is asked about must not choose the host.")


def secret_header(name: str, secret: str) -> dict[str, str]:
    """The header that carries a secret: a bearer token, unless another header is named."""
    if not secret:
        return {}
    name = name.strip() or "Authorization"
    if name.lower() == "authorization" and " " not in secret.strip():
        secret = f"Bearer {secret.strip()}"
    return {name: secret.strip()}
