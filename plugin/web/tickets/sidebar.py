"""What all pages in a desk's sidebar share."""

from __future__ import annotations

from flask import request


def desk_theme() -> str | None:
    """The desk's theme, light or dark, as the panel's address says it; None is the system's."""
    wanted = request.args.get("theme")
    return wanted if wanted in {"light", "dark"} else None
