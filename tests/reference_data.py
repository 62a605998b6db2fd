"""Real logs to try statistics on. They are no part of the project: without them, tests skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("REFERENCE_DATA") or Path(__file__).parents[2] / "shared" / "data")
"""The folder of them: REFERENCE_DATA, or ``shared/data`` beside the checkout."""


def reference(name: str) -> Path:
    """One file of it; the test that asks is skipped, and says so, where it is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"No {name} in {FOLDER}: set REFERENCE_DATA to the folder of real logs.")
    return path
