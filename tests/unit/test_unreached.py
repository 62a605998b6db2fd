"""Why a server could not be reached, in words."""

from __future__ import annotations

import socket
import ssl

import httpcore
import pytest

from plugin.unreached import why_unreached


def wrapped(cause: Exception) -> Exception:
    error = httpcore.ConnectError("[Errno -2] Name or service not known")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not known (DNS)"),
        (wrapped(socket.gaierror(-2, "x")), "its name is not known (DNS)"),
        (wrapped(ConnectionRefusedError()), "nobody answers at that address"),
        (
            wrapped(ssl.SSLCertVerificationError()),
            "its certificate is not trusted here",
        ),
        (wrapped(ssl.SSLError()), "it does not speak TLS as we do"),
        (wrapped(ConnectionResetError()), "the connection broke off"),
        (httpcore.RemoteProtocolError("x"), "the connection broke off, or it is not a web server"),
    ],
)
def test_what_lies_behind_a_failed_connection_is_said_without_jargon(
    error: Exception, says: str
) -> None:
    assert why_unreached(error) == says


def test_errors_that_name_each_other_as_their_cause_come_to_an_end() -> None:
    one, two = ValueError(), ValueError()
    one.__cause__, two.__cause__ = two, one
    assert why_unreached(one) == "the connection broke off, or it is not a web server"
