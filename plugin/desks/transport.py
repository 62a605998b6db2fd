"""One way to speak HTTP to any desk: bounded in time and size, with two kinds of failure.

Every adapter uses it, so that "try again later" and "do not try again" mean the same everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead, InvalidURL
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from plugin.desks.lines import Lines
from plugin.ports import Refused, Unavailable
from plugin.unreached import why_unreached

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
MAX_ANSWER_BYTES = 8_000_000
LONGEST_RETRY_AFTER = 86_400.0

# A 4xx by number, yet "not now" by meaning: the request took too long, came too early, too often.
_TRY_AGAIN = frozenset({408, 425, 429})
_MAX_ERROR_BYTES = 64_000
_AT_ONCE = 65_536
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


class Declined(Refused):
    """The desk answered with a 4xx that trying again does not mend.

    ``status`` is that number. ``fields`` are the names at the top of a JSON body, which many
    desks use to say which fields they did not accept; the rest of the body is not kept, because
    it may quote a customer.
    """

    def __init__(self, reason: str, status: int, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.status = status
        self.fields = fields


class TooLarge(Refused):
    """The desk's answer is larger than we read; asking for less may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a desk answered with a 2xx. Header names are lower case."""

    desk: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body's JSON; Unavailable if it is none, as when a proxy shows its own page."""
        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unavailable(
                f"{self.desk} answered with something that is not JSON. "
                "Check that its address is right and leads to no sign-in page."
            ) from None
        return value


class Transport:
    """A connection pool to one desk. Threads may share it; processes must not.

    Redirects are not followed and cookies not kept: both could carry our credentials, or
    somebody else's, to where nobody meant them to go.
    """

    def __init__(self, connection: str, url: str, headers: Mapping[str, str]) -> None:
        """Speak to the desk at ``url`` and send ``headers`` with each request.

        ``connection`` is the name people gave it. Nothing is opened before the first request.
        """
        self._desk = f"The desk {connection!r}"
        self._headers = {
            "Accept": "application/json",
            # Uncompressed, so that the size limit counts what has to be held in memory.
            "Accept-Encoding": "identity",
            "User-Agent": "Deskroute",
            **headers,
        }
        # A proxy for the outside world has no way back to this machine.
        proxies = not _is_this_machine(url)
        self._lines = Lines(url, connect=CONNECT_SECONDS, read=READ_SECONDS, proxies=proxies)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the desk one thing; ``path`` is appended to its address, ``body`` sent as JSON.

        Raises Unavailable for a desk that cannot be reached, is late, overwhelmed or broken,
        Declined for one that says no, TooLarge or Refused for an answer we must not use.
        """
        sent = {**self._headers, **(headers or {})}
        raw = None
        if body is not None:
            raw = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            asked = f"{path}?{urlencode(params)}" if params else path
            with self._lines.ask(method, asked, sent, raw) as response:
                return self._read(response, method)
        except TimeoutError as error:
            raise Unavailable(f"{self._desk} did not answer in time.") from error
        except InvalidURL:
            raise self._unsendable() from None
        except (OSError, HTTPException) as error:
            raise Unavailable(f"{self._desk} cannot be reached: {why_unreached(error)}.") from error
        except ValueError:
            # After OSError: a certificate that is not valid is both.
            raise self._unsendable() from None

    def close(self) -> None:
        """Close all connections to the desk."""
        self._lines.close()

    def _unsendable(self) -> Refused:
        # What it is may be a secret, so it is not repeated.
        return Refused(
            f"{self._desk} was not asked: an id or header holds a character that cannot be sent. "
            "Check the connection's address and credentials for blanks, line breaks and accents."
        )

    def _read(self, response: HTTPResponse, method: str) -> Answer:
        status = response.status
        headers = {name.lower(): value for name, value in response.getheaders()}
        if status in _TRY_AGAIN or status >= 500:
            raise Unavailable(f"{self._desk} answered {_named(status)}.", retry_after(headers))
        if 300 <= status < 400:
            raise Refused(
                f"{self._desk} answered {_named(status)}, a redirect, which is not followed. "
                "Set the connection's address to where the desk really is."
            )
        if status >= 400:
            raise self._declined(response, method)
        if headers.get("content-encoding", "identity") != "identity":
            raise Refused(f"{self._desk} compressed its answer although it was asked not to.")
        body = self._body(response, MAX_ANSWER_BYTES)
        return Answer(self._desk, status, MappingProxyType(headers), body)

    def _body(self, response: HTTPResponse, max_bytes: int) -> bytes:
        """All of the body, within its size; the line keeps to the time for a whole answer."""
        body = bytearray()
        while chunk := response.read1(_AT_ONCE):
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(f"{self._desk} answered with more than {max_bytes:,} bytes.")
        if response.length:
            raise IncompleteRead(bytes(body), response.length)
        return bytes(body)

    def _declined(self, response: HTTPResponse, method: str) -> Declined:
        status = response.status
        reason = f"{self._desk} answered {_named(status)} to {method}."
        if status == 401:
            reason += " It does not know our credentials. Enter new ones for this connection."
        elif status == 403:
            reason += " Our user there may not do this. Give it the right to."
        return Declined(reason, status, self._named_fields(response))

    def _named_fields(self, response: HTTPResponse) -> frozenset[str]:
        try:
            said: object = json.loads(self._body(response, _MAX_ERROR_BYTES))
        except (ValueError, RecursionError, Refused, Unavailable, OSError, HTTPException):
            return frozenset()  # The number was said already; this would only have explained it.
        names = said if isinstance(said, dict) else {}
        return frozenset(name for name in names if _FIELD_NAME.fullmatch(name))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How many seconds the other side asks us to wait, from 0 to a day; None if it does not say.

    Reads both forms of RFC 9110: seconds, and a date, which is compared with the answer's own
    ``Date`` because only the difference of two readings of one clock means anything.
    """
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", asked):
        return min(float(asked), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(headers.get("date", ""))
        seconds = (until - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def base_url(text: str) -> str:
    """The address of a desk without a slash at its end; ValueError says what is wrong with it."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("is not an address. Example: https://desk.example.com") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise ValueError("must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment or re.search(r"[\s\x00-\x1f\\]", text):
        raise ValueError("must end after the path, without ? or #, and hold no blanks")
    return text.rstrip("/")


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
