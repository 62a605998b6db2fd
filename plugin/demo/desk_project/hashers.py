"""How the live desk keeps passwords."""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Django's usual hash with few rounds: a demo's passwords are printed beside its address."""

    iterations = 1_000
