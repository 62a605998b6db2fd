"""Which addresses we call for an admin: the public internet, and the internal hosts that are named.

An address that leads into our own network would let whoever may add a source read what only we
can reach (server-side request forgery). So the host is resolved, every address it has must be
public, and the connection is made to the address that was checked: a name that changes its
address in between gains nothing.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

LONGEST = 2_000
"""Most characters of an address."""

_STRANGE = re.compile(r"[\s\x00-\x1f\x7f\\]")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?")
# What resolvers read as a number though it is not written as an IPv4 address is: 127.1, 0x7f.1,
# 2130706433, 017700000001. No domain ends in a label like that.
_LOOKS_LIKE_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?")
# RFC 6052, RFC 3056, RFC 4291: IPv6 addresses with an IPv4 address inside.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
# Not global by IANA's registry either, which the older Pythons among ours do not know yet.
_ALSO_HIDDEN = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


class BadAddress(ValueError):
    """An address we do not call; says why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What may be called. ``internal`` are the hosts in our own network that may be, by name."""

    internal: frozenset[str] = frozenset()

    def check(self, url: str) -> SplitResult:
        """The parts of an address, if it may be called as far as it is written. Raises BadAddress.

        Its host is looked up by ``resolve``, at the moment of the call.
        """
        if len(url) > LONGEST or _STRANGE.search(url):
            raise BadAddress("The address must hold no blanks, and 2,000 characters at most.")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise BadAddress("This is not an address. Example: https://crm.example.com") from None
        if port == 0 or parts.scheme not in {"http", "https"} or not host:
            raise BadAddress("The address must begin with https:// and name a host.")
        if parts.username is not None or parts.password is not None:
            raise BadAddress("The address must not hold a user name or password.")
        self._check_host(host)
        if parts.scheme == "http" and not self.is_internal(host):
            raise BadAddress("The address must begin with https://, so that nobody reads along.")
        return parts

    def is_internal(self, host: str) -> bool:
        """Whether a host is one of those in our own network that may be called."""
        return host.lower().rstrip(".") in self.internal

    def resolve(self, host: str, port: int) -> str:
        """The address to connect to. Raises BadAddress, or OSError where there is none."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        if not self.is_internal(host):
            hidden = next((one for one in addresses if not is_public(one)), None)
            if hidden is not None:
                raise BadAddress(_not_public(host))
        return addresses[0]

    def _check_host(self, host: str) -> None:
        if self.is_internal(host):
            return
        try:
            literal = ip_address(host)
        except ValueError:
            if _LOOKS_LIKE_NUMBER.fullmatch(host) or not _NAME.fullmatch(host):
                raise BadAddress(f"“{host[:60]}” is not the name of a host.") from None
            if host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost"):
                raise BadAddress(_not_public(host)) from None
        else:
            if not is_public(str(literal)):
                raise BadAddress(_not_public(host))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also looking inside IPv6 ones."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    inner = _inner(ip) if isinstance(ip, IPv6Address) else ip
    if inner is not None and not _is_public(inner):
        return False
    return _is_public(ip) or inner is not None


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address) and any(ip in network for network in _ALSO_HIDDEN):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in network for network in _TRANSLATED) or ip in _COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return None


def _not_public(host: str) -> str:
    return (
        f"“{host[:60]}” leads into a network of its own, not to the public internet. If it is "
        "meant, an operator names it in DESKROUTE_INTERNAL_HOSTS."
    )
