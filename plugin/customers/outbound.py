"""HTTP to a customer source: to a checked address, within a time, of a bounded size.

It is built on httpx's own engine, because there the connection itself can be made by us: to the
very address that was checked, and with a clock that counts the whole answer. A time limit per
read, which is what clients offer, lets a source that sends one byte a second go on for hours.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpcore
from httpcore import NetworkBackend, NetworkStream, SyncBackend

from plugin.customers.addresses import Addresses, BadAddress
from plugin.json_body import BadBody, read_json
from plugin.ports import Refused, Unavailable
from plugin.unreached import why_unreached

MOST_BYTES = 262_144
"""Largest answer that is read. A customer is some kilobytes."""

# A 4xx by number, yet "not now" by meaning: it took too long, came too early, too often.
_TRY_AGAIN = frozenset({408, 425, 429})
_CREDENTIALS = frozenset({401, 403})
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Heard:
    """How somebody answered who was told something, after how many seconds to come again."""

    status: int
    retry_after: float | None

    def __str__(self) -> str:
        return _named(self.status)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a source answered: a 2xx, or 404 where it does not know what was asked for."""

    source: str
    status: int
    body: bytes

    def json(self) -> object:
        """The body's JSON. Raises Refused where it cannot be used."""
        try:
            return read_json(self.body, max_bytes=MOST_BYTES)
        except BadBody as error:
            what = error.code.removeprefix("body-").replace("-", " ")
            raise Refused(f"The answer of {self.source} cannot be used: {what}.") from None


class Outbound:
    """Connections to one source. Threads may share it; processes must not.

    ``timeout`` is for one question and its whole answer, in seconds. Redirects are not followed,
    cookies not kept and proxies not used: each could carry what is asked, or our credentials, to
    where nobody meant them to go.
    """

    def __init__(self, source: str, addresses: Addresses, timeout: float) -> None:
        self._source = source
        self._addresses = addresses
        self._timeout = timeout
        self._clock = _Countdown()
        self._pool = httpcore.ConnectionPool(
            max_connections=8,
            max_keepalive_connections=2,
            keepalive_expiry=30.0,
            network_backend=_Checked(addresses, self._clock),
        )

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Ask one thing. Raises Unavailable where nobody can be answered now, else Refused.

        Credentials that are not known and an address that leads elsewhere are Unavailable too:
        once they are mended the source answers, and what was routed without it is repaired.
        """
        with self._exchange(method, url, headers or {}, body) as response:
            return self._read(response)

    def tell(self, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """Post something, whatever the answer; what stands in it is not read.

        Raises Unavailable where nobody answers.
        """
        with self._exchange("POST", url, headers, body) as response:
            return Heard(response.status, _retry_after(response))

    @contextmanager
    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Iterator[httpcore.Response]:
        """Ask, and read the answer inside; what goes wrong with the line is Unavailable."""
        try:
            self._addresses.check(url)
        except BadAddress as error:
            raise Unavailable(f"{self._source}: {error}") from None
        self._clock.start(self._timeout)
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        try:
            sent = _headers(method, url, headers, body)
            with self._pool.stream(
                method, url, headers=sent, content=body, extensions={"timeout": limits}
            ) as response:
                yield response
        except BadAddress as error:
            raise Unavailable(f"{self._source}: {error}") from None
        except (httpcore.TimeoutException, TimeoutError):
            raise Unavailable(
                f"{self._source} did not answer within {self._timeout:g} s."
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            why = f"{self._source} cannot be reached: {why_unreached(error)}."
            raise Unavailable(why) from None
        except (ValueError, UnicodeError, httpcore.UnsupportedProtocol):
            # The engine's own words might quote a header with its secret.
            raise Unavailable(f"{self._source}: the address or a header is not valid.") from None

    def json(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> object | None:
        """The JSON of an answer; None for a 404."""
        raw = b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        reply = self.ask(method, url, {**kind, **(headers or {})}, raw)
        return None if reply.status == NOT_FOUND else reply.json()

    def close(self) -> None:
        """Close all connections."""
        with suppress(Exception):
            self._pool.close()

    def _read(self, response: httpcore.Response) -> Reply:
        status = response.status
        if not (200 <= status < 300 or status == NOT_FOUND):
            raise _declined(self._source, status, _retry_after(response))
        encoding = _header(response, b"content-encoding")
        if encoding not in {b"", b"identity"}:
            raise Refused(f"{self._source} compressed its answer although it was asked not to.")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Refused(f"{self._source} answered with more than {MOST_BYTES:,} bytes.")
        return Reply(self._source, status, bytes(body))


def _headers(
    method: str, url: str, given: Mapping[str, str], body: bytes
) -> list[tuple[bytes, bytes]]:
    """What is sent: what was given, but who is asked and how long the body is, we say."""
    headers = {"accept": "application/json", "user-agent": "Deskroute"}
    headers |= {name.lower(): value for name, value in given.items()}
    headers |= {"host": urlsplit(url).netloc, "accept-encoding": "identity"}
    if body or method not in {"GET", "HEAD"}:
        headers["content-length"] = str(len(body))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def _header(response: httpcore.Response, name: bytes) -> bytes:
    return next((value for key, value in response.headers if key.lower() == name), b"")


def _retry_after(response: httpcore.Response) -> float | None:
    asked = _header(response, b"retry-after").strip()
    return float(asked) if asked.isdigit() and len(asked) < 6 else None


def _declined(source: str, status: int, retry_after: float | None) -> Exception:
    said = f"{source} answered {_named(status)}"
    if status in _TRY_AGAIN or status >= 500:
        return Unavailable(f"{said}.", retry_after)
    if 300 <= status < 400:
        return Unavailable(
            f"{said}, a redirect, which is not followed. Set the address to where it really is."
        )
    if status in _CREDENTIALS:
        return Unavailable(f"{said}. It does not accept our credentials; enter new ones.")
    return Refused(f"{said}.")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class _Countdown(threading.local):
    """How long the question this thread asks may still take."""

    ends = 0.0

    def start(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises httpcore.ReadTimeout when there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Checked(NetworkBackend):
    """Connects only to addresses that may be called, whatever a name has become meanwhile."""

    def __init__(self, addresses: Addresses, clock: _Countdown) -> None:
        self._addresses = addresses
        self._clock = clock
        self._plain = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Connect to the address that was checked, not to the name once more."""
        _ = timeout
        address = self._addresses.resolve(host, port)
        left = self._clock.left()
        stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
        return _Timed(stream, self._clock)


class _Timed(NetworkStream):
    """A connection whose reads and writes share one time limit."""

    def __init__(self, stream: NetworkStream, clock: _Countdown) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        _ = timeout
        return self._stream.read(max_bytes, self._clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        _ = timeout
        self._stream.write(buffer, self._clock.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        _ = timeout
        inner = self._stream.start_tls(ssl_context, server_hostname, self._clock.left())
        return _Timed(inner, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
