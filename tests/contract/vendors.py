"""A real HTTP server that answers as each vendor documents it, or as badly as a server can."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LENA = "lena@kontor.example"
TOKEN = "a-token-of-the-tests"

Answer = tuple[int, Mapping[str, str], bytes]
Json = dict[str, Any]


@dataclass(slots=True)
class Vendor:
    """What stands behind one base address. ``trouble`` takes the place of every answer."""

    url: str
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    trouble: Callable[[BaseHTTPRequestHandler], None] | None = None
    change: Callable[[Any], Any] = lambda document: document


def ok(document: object) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()


NOT_FOUND: Answer = (404, {"Content-Type": "application/json"}, b'{"message": "not found"}')
STRANGER: Answer = (401, {"Content-Type": "application/json"}, b'{"message": "who are you"}')

CONTACT: Json = {
    "id": "151",
    "properties": {
        "city": "Halden",
        "country": "Norway",
        "createdate": "2024-01-31T09:00:00.000Z",
        "email": LENA,
        "hs_language": "en",
        "hs_object_id": "151",
        "hubspot_owner_id": "8001",
        "jobtitle": "Buyer",
        "lastmodifieddate": "2026-02-27T10:11:12.000Z",
        "lifecyclestage": "customer",
        "num_associated_deals": "4",
        "total_revenue": "1250.50",
    },
    "createdAt": "2024-01-31T09:00:00.000Z",
    "updatedAt": "2026-02-27T10:11:12.000Z",
    "archived": False,
    "associations": {"companies": {"results": [{"id": "9001", "type": "contact_to_company"}]}},
}
COMPANY: Json = {
    "id": "9001",
    "properties": {
        "annualrevenue": "5000000",
        "domain": "kontor.example",
        "industry": "RETAIL",
        "name": "Kontor AS",
        "numberofemployees": "900",
    },
    "createdAt": "2023-05-01T00:00:00.000Z",
    "updatedAt": "2026-01-01T00:00:00.000Z",
    "archived": False,
}
OWNER: Json = {"id": "8001", "email": "m@x.example", "firstName": "Mara", "lastName": "Lind"}

SALESFORCE: Json = {
    "totalSize": 1,
    "done": True,
    "records": [
        {
            "attributes": {"type": "Contact", "url": "/services/data/v62.0/sobjects/Contact/003x"},
            "Id": "0035g00000XyZaBAAV",
            "Email": LENA,
            "Name": "Lena Vogt",
            "Title": "Buyer",
            "MailingCity": "Halden",
            "MailingCountry": "Norway",
            "CreatedDate": "2024-01-31T09:00:00.000+0000",
            "Owner": {"attributes": {"type": "User"}, "Name": "Mara Lind"},
            "Account": {
                "attributes": {"type": "Account"},
                "Name": "Kontor AS",
                "Industry": "Retail",
                "NumberOfEmployees": 900,
                "AnnualRevenue": 5000000.0,
                "Website": "kontor.example",
            },
        }
    ],
}

STRIPE: Json = {
    "object": "list",
    "url": "/v1/customers",
    "has_more": False,
    "data": [
        {
            "id": "cus_NffrFeUfNV2Hib",
            "object": "customer",
            "address": {"city": "Halden", "country": "NO", "line1": None, "postal_code": "1771"},
            "created": 1706691600,
            "currency": "eur",
            "email": LENA,
            "livemode": False,
            "metadata": {"tier": "gold"},
            "name": "Lena Vogt",
            "preferred_locales": ["en"],
            "subscriptions": {
                "object": "list",
                "data": [
                    {
                        "id": "sub_1MowQVLkdIwHu7ixeRlqHVzs",
                        "object": "subscription",
                        "status": "active",
                        "items": {
                            "object": "list",
                            "data": [
                                {
                                    "id": "si_Na6dzxczY5fwHx",
                                    "object": "subscription_item",
                                    "current_period_end": 1798675200,
                                    "quantity": 10,
                                    "price": {
                                        "id": "price_1MowQULkdIwHu7ixraBm864M",
                                        "object": "price",
                                        "currency": "eur",
                                        "nickname": "Team",
                                        "product": "prod_Na6dGcTsmU0I4R",
                                        "recurring": {"interval": "month", "interval_count": 1},
                                        "unit_amount": 1900,
                                    },
                                }
                            ],
                        },
                    }
                ],
            },
        }
    ],
}

SHOPIFY: Json = {
    "data": {
        "customers": {
            "nodes": [
                {
                    "id": "gid://shopify/Customer/544365967",
                    "displayName": "Lena Vogt",
                    "numberOfOrders": "12",
                    "createdAt": "2024-01-31T09:00:00Z",
                    "updatedAt": "2026-02-27T10:11:12Z",
                    "tags": ["vip", "newsletter"],
                    "locale": "en",
                    "state": "ENABLED",
                    "amountSpent": {"amount": "1250.50", "currencyCode": "EUR"},
                    "lastOrder": {"name": "#1001", "processedAt": "2026-02-20T08:00:00Z"},
                    "defaultAddress": {
                        "city": "Halden",
                        "countryCodeV2": "NO",
                        "company": "Kontor AS",
                    },
                    "defaultEmailAddress": {"emailAddress": LENA},
                }
            ]
        }
    },
    "extensions": {"cost": {"requestedQueryCost": 5}},
}

CUSTOM: Json = {
    "result": {"plan": {"name": "Team"}, "staff": [{"role": "owner", "name": "Mara Lind"}]},
    "tags": [{"label": "vip"}, {"label": "newsletter"}],
    "arr": 2280,
    "as of": "2026-03-01T12:00:00Z",
}


def hubspot(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    _ = method, body
    if headers.get("authorization") != f"Bearer {TOKEN}":
        return STRANGER
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    if parts.path.startswith("/crm/v3/objects/contacts/"):
        key = unquote(parts.path.rpartition("/")[2])
        by_mail = query.get("idProperty") == ["email"]
        known = (by_mail and key == LENA) or (not by_mail and key == "151")
        if not known:
            return NOT_FOUND
        assert "companies" in query["associations"]
        assert "hubspot_owner_id" in query["properties"]
        return ok(CONTACT)
    if parts.path == "/crm/v3/objects/companies/9001":
        return ok(COMPANY)
    return ok(OWNER) if parts.path.rstrip("/").endswith("/owners/8001") else NOT_FOUND


def salesforce(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    parts = urlsplit(path)
    if parts.path == "/services/oauth2/token":
        form = parse_qs(body.decode())
        right = form.get("client_secret") == [TOKEN] and method == "POST"
        return ok({"access_token": "00Dx!session", "token_type": "Bearer"}) if right else STRANGER
    if headers.get("authorization") != "Bearer 00Dx!session":
        return STRANGER
    soql = parse_qs(parts.query)["q"][0]
    known = f"Email = '{LENA}'" in soql or "Id = '0035g00000XyZaBAAV'" in soql
    return ok(SALESFORCE if known else {"totalSize": 0, "done": True, "records": []})


def stripe(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    _ = method, body
    if TOKEN not in headers.get("authorization", ""):
        return STRANGER
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    if parts.path.startswith("/v1/customers/"):
        return ok(STRIPE["data"][0]) if parts.path.endswith("cus_NffrFeUfNV2Hib") else NOT_FOUND
    return ok(STRIPE if query.get("email") == [LENA] else {**STRIPE, "data": []})


def shopify(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    if headers.get("x-shopify-access-token") != TOKEN:
        return STRANGER
    assert (method, path.endswith("/graphql.json")) == ("POST", True)
    asked = json.loads(body)["variables"]["who"]
    known = asked == f'email:"{LENA}"'
    return ok(SHOPIFY if known else {"data": {"customers": {"nodes": []}}})


def custom(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    _ = body
    if headers.get("authorization") != f"Bearer {TOKEN}":
        return STRANGER
    assert method == "GET"
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    known = query.get("email") == [LENA]
    return ok(CUSTOM) if known else NOT_FOUND


VENDORS = {
    "http": custom,
    "hubspot": hubspot,
    "salesforce": salesforce,
    "stripe": stripe,
    "shopify": shopify,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        vendor: Vendor = self.server.vendor  # type: ignore[attr-defined]
        answers: Callable[..., Answer] = self.server.answers  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        vendor.asked.append(f"{self.command} {self.path}")
        if vendor.trouble is not None:
            vendor.trouble(self)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more, raw = answers(self.command, self.path, headers, body)
        if status == 200:
            raw = json.dumps(vendor.change(json.loads(raw))).encode()
        send(self, raw, status, **more)

    do_GET = do_POST = handle_any  # ruff: ignore[mixed-case-variable-in-class-scope]

    def log_message(self, *_: Any) -> None:
        pass


def send(to: BaseHTTPRequestHandler, raw: bytes, status: int = 200, **headers: str) -> None:
    """Answer; header names are given with underscores or as they are."""
    to.send_response(status)
    named = {"Content-Length": str(len(raw)), **headers}
    for name, value in named.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
    to.wfile.write(raw)


def saying(raw: bytes, status: int = 200, **headers: str) -> Callable[..., None]:
    """Trouble that always answers this."""
    return lambda to: send(to, raw, status, **headers)


def slow(to: BaseHTTPRequestHandler) -> None:
    """Answers after everybody has gone."""
    time.sleep(3)
    send(to, b"{}")


def dripping(to: BaseHTTPRequestHandler) -> None:
    """Sends a byte of the body now and then."""
    to.send_response(200)
    to.send_header("Content-Length", "1000")
    to.end_headers()
    for _ in range(30):
        to.wfile.write(b" ")
        to.wfile.flush()
        time.sleep(0.1)


def dripping_headers(to: BaseHTTPRequestHandler) -> None:
    """Sends a byte of the headers now and then."""
    to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(30):
        to.wfile.write(b"x")
        to.wfile.flush()
        time.sleep(0.1)


def endless(to: BaseHTTPRequestHandler) -> None:
    """Sends 10 MB of JSON."""
    send(to, b'{"data": "' + b"x" * 10_000_000 + b'"}')


def hanging_up(to: BaseHTTPRequestHandler) -> None:
    """Ends in the middle."""
    to.send_response(200)
    to.send_header("Content-Length", "1000")
    to.end_headers()
    to.wfile.write(b"{")
    to.close_connection = True
    to.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: some tests hang up on purpose."""


@contextmanager
def serving(kind: str) -> Iterator[Vendor]:
    """A vendor's server on loopback, for as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    vendor = Vendor(f"http://127.0.0.1:{server.server_port}")
    server.vendor = vendor  # type: ignore[attr-defined]
    server.answers = VENDORS[kind]  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
