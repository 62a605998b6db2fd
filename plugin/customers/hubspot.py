"""Customers from HubSpot: a contact with its company and its owner.

By HubSpot's own client over our connection. It takes some 25 MB, so only a process that asks
HubSpot loads this module. The client's models are not used: they trust what comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from hubspot.crm import companies, contacts, owners

from plugin.customers.outbound import NOT_FOUND, Outbound, Reply
from plugin.ports import Requester

MOST_OWNERS = 1_000
"""Owners remembered by a process; they are a company's own salespeople."""


class HubSpot:
    """One portal, read by a private app's token that may read contacts, companies and owners.

    ``contact`` and ``company`` are the properties that are read.
    """

    def __init__(
        self,
        outbound: Outbound,
        address: str,
        token: str,
        *,
        contact: Iterable[str],
        company: Iterable[str],
    ) -> None:
        self._contacts = contacts.BasicApi(_client(contacts, outbound, address, token))
        self._companies = companies.BasicApi(_client(companies, outbound, address, token))
        self._people = owners.OwnersApi(_client(owners, outbound, address, token))
        self._contact = sorted({*contact, "hubspot_owner_id"})
        self._company = sorted(set(company))
        self._owners: dict[int, object] = {}

    def fetch(self, who: Requester) -> object | None:
        """The contact with this address or id, with ``company`` and ``owner`` beside it."""
        found = self._find(who)
        if found is None:
            return None
        properties = _dict(found.get("properties"))
        company = _first_company(found)
        owner = properties.get("hubspot_owner_id")
        return {
            "id": found.get("id"),
            "contact": properties,
            "company": {} if company is None else self._properties_of(company),
            "owner": self._owner(str(owner)) if owner else None,
        }

    def _find(self, who: Requester) -> dict[str, Any] | None:
        key, by = who.email, {"id_property": "email"}
        if who.external_id is not None and who.external_id.isdigit():
            key, by = who.external_id, {}
        if key is None:
            return None
        reply = self._contacts.get_by_id(
            key, properties=self._contact, associations=["companies"], _preload_content=False, **by
        )
        return _json(reply)

    def _properties_of(self, company: str) -> dict[str, Any]:
        reply = self._companies.get_by_id(company, properties=self._company, _preload_content=False)
        return _dict((_json(reply) or {}).get("properties"))

    def _owner(self, key: str) -> object:
        """An owner's name. It costs a call, and hardly ever changes."""
        if not key.isdigit() or len(key) > 18:
            return None
        number = int(key)
        if number not in self._owners:
            said = _json(self._people.get_by_id(number, _preload_content=False)) or {}
            names = [str(said[part]) for part in ("firstName", "lastName") if said.get(part)]
            if len(self._owners) >= MOST_OWNERS:
                self._owners.clear()
            self._owners[number] = " ".join(names) or said.get("email")
        return self._owners[number]


def _first_company(contact: Mapping[str, Any]) -> str | None:
    results = _dict(_dict(contact.get("associations")).get("companies")).get("results")
    first = _dict(results[0]) if isinstance(results, list) and results else {}
    key = str(first.get("id", ""))
    return key if key.isdigit() else None


def _json(reply: Reply) -> dict[str, Any] | None:
    return None if reply.status == NOT_FOUND else _dict(reply.json())


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _client(api: Any, outbound: Outbound, address: str, token: str) -> Any:
    """One of the client's many APIs, speaking through our connection."""
    settings = api.Configuration(host=address)
    settings.access_token = token
    client = api.ApiClient(settings)
    client.user_agent = "Deskroute"
    client.rest_client = _OverOurs(outbound)
    return client


class _OverOurs:
    """What HubSpot's client expects of its HTTP part, as far as we read only."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def GET(  # ruff: ignore[invalid-function-name] — the client's own name for it
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        query_params: Iterable[tuple[str, str]] | None = None,
        **_: object,
    ) -> Reply:
        """Ask with a GET."""
        query = urlencode(list(query_params or ()))
        sent = {name: value for name, value in (headers or {}).items() if name != "Accept"}
        return self._outbound.ask("GET", f"{url}?{query}" if query else url, sent)
