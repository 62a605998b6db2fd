"""Whether a delivery really comes from its desk: one table of schemes and one function to check.

What is known of each desk's scheme stands in ``SCHEMES``. Where a desk does not say something,
or an installation differs, take a copy: ``dataclasses.replace(SCHEMES["zendesk"], tolerance=600)``.

Not confirmed by the desks, so ours to choose and yours to replace:

* zendesk and rt name no replay window; 300 seconds are used, as Chatwoot and Front advise.
* front_app documents milliseconds, but seconds have been seen; both are understood.
* standard_webhooks uses the ``webhook-*`` headers; senders on Svix itself say ``svix-*``.
* freshdesk and gorgias have no confirmed signature: use ``secret_header`` or ``secret_path``. The
  same goes for Chatwoot before it signed, and for Chatwoot's rules and macros.

A delivery id is only as sure as the signature over it, and of these schemes standard_webhooks
alone signs it. Elsewhere a repeat may come under a new id, so its body must be compared as well.
Zammad, Intercom, Help Scout, GitHub and Front's rules do not sign a time either: there, a repeat
can be told by its body only, however late it comes.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadSignature(Exception):
    """A delivery that must not be believed, with a short code and a message for a person.

    Codes: ``secret-missing`` and ``secret-unusable`` (ours to mend, see ``is_ours``);
    ``signature-``, ``time-`` and ``id-`` with ``missing`` or ``malformed``;
    ``signature-version``, ``signature-wrong``, ``time-too-old``, ``time-too-new``;
    ``shared-secret-missing``, ``shared-secret-malformed`` and ``shared-secret-wrong`` for
    desks that do not sign. Neither code nor message ever holds a secret, a signature we
    computed, or anything the sender wrote.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def is_ours(self) -> bool:
        """True when our configuration is at fault, so that the same delivery can fit later."""
        return self.code in {"secret-missing", "secret-unusable"}


class Proof(StrEnum):
    """What shows that a delivery is genuine: a signature, or a secret in its address or header."""

    SIGNATURE = "signature"
    PATH = "path"
    HEADER = "header"


class Digest(StrEnum):
    """The hash inside the HMAC."""

    SHA1 = "sha1"
    SHA256 = "sha256"


class Encoding(StrEnum):
    """How the signature's bytes are written. Hex may come in either case, base64 is padded."""

    HEX = "hex"
    BASE64 = "base64"


class Part(StrEnum):
    """A piece of the signed text: the delivery's id, its time as sent, or its raw body."""

    ID = "id"
    TIME = "time"
    BODY = "body"


class TimeFormat(StrEnum):
    """How the time is written. ISO 8601 needs a zone; milliseconds of 10 digits are seconds."""

    UNIX_SECONDS = "unix seconds"
    UNIX_MILLISECONDS = "unix milliseconds"
    ISO_8601 = "ISO 8601"


class SecretForm(StrEnum):
    """How a secret written as text becomes a key: its UTF-8 bytes, or base64 after ``whsec_``."""

    TEXT = "text"
    WHSEC = "whsec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How the deliveries of one kind of desk prove where they come from.

    ``to_copy`` names, in a message, the secret and where it is found. ``header`` carries the
    signature (or the secret itself) and is empty for a secret in the address; all header names
    are lower case.
    ``prefix`` stands before each signature; with ``several``, the header is a list of them
    parted by spaces. ``signed`` parts are joined by ``joiner``. ``tolerance`` is in whole
    seconds, both ways. ``warning`` is for the pages, and None for a signed scheme.
    """

    to_copy: str
    proof: Proof = Proof.SIGNATURE
    header: str = ""
    digest: Digest = Digest.SHA256
    encoding: Encoding = Encoding.HEX
    prefix: str = ""
    several: bool = False
    signed: tuple[Part, ...] = (Part.BODY,)
    joiner: str = ""
    time_header: str | None = None
    time_format: TimeFormat = TimeFormat.UNIX_SECONDS
    tolerance: int = 300
    delivery_header: str | None = None
    secret_form: SecretForm = SecretForm.TEXT
    empty_body_unsigned: bool = False
    warning: str | None = None

    def __post_init__(self) -> None:
        """Refuse with ValueError what would look protected without being so."""
        if bool(self.header) is (self.proof is Proof.PATH):
            raise ValueError("a scheme needs a header, and a secret in the address needs none")
        if (Part.TIME in self.signed) is not (self.time_header is not None):
            raise ValueError("a time must be both sent and signed, or neither")
        if Part.ID in self.signed and (self.delivery_header is None or not self.joiner):
            raise ValueError("a signed id needs a header and a joiner")
        if self.time_header and not self.joiner and self.time_format is not TimeFormat.ISO_8601:
            raise ValueError("digits need a joiner, or the body could begin one digit earlier")
        if Part.BODY not in self.signed:
            raise ValueError("the body must be signed")
        names = (self.header, self.time_header or "", self.delivery_header or "")
        if any(name != name.lower() for name in names):
            raise ValueError("header names are lower case")
        if self.tolerance < 0:
            raise ValueError("the tolerance is a number of seconds, 0 or more")
        if self.is_signed is not (self.warning is None):
            raise ValueError("an unsigned scheme needs a warning, and only that")

    @property
    def is_signed(self) -> bool:
        """True when body and secret are bound together, so that no false body can be made."""
        return self.proof is Proof.SIGNATURE


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "zendesk": Scheme(
            to_copy="the signing secret from the webhook's page in Zendesk",
            header="x-zendesk-webhook-signature",
            encoding=Encoding.BASE64,
            signed=(Part.TIME, Part.BODY),
            time_header="x-zendesk-webhook-signature-timestamp",
            time_format=TimeFormat.ISO_8601,
            delivery_header="x-zendesk-webhook-invocation-id",
        ),
        "chatwoot": Scheme(
            to_copy="the secret from the webhook's page in Chatwoot",
            header="x-chatwoot-signature",
            prefix="sha256=",
            signed=(Part.TIME, Part.BODY),
            joiner=".",
            time_header="x-chatwoot-timestamp",
            delivery_header="x-chatwoot-delivery",
        ),
        "zammad": Scheme(
            to_copy="the token from the webhook's page in Zammad",
            header="x-hub-signature",
            digest=Digest.SHA1,
            prefix="sha1=",
            delivery_header="x-zammad-delivery",
            empty_body_unsigned=True,
        ),
        "intercom": Scheme(
            to_copy="the client secret of the app from Intercom",
            header="x-hub-signature",
            digest=Digest.SHA1,
            prefix="sha1=",
        ),
        "helpscout": Scheme(
            to_copy="the webhook's secret from Help Scout",
            header="x-helpscout-signature",
            digest=Digest.SHA1,
            encoding=Encoding.BASE64,
        ),
        "front_rule": Scheme(
            to_copy="the API secret from Front",
            header="x-front-signature",
            digest=Digest.SHA1,
            encoding=Encoding.BASE64,
        ),
        "front_app": Scheme(
            to_copy="the application key of the app from Front",
            header="x-front-signature",
            encoding=Encoding.BASE64,
            signed=(Part.TIME, Part.BODY),
            joiner=":",
            time_header="x-front-request-timestamp",
            time_format=TimeFormat.UNIX_MILLISECONDS,
        ),
        "rt": Scheme(
            to_copy="the secret from the Deskroute scrip in RT",
            header="x-rt-signature",
            prefix="sha256=",
            signed=(Part.TIME, Part.BODY),
            joiner=".",
            time_header="x-rt-timestamp",
            delivery_header="x-rt-delivery",
        ),
        "standard_webhooks": Scheme(
            to_copy="the secret from the desk's webhook page",
            header="webhook-signature",
            encoding=Encoding.BASE64,
            prefix="v1,",
            several=True,
            signed=(Part.ID, Part.TIME, Part.BODY),
            joiner=".",
            time_header="webhook-timestamp",
            delivery_header="webhook-id",
            secret_form=SecretForm.WHSEC,
        ),
        "github": Scheme(
            to_copy="the secret from the desk's webhook page",
            header="x-hub-signature-256",
            prefix="sha256=",
            delivery_header="x-github-delivery",
        ),
        "secret_path": Scheme(
            to_copy="the webhook's full address, which `deskroute desks address NAME` prints,",
            proof=Proof.PATH,
            warning=(
                "This desk does not sign its deliveries. Anyone who learns the webhook's address "
                "can send false ones. Keep the address secret, and change it when it was seen."
            ),
        ),
        "secret_header": Scheme(
            to_copy="the webhook's secret, which `deskroute desks address NAME` prints,",
            proof=Proof.HEADER,
            header="x-deskroute-secret",
            warning=(
                "This desk does not sign its deliveries. Anyone who learns the secret header "
                "can send false ones. Keep the secret to yourself, and change it when it was seen."
            ),
        ),
    },
)


def verify(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] - six things
    scheme: Scheme,
    secrets: Sequence[bytes | str],
    body: bytes,
    headers: Mapping[str, str],
    path_secret: str | None,
    now: datetime,
) -> None:
    """Return if the delivery is genuine and recent, else raise BadSignature and nothing else.

    Any one of ``secrets`` may fit, so that a secret can be changed while deliveries come in; one
    that is empty or cannot be read makes the whole list refused. A secret given as bytes is the
    key itself, whatever the scheme's ``secret_form``. ``body`` is the raw body, as it came and
    before any decompression; ``headers`` have lower-case names; ``path_secret`` is what stood in
    the address, or None; ``now`` is aware.
    """
    keys = _keys(scheme, secrets)
    match scheme.proof:
        case Proof.PATH:
            _check_shared(keys, path_secret, "the delivery's address", scheme)
        case Proof.HEADER:
            sent = headers.get(scheme.header, "").strip(" \t")
            _check_shared(keys, sent, f"the header {scheme.header}", scheme)
        case Proof.SIGNATURE:
            if body or not scheme.empty_body_unsigned or scheme.header in headers:
                _check_signature(scheme, keys, body, headers, now)


def sign(
    scheme: Scheme,
    secret: bytes | str,
    body: bytes,
    *,
    delivery_id: str,
    at: datetime,
) -> dict[str, str]:
    """Return the headers that make ``verify`` believe this body at the moment ``at``.

    A secret that belongs into the address gives no headers. Raises BadSignature for an unusable
    secret, and ValueError for an id that cannot stand in a header (or holds the scheme's joiner
    where the id is signed), for a naive ``at`` and for one before April 1970.
    """
    key = _key(scheme, secret)
    if scheme.proof is Proof.PATH:
        return {}
    if scheme.proof is Proof.HEADER:
        return {scheme.header: key.decode("ascii")}
    headers: dict[str, str] = {}
    if scheme.delivery_header is not None:
        if not _is_plain(delivery_id) or not _is_clear_id(scheme, delivery_id):
            raise ValueError("a delivery id is plain ASCII, without the joiner where it is signed")
        headers[scheme.delivery_header] = delivery_id
    if scheme.time_header is not None:
        headers[scheme.time_header] = _write_time(scheme.time_format, at)
    signature = _encode(scheme, hmac.digest(key, _text(scheme, headers, body), scheme.digest))
    headers[scheme.header] = scheme.prefix + signature.decode("ascii")
    return headers


def _keys(scheme: Scheme, secrets: Sequence[bytes | str]) -> list[bytes]:
    # A lone string is a sequence too, of secrets one character long: never take it for a list.
    if isinstance(secrets, str | bytes):
        secrets = [secrets]
    if not secrets:
        raise BadSignature(
            "secret-missing",
            "This connection has no secret, so no delivery can be believed. "
            f"{_secret_remedy(scheme)}.",
        )
    return [_key(scheme, secret) for secret in secrets]


def _key(scheme: Scheme, secret: bytes | str) -> bytes:
    if not secret.strip():
        raise BadSignature(
            "secret-missing",
            "A secret of this connection is empty, so no delivery can be believed. "
            f"{_secret_remedy(scheme)}.",
        )
    try:
        key = _key_bytes(scheme, secret)
    except ValueError:
        key = b""
    if not key or (scheme.proof is Proof.HEADER and not _is_plain(key.decode("latin-1"))):
        raise BadSignature(
            "secret-unusable",
            f"A secret of this connection cannot be read: {_secret_rule(scheme)}. "
            f"{_secret_remedy(scheme)}.",
        )
    return key


def _key_bytes(scheme: Scheme, secret: bytes | str) -> bytes:
    if isinstance(secret, bytes):
        return secret
    if scheme.secret_form is SecretForm.TEXT:
        return secret.encode("utf-8")
    text = secret.removeprefix("whsec_")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _secret_remedy(scheme: Scheme) -> str:
    if scheme.is_signed:
        return f"Copy {scheme.to_copy} to `deskroute desks renew-secret NAME --secret`"
    return "Make one with `deskroute desks renew-secret NAME`, and give it to the desk"


def _secret_rule(scheme: Scheme) -> str:
    if scheme.secret_form is SecretForm.WHSEC:
        return "it must be base64, with or without whsec_ before it"
    if scheme.proof is Proof.HEADER:
        return "in a header it can only be ASCII letters, digits and signs"
    return "it holds characters that are not text"


def _is_plain(text: str) -> bool:
    """Tell whether text can be a header's value and comes out as it went in."""
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()


def _is_clear_id(scheme: Scheme, delivery_id: str) -> bool:
    """Tell whether the end of the id is certain in the signed text.

    With the joiner inside the id, one signature would fit several splits into id, time and body.
    """
    return Part.ID not in scheme.signed or scheme.joiner not in delivery_id


def _check_shared(keys: Iterable[bytes], sent: str | None, where: str, scheme: Scheme) -> None:
    if not sent:
        raise BadSignature(
            "shared-secret-missing",
            f"There is no secret in {where}. Copy {scheme.to_copy} into the desk.",
        )
    if scheme.proof is Proof.HEADER and not sent.isascii():
        raise BadSignature(
            "shared-secret-malformed",
            f"The secret in {where} holds characters that are not ASCII. "
            f"Copy {scheme.to_copy} into the desk again.",
        )
    # compare_digest takes ASCII text only, and an address may hold anything.
    if not _any_fits(keys, [sent.encode("utf-8", "surrogatepass")]):
        raise BadSignature(
            "shared-secret-wrong",
            f"The secret in {where} is wrong. Copy {scheme.to_copy} into the desk again.",
        )


def _check_signature(
    scheme: Scheme,
    keys: Sequence[bytes],
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
) -> None:
    signatures = _read_signatures(scheme, headers)
    sent: dict[str, str] = {}
    if Part.ID in scheme.signed and scheme.delivery_header is not None:
        sent[scheme.delivery_header] = _read_id(scheme, scheme.delivery_header, headers)
    moment: datetime | None = None
    if scheme.time_header is not None:
        time_sent = _read_header(headers, scheme.time_header, "time")
        moment = _read_time(scheme.time_format, time_sent, scheme.time_header)
        sent[scheme.time_header] = time_sent
    text = _text(scheme, sent, body)
    expected = [_encode(scheme, hmac.digest(key, text, scheme.digest)) for key in keys]
    if not _any_fits(expected, signatures):
        secret = "this secret" if len(keys) == 1 else f"any of the {len(keys)} secrets"
        raise BadSignature(
            "signature-wrong",
            f"The delivery's signature does not fit {secret}. Copy {scheme.to_copy} again.",
        )
    # Only now: what an unsigned time says about clocks would be a stranger's word.
    if moment is not None:
        _check_age(now - moment, timedelta(seconds=scheme.tolerance))


def _any_fits(expected: Iterable[bytes], sent: Sequence[bytes]) -> bool:
    """Compare every pair, without stopping at the first that fits."""
    fits = False
    for ours in expected:
        for theirs in sent:
            fits |= hmac.compare_digest(ours, theirs)
    return fits


def _check_age(age: timedelta, tolerance: timedelta) -> None:
    allowed = f"{int(tolerance.total_seconds()):,} are allowed"
    if age > tolerance:
        raise BadSignature(
            "time-too-old",
            f"The delivery was signed {age.total_seconds():,.0f} seconds ago; {allowed}. "
            "It may be an old one sent again. If not, set the clocks of the desk and of this "
            "server.",
        )
    if age < -tolerance:
        raise BadSignature(
            "time-too-new",
            f"The delivery was signed {-age.total_seconds():,.0f} seconds in the future; "
            f"{allowed}. Set the clocks of the desk and of this server.",
        )


def _read_header(headers: Mapping[str, str], name: str, what: str) -> str:
    value = headers.get(name, "").strip(" \t")
    if not value:
        raise BadSignature(
            f"{what}-missing",
            f"The delivery has no {what}: the header {name} is missing. "
            "Set a secret for the webhook at the desk, and check that this is the right kind of "
            "desk.",
        )
    if not value.isascii():
        raise BadSignature(
            f"{what}-malformed",
            f"The delivery's {what} in the header {name} holds characters that are not ASCII. "
            "Check that nothing between the desk and this server changes headers.",
        )
    return value


def _read_id(scheme: Scheme, name: str, headers: Mapping[str, str]) -> str:
    delivery_id = _read_header(headers, name, "id")
    if not _is_clear_id(scheme, delivery_id):
        raise BadSignature(
            "id-malformed",
            f'The delivery\'s id in the header {name} holds "{scheme.joiner}", which would make '
            "its signature ambiguous. Let the sender use ids without it.",
        )
    return delivery_id


def _read_signatures(scheme: Scheme, headers: Mapping[str, str]) -> list[bytes]:
    value = _read_header(headers, scheme.header, "signature")
    entries = value.split() if scheme.several else [value]
    known = [e.removeprefix(scheme.prefix) for e in entries if e.startswith(scheme.prefix)]
    if not known:
        raise BadSignature(
            "signature-version",
            f"The delivery's signature is of another kind: the header {scheme.header} does not "
            f'begin with "{scheme.prefix}". Check that this is the right kind of desk.',
        )
    letters = _LETTERS[scheme.encoding]
    length = len(_encode(scheme, bytes(_SIZES[scheme.digest])))
    whole = [s for s in known if len(s) == length and letters.fullmatch(s)]
    if not whole:
        wrong = (
            f"it is not {scheme.encoding}"
            if len(known[0]) == length
            else f"{len(known[0]):,} characters, expected {length}"
        )
        raise BadSignature(
            "signature-malformed",
            f"The delivery's signature in the header {scheme.header} cannot be read: {wrong}. "
            f"Check that this is the right kind of desk, and copy {scheme.to_copy} again.",
        )
    if scheme.encoding is Encoding.HEX:
        return [s.lower().encode("ascii") for s in whole]
    return [s.encode("ascii") for s in whole]


_SIZES = {Digest.SHA1: 20, Digest.SHA256: 32}
_LETTERS = {
    Encoding.HEX: re.compile(r"[0-9A-Fa-f]+"),
    Encoding.BASE64: re.compile(r"[0-9A-Za-z+/]+={0,2}"),
}


def _encode(scheme: Scheme, digest: bytes) -> bytes:
    if scheme.encoding is Encoding.HEX:
        return digest.hex().encode("ascii")
    return base64.b64encode(digest)


def _text(scheme: Scheme, headers: Mapping[str, str], body: bytes) -> bytes:
    """Put together what is signed; ``headers`` hold the id and the time where they are."""
    pieces = {Part.BODY: body}
    if scheme.time_header is not None:
        pieces[Part.TIME] = headers[scheme.time_header].encode("ascii")
    if Part.ID in scheme.signed and scheme.delivery_header is not None:
        pieces[Part.ID] = headers[scheme.delivery_header].encode("ascii")
    return scheme.joiner.encode("ascii").join(pieces[part] for part in scheme.signed)


def _read_time(form: TimeFormat, value: str, name: str) -> datetime:
    shape, reader = _TIMES[form]
    try:
        if shape.fullmatch(value):
            return reader(value)
    except ValueError:
        pass  # It looks like a date, but there is no such day or hour: said below.
    raise BadSignature(
        "time-malformed",
        f"The delivery's time in the header {name} cannot be read: {len(value):,} characters "
        f"that are not {form}. Check that this is the right kind of desk.",
    )


def _from_seconds(value: str) -> datetime:
    return _EPOCH + timedelta(seconds=int(value))


def _from_milliseconds(value: str) -> datetime:
    # 10 digits are seconds until the year 2286, and as milliseconds would be early 1970.
    if len(value) == len("1700000000"):
        return _from_seconds(value)
    return _EPOCH + timedelta(milliseconds=int(value))


# The counts of digits keep every number inside the years that datetime knows. The ISO shape ends
# with its zone and no match begins another, so that it is clear where a body joined to it starts.
_TIMES: Mapping[TimeFormat, tuple[re.Pattern[str], Callable[[str], datetime]]] = {
    TimeFormat.UNIX_SECONDS: (re.compile(r"[0-9]{1,11}"), _from_seconds),
    TimeFormat.UNIX_MILLISECONDS: (re.compile(r"[0-9]{1,14}"), _from_milliseconds),
    TimeFormat.ISO_8601: (
        re.compile(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
            r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
        ),
        datetime.fromisoformat,
    ),
}


def _write_time(form: TimeFormat, at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("the moment of signing is aware")
    passed = at - _EPOCH
    if passed < timedelta(days=120):
        raise ValueError("the moment of signing is after April 1970")
    match form:
        case TimeFormat.UNIX_SECONDS:
            return str(passed // timedelta(seconds=1))
        case TimeFormat.UNIX_MILLISECONDS:
            return str(passed // timedelta(milliseconds=1))
        case TimeFormat.ISO_8601:
            return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
