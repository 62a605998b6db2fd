"""Read a stranger's JSON body so that nothing in it can hurt: bounded, strict and storable.

What comes back holds no NUL and no lone surrogate (PostgreSQL refuses both), no NaN or infinity,
no number of absurd length and no object that names a key twice. Check the delivery's signature
first, over the raw bytes; then ``decode_body``, then ``read_json``.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections import Counter
from functools import cache
from itertools import accumulate
from typing import NoReturn

_BOM = b"\xef\xbb\xbf"
_SHOWN = 40


class BadBody(Exception):
    """A body that cannot be read, with a short code and a message that says what and where.

    Codes: ``body-empty``, ``body-too-large``, ``body-compressed`` (a compression we do not
    read), ``body-broken-gzip``, ``body-not-utf8``, ``body-not-json``, ``body-too-deep``,
    ``body-duplicate-key``, ``body-number``, ``body-character``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def about(self, what: str) -> str:
        """What is wrong, of something that no desk delivered, and without advice for a desk."""
        wrong = self.message.partition(". ")[0].removesuffix(".")
        for delivered in ("The delivery's body", "the delivery's body"):
            wrong = wrong.replace(delivered, what)
        return f"{wrong}."


def decode_body(raw: bytes, content_encoding: str | None, max_bytes: int = 1_000_000) -> bytes:
    """Return the body without its compression; never makes more than ``max_bytes`` of it.

    ``content_encoding`` is that header's value, None where there was none. Plain and gzip
    bodies are read, others refused with BadBody, as is a gzip of several members.
    """
    name = (content_encoding or "").strip().lower()
    if name not in {"", "identity", "gzip", "x-gzip"}:
        raise BadBody(
            "body-compressed",
            f"The delivery's Content-Encoding is {_shown(name)}, which is not read here. "
            "Let the sender use gzip, or no compression.",
        )
    _refuse_too_large(len(raw), max_bytes)
    return _inflate(raw, max_bytes) if name.endswith("gzip") else raw


def read_json(
    body: bytes,
    *,
    max_bytes: int = 1_000_000,
    max_depth: int = 32,
    max_int_digits: int = 30,
) -> object:
    """Return what the JSON in ``body`` says, or raise BadBody and nothing else.

    A UTF-8 byte order mark is skipped. ``max_depth`` counts lists and objects around a value:
    ``[[1]]`` is 2 deep. ``max_int_digits`` counts the digits of an integer, without its sign.
    """
    _refuse_too_large(len(body), max_bytes)
    body = body.removeprefix(_BOM)
    if not body.strip():
        raise BadBody("body-empty", "The delivery's body is empty. Set the webhook to send JSON.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_not_utf8(error.start)
    _refuse_too_deep(body, max_depth)
    try:
        value: object = _decoder(max_int_digits).decode(text)
    except json.JSONDecodeError as error:
        _refuse_not_json(error)
    except RecursionError:
        # Only with a max_depth beyond what Python itself can nest.
        raise _too_deep("deeper than this server can read") from None
    if _MAY_HOLD_UNSTORABLE.search(body):
        _refuse_unstorable(value)
    return value


def _refuse_too_large(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise _too_large(f"{size:,} bytes", max_bytes)


def _too_large(size: str, max_bytes: int) -> BadBody:
    return BadBody(
        "body-too-large",
        f"The delivery's body is too large: {size}, and {max_bytes:,} are allowed. "
        "Leave long fields out of the webhook's body.",
    )


def _inflate(raw: bytes, max_bytes: int) -> bytes:
    gunzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        # One byte more than allowed: enough to know, and never more memory than that.
        body = gunzip.decompress(raw, max_bytes + 1)
    except zlib.error:
        raise _broken_gzip("it is not gzip, or was damaged on its way") from None
    if len(body) > max_bytes:
        raise _too_large("more than that once unpacked", max_bytes)
    if not gunzip.eof:
        raise _broken_gzip("its end is missing")
    if gunzip.unused_data:
        # Reading on, member by member, would cost the square of their number.
        raise _broken_gzip("there is more after its end")
    return body


def _broken_gzip(why: str) -> BadBody:
    return BadBody(
        "body-broken-gzip",
        f"The delivery's gzip body cannot be unpacked: {why}. "
        "Let the sender send it again, or without compression.",
    )


def _refuse_not_utf8(place: int) -> NoReturn:
    raise BadBody(
        "body-not-utf8",
        f"The delivery's body is not UTF-8: byte {place + 1:,} does not fit. "
        "Set the webhook to send UTF-8.",
    ) from None


def _refuse_not_json(error: json.JSONDecodeError) -> NoReturn:
    raise BadBody(
        "body-not-json",
        f"The delivery's body is not JSON at line {error.lineno:,}, column {error.colno:,}: "
        f"{error.msg.removesuffix(' at')}. Correct the body in the webhook's settings.",
    ) from None


_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def _refuse_too_deep(body: bytes, max_depth: int) -> None:
    # Most bodies have so few brackets that they cannot be too deep, whatever their order.
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return
    # Without its escapes, every second piece between quotes is outside the strings. That is sure
    # as far as the body is JSON, and the parser goes no deeper after the first fault.
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.split(b'"')[::2]).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > max_depth:
        raise _too_deep(f"more than {max_depth:,} lists and objects inside each other")


def _too_deep(how: str) -> BadBody:
    return BadBody(
        "body-too-deep",
        f"The delivery's body is nested too deeply: {how}. Send a flatter body.",
    )


@cache
def _decoder(max_int_digits: int) -> json.JSONDecoder:
    def integer(digits: str) -> int:
        # Checked before int(), which takes the square of their number and refuses 4,301 itself.
        if len(digits) > max_int_digits:
            length = len(digits.removeprefix("-"))
            if length > max_int_digits:
                allowed = f"{max_int_digits:,} are allowed"
                raise _bad_number(f"an integer of {length:,} digits; {allowed}")
        return int(digits)

    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=integer,
        parse_float=_float,
        parse_constant=_refuse_constant,
    )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise BadBody(
            "body-duplicate-key",
            f'An object in the delivery\'s body names the key "{_shown(twice)}" twice, so its '
            "value is uncertain. Name each key once.",
        )
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _bad_number("a number too large to hold")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _bad_number(f"{name}, which JSON does not know")


def _bad_number(what: str) -> BadBody:
    return BadBody(
        "body-number",
        f"The delivery's body holds {what}. Send it as text, or leave it out.",
    )


# NUL and surrogates can only come escaped: raw ones are neither JSON nor UTF-8. An escape found
# here may be half of a pair, or follow a backslash of its own, so the values decide.
_MAY_HOLD_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def _refuse_unstorable(value: object) -> None:
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, str):
            _refuse_unstorable_text(here, "", path)
        elif isinstance(here, dict):
            for key, inner in here.items():
                _refuse_unstorable_text(key, "the key ", (*path, key))
                waiting.append(((*path, key), inner))
        elif isinstance(here, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(here))


def _refuse_unstorable_text(text: str, what: str, path: tuple[str | int, ...]) -> None:
    found = _UNSTORABLE.search(text)
    if found is not None:
        which = "a NUL character" if found[0] == "\x00" else "half of a surrogate pair"
        raise BadBody(
            "body-character",
            f"The delivery's body holds {which} in {what}{_where(path)}, which cannot be stored. "
            "Remove it from the text at the desk.",
        )


def _where(path: tuple[str | int, ...]) -> str:
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{_shown(step)}"
    return words.removeprefix(".") or "its only text"


def _shown(text: str) -> str:
    """Text of a stranger, cut short and with everything unprintable escaped."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
