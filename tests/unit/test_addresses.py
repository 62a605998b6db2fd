"""Which addresses a customer source may have: none that leads into our own network."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from plugin.customers.addresses import Addresses, BadAddress, is_public
from plugin.customers.http_json import check_url, filled
from plugin.ports import Requester

INWARD = [
    "https://127.0.0.1/",
    "https://127.8.9.10/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://127.0.0.1./",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://api.localhost/",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1:8443/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://192.0.0.8/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:5]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::10.0.0.5]/",
    "https://[64:ff9b:1::a00:5]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
]
STRANGE = [
    "http://crm.example.com/",
    "ftp://crm.example.com/",
    "file:///etc/passwd",
    "gopher://crm.example.com/",
    "https://",
    "https:///path",
    "//crm.example.com/",
    "crm.example.com",
    "https://me:word@crm.example.com/",
    "https://crm.example.com\\@10.0.0.5/",
    "https://crm.example.com:0/",
    "https://crm.example.com:99999/",
    "https://crm.example.com:x/",
    "https://crm example.com/",
    "https://crm.example.com/\nHost: x",
    "https://crm.example.com/\0",
    "https://[::1/",
    "https://crm_example.com/",
    "https://①②⑦.0.0.1/",
    f"https://crm.example.com/{'a' * 3_000}",
]
OUTWARD = [
    "https://crm.example.com/customers?email=x%40y.example",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]:8443/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://xn--mller-kva.example/",
]


@pytest.mark.parametrize("url", INWARD)
def test_an_address_that_leads_into_our_own_network_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        Addresses().check(url)


@pytest.mark.parametrize("url", STRANGE)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        Addresses().check(url)


@pytest.mark.parametrize("url", OUTWARD)
def test_an_address_in_the_public_internet_may_be_called(url: str) -> None:
    assert Addresses().check(url).hostname


def resolving_to(monkeypatch: pytest.MonkeyPatch, *found: list[str]) -> None:
    """Let every name have these addresses, another list each time it is asked for."""
    answers = iter(found)

    def getaddrinfo(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        _ = host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("hidden", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_a_name_one_of_whose_addresses_is_ours_is_not_called(
    monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    resolving_to(monkeypatch, ["8.8.8.8", hidden])
    with pytest.raises(BadAddress, match="DESKROUTE_INTERNAL_HOSTS"):
        Addresses().resolve("crm.example.com", 443)


def test_the_address_that_was_checked_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    assert Addresses().resolve("rebinding.example.com", 443) == "8.8.8.8"


def test_an_internal_host_that_is_named_may_be_called_and_no_other() -> None:
    addresses = Addresses(frozenset({"crm.internal", "10.0.0.5"}))
    assert addresses.check("http://CRM.internal:8080/x").port == 8080
    assert addresses.check("http://10.0.0.5/").hostname == "10.0.0.5"
    for url in ("http://10.0.0.6/", "http://crm.internal.example.com/"):
        with pytest.raises(BadAddress):
            addresses.check(url)


@pytest.mark.parametrize("word", ["", "x", "999.1.1.1", "127.0.0.1/8", "::ffff:127.0.0.1%1"])
def test_what_is_no_address_is_not_public(word: str) -> None:
    assert not is_public(word)


# The address of an endpoint, with a customer in it.


def test_a_customer_changes_nothing_but_their_own_place_in_the_address() -> None:
    who = Requester("a/../../b?x=1&y=#z@evil.example", "{email} 7")
    url = filled("https://crm.example.com/c/{email}?id={external_id}", who)
    assert url == (
        "https://crm.example.com/c/a%2F..%2F..%2Fb%3Fx%3D1%26y%3D%23z%40evil.example"
        "?id=%7Bemail%7D%207"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://{email}/",
        "https://{external_id}.example.com/",
        "https://crm.example.com/customers",
        "https://10.0.0.5/{email}",
    ],
)
def test_an_endpoint_whose_host_a_customer_could_choose_or_that_names_nobody_is_refused(
    url: str,
) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_url(url, "GET", Addresses())


def test_an_endpoint_that_names_the_customer_in_its_address_is_taken() -> None:
    check_url("https://crm.example.com/c?email={email}", "GET", Addresses())
    check_url("https://crm.example.com/look-up", "POST", Addresses())
