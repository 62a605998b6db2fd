"""Why a server could not be reached, in words for people, from the error of any client."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

NAME_NOT_KNOWN = "its name is not known (DNS)"
NOBODY_ANSWERS = "nobody answers at that address"


def why_unreached(error: BaseException) -> str:
    """What lies behind a failed connection: half a sentence, without the client's own words."""
    causes = tuple(_causes(error))
    if any(isinstance(one, socket.gaierror) for one in causes):
        return NAME_NOT_KNOWN
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return "its certificate is not trusted here"
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return "it does not speak TLS as we do"
    if any(isinstance(one, ConnectionResetError | BrokenPipeError) for one in causes):
        return "the connection broke off"
    if any(isinstance(one, OSError) for one in causes):
        return NOBODY_ANSWERS
    return "the connection broke off, or it is not a web server"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it came from, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
