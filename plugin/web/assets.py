"""Stylesheets, script and icon: served under the hash of their content, so kept for a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, url_for

from plugin.pages.refusals import NotThere
from plugin.web.guard import public

_HERE = Path(__file__).parent

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, held in memory: there are four, and small."""

    body: bytes
    kind: str
    digest: str


def assets_blueprint() -> Blueprint:
    """The files of ``static``, at addresses that change whenever a file does."""
    blueprint = Blueprint("assets", __name__)
    assets = _read(_HERE / "static")

    @blueprint.get("/static/<digest>/<name>")
    @public
    def file(digest: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None:
            raise NotThere(f"There is no file {name}.")
        response = Response(asset.body, content_type=asset.kind)
        # While two releases run side by side, one may be asked for the other's file.
        current = digest == asset.digest
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if current else "no-cache"
        )
        return response

    def address(name: str) -> str:
        return url_for("assets.file", digest=assets[name].digest, name=name)

    @blueprint.app_context_processor
    def tell_templates() -> dict[str, Callable[[str], str]]:
        return {"asset": address}

    return blueprint


def _read(folder: Path) -> Mapping[str, Asset]:
    assets = {}
    for path in sorted(folder.iterdir()):
        body = path.read_bytes()
        assets[path.name] = Asset(body, _TYPES[path.suffix], sha256(body).hexdigest()[:16])
    return assets
