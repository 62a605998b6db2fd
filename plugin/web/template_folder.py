"""Where the templates are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parents[1]
_INSTALLED = _HERE / "_house" / "templates"

TEMPLATES = _INSTALLED if _INSTALLED.is_dir() else _HERE.parent / "templates"
