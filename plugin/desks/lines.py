"""Connections to one server that stay open between requests.

They are those of the standard library: a client with sessions, cookies and redirects, of which
we use nothing, needs several times as long for each request.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http.client import (
    BadStatusLine,
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
    LineTooLong,
    RemoteDisconnected,
)
from io import BufferedReader, RawIOBase
from select import POLLIN, poll
from socket import socket
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from httpx import create_ssl_context

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

KEPT_SECONDS = 5.0
"""How long a connection is kept that nobody uses: what lies in between may forget it silently."""

MOST_KEPT = 8
"""Connections that are kept."""

_FINAL = 200
"""An answer with a lower number only says that there will be one."""

_WITHOUT_BODY = frozenset({204, 304})
_STATUS = re.compile(r"[1-9][0-9]{2}")
_LENGTH = re.compile(r"[0-9]{1,18}")
_LONGEST_LINE = 65_536
_MOST_FIELDS = 100

WHOLE_ANSWER_SECONDS = 30.0
"""How long an answer may take from its first line to its end, however it is dealt out."""


class Lines:
    """Connections to the server of a URL. Threads may share it; processes must not.

    ``connect`` and ``read`` are the seconds to wait for a connection, and for the next bytes of an
    answer. With ``proxies`` the environment says by which proxy to go, as for most programs;
    ValueError if it names one that we cannot speak to.
    """

    def __init__(self, url: str, *, connect: float, read: float, proxies: bool) -> None:
        self._url = urlsplit(url)
        self._connect = connect
        self._read = read
        self._proxy = _proxy_for(self._url) if proxies else None
        self._idle: deque[tuple[HTTPConnection, float]] = deque()
        self._before = quote(self._url.path, safe="/%:@!$&'()*+,;=~")
        self._headers: dict[str, str] = {}
        if self._proxy is not None and self._url.scheme == "http":
            # A proxy without a tunnel wants to be told all of the address.
            self._before = f"http://{self._url.netloc}{self._before}"
            self._headers = _sign_in(self._proxy)

    @contextmanager
    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Iterator[HTTPResponse]:
        """Ask for a path below the URL, and hold the line while the answer is read.

        Raises OSError, of which TimeoutError, HTTPException, and ValueError for what cannot be
        sent.
        """
        line, begun = self._begun(method, self._before + path, {**headers, **self._headers}, body)
        is_whole = False
        try:
            with begun as answer:
                try:
                    yield answer
                finally:
                    is_whole = answer.isclosed() or answer.length == 0
        finally:
            if is_whole and line.sock is not None and len(self._idle) < MOST_KEPT:
                self._idle.append((line, time.monotonic() + KEPT_SECONDS))
            else:
                line.close()

    def close(self) -> None:
        """Close all connections that nobody uses now."""
        while self._idle:
            self._idle.pop()[0].close()

    def _begun(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """The head of an answer, and the line on which the rest comes."""
        kept = self._free()
        if kept is not None:
            try:
                return kept, self._head(kept, method, path, headers, body)
            except ConnectionError:
                # The server hung up while we asked. Asking again does no harm if nothing changes.
                if method != "GET":
                    raise
        line = self._new()
        return line, self._head(line, method, path, headers, body)

    def _head(
        self,
        line: HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> HTTPResponse:
        try:
            # It was that of connecting, or shortened by the answer before.
            line.sock.settimeout(self._read)
            line.request(method, path, body, headers)
            return line.getresponse()
        except BaseException:
            line.close()
            raise

    def _free(self) -> HTTPConnection | None:
        """The connection that was used last, if it still stands."""
        while True:
            try:
                line, until = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() < until and _is_quiet(line):
                return line
            line.close()

    def _new(self) -> HTTPConnection:
        to = self._proxy or self._url
        host, port = to.hostname or "", to.port
        if self._url.scheme == "http":
            line = HTTPConnection(host, port, timeout=self._connect)
        else:
            line = HTTPSConnection(host, port, timeout=self._connect, context=self._tls)
            if self._proxy is not None:
                behind = self._url.hostname or ""
                line.set_tunnel(behind, self._url.port or 443, _sign_in(self._proxy))
        line.connect()
        # From here on: the answer of a proxy to a tunnel has the shorter time of connecting.
        line.response_class = _Answer
        return line

    @cached_property
    def _tls(self) -> SSLContext:
        return create_ssl_context()


class _Reads(RawIOBase):
    """What comes from a socket; TimeoutError once the time for a whole answer is over."""

    def __init__(self, sock: socket, raw: RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._longest = sock.gettimeout() or WHOLE_ANSWER_SECONDS
        self._until = time.monotonic() + WHOLE_ANSWER_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        if left < self._longest:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer of HTTP/1 that has to be whole in time, and whose head is read as what it is.

    The standard library reads it as a mail's, which takes longer than all else about an answer.
    """

    def __init__(
        self, sock: socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = BufferedReader(_Reads(sock, self.fp.detach()))

    def begin(self) -> None:
        """Read the head. Raises HTTPException if it is none, and OSError."""
        status = 0
        while status < _FINAL:
            self.version, status, self.reason = self._first_line()
            self.headers = self.msg = self._fields()
        self.code = self.status = status
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        length = self.headers.get("content-length", "").strip()
        is_told = _LENGTH.fullmatch(length) and not self.chunked
        self.length = int(length) if is_told else None
        if status in _WITHOUT_BODY:
            self.length = 0
        told = self.headers.get("connection", "").lower()
        ends = "keep-alive" not in told if self.version == 10 else "close" in told
        # Where nobody says how long it is, it ends with the connection.
        self.will_close = ends or (not self.chunked and self.length is None)

    def _first_line(self) -> tuple[int, int, str]:
        line = self._line()
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        version, _, rest = line.partition(" ")
        status, _, reason = rest.strip().partition(" ")
        if not version.startswith("HTTP/1.") or not _STATUS.fullmatch(status):
            self.close()
            raise BadStatusLine(line)
        return 10 if version == "HTTP/1.0" else 11, int(status), reason.strip()

    def _fields(self) -> HTTPMessage:
        fields: list[list[str]] = []
        while line := self._line():
            if len(fields) >= _MOST_FIELDS:
                raise HTTPException(f"got more than {_MOST_FIELDS} headers")
            name, colon, value = line.partition(":")
            if line[0] in " \t" and fields:
                fields[-1][1] += f" {line.strip()}"
            elif colon:
                fields.append([name, value.strip()])
        told = HTTPMessage()
        for name, value in fields:
            told[name] = value
        return told

    def _line(self) -> str:
        line = self.fp.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise LineTooLong("header line")
        return line.decode("iso-8859-1").rstrip("\r\n")


def _is_quiet(line: HTTPConnection) -> bool:
    # Between two answers there is nothing to read, unless the server has hung up.
    readable = poll()
    readable.register(line.sock, POLLIN)
    return not readable.poll(0)


def _proxy_for(url: SplitResult) -> SplitResult | None:
    named = getproxies_environment()
    said = named.get(url.scheme) or named.get("all")
    if not said or proxy_bypass(url.hostname or ""):
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise ValueError(
            f"The environment says to go by a proxy at {proxy.scheme}://{proxy.hostname or ''}. "
            "Only proxies at http:// addresses are supported."
        )
    return proxy._replace(netloc=proxy.netloc if proxy.port else f"{proxy.netloc}:80")


def _sign_in(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    who = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(who.encode()).decode()}"}
