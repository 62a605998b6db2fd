"""Every kind of customer source against a server that answers in its vendor's documented shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from vendors import (
    LENA,
    TOKEN,
    VENDORS,
    Vendor,
    dripping,
    dripping_headers,
    endless,
    hanging_up,
    saying,
    serving,
    slow,
)

from plugin.customers.addresses import Addresses
from plugin.customers.kinds import KINDS, open_kind, problems_of
from plugin.customers.outbound import MOST_BYTES
from plugin.customers.typed import Asked
from plugin.ports import Refused, Requester, Unavailable
from plugin.records.connections import SourceRecord
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.tickets import Value

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HERE = Addresses(frozenset({"127.0.0.1"}))
WHO = Requester(LENA)

MAP = """
customer.plan = result.plan.name
customer.owner = $.result.staff[0]['name']
customer.lists = tags[*].label
account.arr = arr
as_of = ['as of']
"""

KNOWN: dict[str, dict[str, Value]] = {
    "http": {
        "customer.plan": "Team",
        "customer.owner": "Mara Lind",
        "customer.lists": frozenset({"vip", "newsletter"}),
        "account.arr": 2280.0,
    },
    "hubspot": {
        "customer.stage": "customer",
        "customer.owner": "Mara Lind",
        "customer.orders": 4.0,
        "customer.lifetime_value": 1250.5,
        "customer.signed_up": date(2024, 1, 31),
        "account.name": "Kontor AS",
        "account.employees": 900.0,
        "account.revenue": 5_000_000.0,
    },
    "salesforce": {
        "customer.name": "Lena Vogt",
        "customer.owner": "Mara Lind",
        "customer.signed_up": date(2024, 1, 31),
        "account.name": "Kontor AS",
        "account.employees": 900.0,
        "account.industry": "Retail",
    },
    "stripe": {
        "customer.plan": "Team",
        "customer.stage": "active",
        "customer.country": "NO",
        "customer.signed_up": date(2024, 1, 31),
        "customer.renewal": date(2026, 12, 31),
        "account.arr": 2280.0,
    },
    "shopify": {
        "customer.orders": 12.0,
        "customer.lifetime_value": 1250.5,
        "customer.country": "NO",
        "customer.lists": frozenset({"vip", "newsletter"}),
        "account.name": "Kontor AS",
    },
}
"""What each source says of Lena, by our fields."""

IDS = {
    "hubspot": "151",
    "salesforce": "0035g00000XyZaBAAV",
    "stripe": "cus_NffrFeUfNV2Hib",
}
"""What Lena is called in each vendor's own system."""


class StandingClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(params=sorted(VENDORS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def vendor(kind: str) -> Iterator[Vendor]:
    with serving(kind) as running:
        yield running


def record_of(kind: str, url: str, token: str = TOKEN, **more: str) -> SourceRecord:
    settings = {"timeout": "0.5", **more}
    secrets = {"token": token}
    match kind:
        case "http":
            settings = {"url": f"{url}/c?email={{email}}", "fields": MAP, **settings}
        case "salesforce":
            settings = {"address": url, **settings}
            secrets = {"client_id": "an-app", "client_secret": token}
        case _:
            settings = {"address": url, **settings}
    return SourceRecord("CRM", kind, settings, secrets, 1)


def opened(record: SourceRecord, addresses: Addresses = HERE) -> Asked:
    return open_kind(record, addresses, StandingClock())[0]


@pytest.fixture
def source(kind: str, vendor: Vendor) -> Asked:
    return opened(record_of(kind, vendor.url))


def test_every_kind_that_is_asked_over_http_is_tried_here() -> None:
    assert set(VENDORS) == set(KINDS) - {"uploaded", "sql"}


def test_a_customer_comes_with_facts_of_our_fields(kind: str, source: Asked) -> None:
    answer = source.ask(WHO, CUSTOMER_FIELDS)
    assert answer is not None
    told = {name: fact.value for name, fact in answer.facts.items()}
    assert {name: told.get(name) for name in KNOWN[kind]} == KNOWN[kind]
    assert answer.refused == {}
    assert {fact.source for fact in answer.facts.values()} == {"CRM"}


def test_a_customer_it_does_not_know_is_unknown_and_no_outage(source: Asked) -> None:
    assert source.ask(Requester("nobody@kontor.example"), CUSTOMER_FIELDS) is None


@pytest.mark.parametrize(
    "email",
    ["' OR Name != '", '"} { shop', "a\\'b@x.example", "x\ny@x.example", "ü@x.example", "%@&=#?"],
)
def test_a_strange_address_is_asked_for_as_it_is_and_finds_nobody(
    source: Asked, email: str
) -> None:
    assert source.ask(Requester(email), CUSTOMER_FIELDS) is None


@pytest.mark.parametrize("kind", sorted(IDS), indirect=True)
def test_a_customer_is_found_by_the_source_s_own_id_first(kind: str, source: Asked) -> None:
    answer = source.ask(Requester("somebody.else@x.example", IDS[kind]), CUSTOMER_FIELDS)
    assert answer is not None
    name = next(iter(KNOWN[kind]))
    assert answer.facts[name].value == KNOWN[kind][name]


def test_a_wrong_secret_is_said_and_the_secret_is_not(kind: str, vendor: Vendor) -> None:
    source = opened(record_of(kind, vendor.url, token="wrong-word"))
    with pytest.raises(Unavailable, match="credentials") as raised:
        source.ask(WHO, CUSTOMER_FIELDS)
    assert "wrong-word" not in raised.value.reason


def test_nothing_about_the_customer_is_logged(
    source: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    source.ask(WHO, CUSTOMER_FIELDS)
    assert "kontor" not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("kind", sorted(set(VENDORS) - {"http"}), indirect=True)
def test_a_field_map_adds_to_what_is_read_and_takes_out_of_it(vendor: Vendor, kind: str) -> None:
    first, second, *_ = KNOWN[kind]
    path = {
        "hubspot": "company.name",
        "salesforce": "Account.Name",
        "stripe": "customer.metadata.tier",
        "shopify": "defaultAddress.company",
    }[kind]
    source = opened(record_of(kind, vendor.url, fields=f"{first} = -\n{second} = {path}"))
    answer = source.ask(WHO, CUSTOMER_FIELDS)
    assert answer is not None
    assert first not in answer.facts
    if CUSTOMER_FIELDS[second].kind.value == "text":
        assert answer.facts[second].value in {"Kontor AS", "gold"}
    else:
        assert second in answer.refused


# What a server can do to a ticket.

SILENT: dict[str, Callable[..., None]] = {
    "slow": slow,
    "dripping": dripping,
    "dripping headers": dripping_headers,
    "hanging up": hanging_up,
    "down": saying(b"", 503),
    "overwhelmed": saying(b"", 429, Retry_After="7"),
    "moved": saying(b"", 301, Location="http://169.254.169.254/"),
    "moved in circles": saying(b"", 302, Location="/"),
    "not HTTP": lambda to: to.wfile.write(b"\x00\xff nothing of the kind\r\n\r\n"),
}
USELESS: dict[str, Callable[..., None]] = {
    "10 MB": endless,
    "too deep": saying(b'{"a":' * 10_000),
    "NaN": saying(b'{"arr": NaN, "records": [], "data": []}'),
    "a large integer": saying(b'{"arr": ' + b"9" * 300 + b"}"),
    "not UTF-8": saying(b"\xff\xfe{}"),
    "compressed": saying(b"\x1f\x8b", Content_Encoding="gzip"),
    "half JSON": saying(b'{"a": '),
    "nothing": saying(b""),
    "a page": saying(b"<html>Sign in</html>"),
}


@pytest.mark.parametrize("trouble", SILENT.values(), ids=SILENT)
def test_a_source_that_cannot_answer_is_silent_in_time(
    source: Asked, vendor: Vendor, trouble: Callable[..., None]
) -> None:
    vendor.trouble = trouble
    began = time.monotonic()
    with pytest.raises(Unavailable):
        source.ask(WHO, CUSTOMER_FIELDS)
    assert time.monotonic() - began < 2.5  # its own limit is 0.5 s; else it goes on for 3
    assert len(vendor.asked) == 1  # nothing is tried again, and no redirect is followed


@pytest.mark.parametrize("trouble", USELESS.values(), ids=USELESS)
def test_an_answer_nobody_could_use_is_refused_whole(
    source: Asked, vendor: Vendor, trouble: Callable[..., None]
) -> None:
    vendor.trouble = trouble
    with pytest.raises((Refused, Unavailable)) as raised:
        source.ask(WHO, CUSTOMER_FIELDS)
    assert len(raised.value.reason) < 300


def _replaced(document: Any, value: Any) -> Any:
    """The same document with another value in every place that holds one."""
    if isinstance(document, dict):
        return {key: _replaced(inner, value) for key, inner in document.items()}
    if isinstance(document, list):
        return [_replaced(inner, value) for inner in document]
    return document if document in {LENA, "00Dx!session"} else value


@pytest.mark.parametrize(
    "lie",
    [None, True, -1, 1e308, "", "x" * 50_000, [], {}, [[["x"]]], {"a": {"b": []}}, [None, 5]],
    ids=["null", "yes", "-1", "1e308", "empty", "long", "list", "object", "lists", "deep", "mixed"],
)
def test_a_source_that_lies_about_every_type_hurts_nobody(
    source: Asked, vendor: Vendor, lie: object
) -> None:
    vendor.change = lambda document: _replaced(document, lie)
    try:
        answer = source.ask(WHO, CUSTOMER_FIELDS)
    except (Refused, Unavailable):
        return
    for name, fact in () if answer is None else answer.facts.items():
        assert type(fact.value) in {str, float, bool, date, frozenset}, name


@pytest.mark.parametrize("shape", [[], [1, 2], "text", 17, None, {"data": 5}, {"records": {}}])
def test_an_answer_of_another_shape_hurts_nobody(
    source: Asked, vendor: Vendor, shape: object
) -> None:
    vendor.change = lambda _: shape
    try:
        answer = source.ask(WHO, CUSTOMER_FIELDS)
    except (Refused, Unavailable):
        return
    assert answer is None or not answer.facts


def test_one_value_of_the_wrong_type_is_named_and_the_others_are_believed(
    kind: str, source: Asked, vendor: Vendor
) -> None:
    wrong = {
        "http": "arr",
        "hubspot": "numberofemployees",
        "salesforce": "NumberOfEmployees",
        "stripe": "nickname",
        "shopify": "numberOfOrders",
    }[kind]

    def lie(document: Any) -> Any:
        if isinstance(document, dict):
            return {key: ["many"] if key == wrong else lie(one) for key, one in document.items()}
        return [lie(one) for one in document] if isinstance(document, list) else document

    vendor.change = lie
    answer = source.ask(WHO, CUSTOMER_FIELDS)
    assert answer is not None
    assert len(answer.refused) == 1
    assert len(answer.facts) >= len(KNOWN[kind]) - 1


def test_a_server_in_our_own_network_is_not_called_unless_it_is_named(
    kind: str, vendor: Vendor
) -> None:
    source = opened(record_of(kind, vendor.url), Addresses())
    with pytest.raises(Unavailable, match="network of its own"):
        source.ask(WHO, CUSTOMER_FIELDS)
    assert vendor.asked == []


def test_a_server_that_is_gone_is_silent(kind: str) -> None:
    with serving(kind) as running:
        record = record_of(kind, running.url)
    # A vendor's own client may wrap what happened in words of its own.
    with pytest.raises(Unavailable, match="cannot be reached: nobody answers at that address"):
        opened(record).ask(WHO, CUSTOMER_FIELDS)


@pytest.mark.parametrize("kind", ["http"], indirect=True)
def test_an_answer_just_as_large_as_is_read_is_taken(kind: str, vendor: Vendor) -> None:
    head, tail = b'{"customer.plan": "Team", "rest": "', b'"}'
    vendor.trouble = saying(head + b"x" * (MOST_BYTES - len(head) - len(tail)) + tail)
    source = opened(record_of(kind, vendor.url, fields=""))
    answer = source.ask(WHO, CUSTOMER_FIELDS)
    assert answer is not None
    assert answer.facts["customer.plan"].value == "Team"


# What may be entered.


def test_the_settings_of_every_kind_are_found_right(kind: str, vendor: Vendor) -> None:
    assert problems_of(record_of(kind, vendor.url), HERE) == {}


def test_what_is_missing_or_wrong_is_all_said_at_once(kind: str) -> None:
    record = record_of(kind, "http://10.0.0.5", token="", fresh_for="soon", timeout="99")
    problems = problems_of(record, Addresses())
    assert {"fresh_for", "timeout"} < set(problems)
    assert set(problems) & {"url", "address"}


@pytest.mark.parametrize(
    "bad", ["customer.plan", "= x", "customer.plan = ", "Plan! = x", "a = b\na = c", "a = b..c d"]
)
def test_a_field_map_that_cannot_be_read_is_refused(kind: str, vendor: Vendor, bad: str) -> None:
    assert "fields" in problems_of(record_of(kind, vendor.url, fields=bad), HERE)
