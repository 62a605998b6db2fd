"""Secrets at rest: encrypted with the newest key, readable with any that is still listed."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from hmac import new

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plugin.ports import Unavailable


class LockedOut(Unavailable):
    """None of the keys opens a secret. Once the right key is back, everything goes on."""


class Vault:
    """Locks and unlocks secrets. ``keys`` are newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(derive(key, "secrets at rest")) for key in keys])
        self._marking = [derive(key, "forgotten addresses") for key in keys]

    def marks(self, text: str) -> tuple[str, ...]:
        """A text's hash under each key, newest first: it is known again by it, but cannot be read.

        HMAC with SHA-256 (RFC 2104), 64 hexadecimal characters.
        """
        return tuple(new(key, text.encode(), sha256).hexdigest() for key in self._marking)

    def lock(self, secret: bytes) -> bytes:
        """Encrypt and authenticate."""
        return self._fernet.encrypt(secret)

    def unlock(self, locked: bytes) -> bytes:
        """Decrypt. Raises LockedOut where no listed key fits."""
        with _said_plainly():
            return self._fernet.decrypt(locked)

    def relock(self, locked: bytes) -> bytes:
        """Encrypt with the newest key what any listed key opens. Raises LockedOut."""
        with _said_plainly():
            return self._fernet.rotate(locked)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except InvalidToken:
        raise LockedOut(
            "A stored secret was locked with a key that is not in DESKROUTE_KEYS any more. "
            "Put the old key back behind the new one."
        ) from None


def derive(key: str, purpose: str) -> bytes:
    """A key of its own for each purpose, as 32 bytes in URL-safe base64 (RFC 5869)."""
    material = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
    return urlsafe_b64encode(material)
