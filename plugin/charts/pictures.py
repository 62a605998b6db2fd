"""A chart's spec as a picture: SVG and PNG, drawn without a browser and without a network."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from itertools import starmap

import vl_convert

from plugin.charts.orders import Theme
from plugin.charts.specs import TOKENS, spec
from plugin.charts.values import Chart

_SHARP = 2.0
"""Pixels of a PNG for each pixel of the drawing."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def svg(chart: Chart, width: int, theme: Theme, *, alone: bool) -> str:
    """The chart as SVG; ``alone`` with its title and definition, on a ground of its own.

    With ``both`` it follows the colour scheme of the page that shows it as an image; with one of
    the two it has its colours in it, which every program understands.
    """
    document = spec(chart, width, alone=alone)
    for layer in document["layer"]:
        # An image leads nowhere; a link that does nothing would be left in it.
        layer["encoding"].pop("href", None)
    if theme != "both":
        document = json.loads(TOKENS.resolved(json.dumps(document), theme))
    # Nothing that a spec says is fetched: its data are in it.
    drawn: str = vl_convert.vegalite_to_svg(document, allowed_base_urls=[])
    if theme != "both":
        return drawn
    head, end, marks = drawn.partition(">")
    return f"{head}{end}<style>{TOKENS.sheet(marks)}</style>{marks}"


def png(chart: Chart, width: int, theme: Theme) -> bytes:
    """The chart as PNG with its title and definition, two pixels for one of the drawing."""
    drawn: bytes = vl_convert.svg_to_png(svg(chart, width, theme, alone=True), scale=_SHARP)
    return _tight(drawn)


def runtime() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which sets ``vegaEmbed`` on the window."""
    made: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return made


def _tight(image: bytes) -> bytes:
    """The same PNG packed as tightly as zlib can: a third of what the drawing library writes."""
    packed = b"".join(body for kind, body in _chunks(image) if kind == b"IDAT")
    (header,) = (body for kind, body in _chunks(image) if kind == b"IHDR")
    parts = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(zlib.decompress(packed), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(starmap(_chunk, parts))


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a PNG, each with its name (PNG specification, 5.3)."""
    at = len(_SIGNATURE)
    while at < len(image):
        (length,) = struct.unpack_from(">I", image, at)
        yield image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
