"""A chart's Vega-Lite spec: built and validated by altair, themed by the page's own tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

import altair as alt

from plugin.charts import over_time, side_by_side, spread, words
from plugin.charts.room import NARROW, room
from plugin.charts.values import (
    Bars,
    BeforeAfter,
    Chart,
    Durations,
    Intervals,
    Pareto,
    Spark,
    Survival,
    Trend,
)

_HERE = Path(__file__).parent
_FILE = _HERE.parent / "web" / "static" / "tokens.css"
"""The one place in which a colour is written."""

_PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\);")
_FONT = re.compile(r"--font:\s*([^;]+);")
_USED = re.compile(r"var\(--([\w-]+)\)")
_TITLE, _LINE = 38, 16
"""Height of the title with its distance, and of each line below it, in pixels."""
_LETTER = 6.2
_EDGE = 16
"""The margin around a picture that stands alone, in pixels."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours and the font of ``tokens.css``, by name; each colour in light and dark."""

    colours: Mapping[str, tuple[str, str]]
    font: str

    def resolved(self, text: str, theme: Literal["light", "dark"]) -> str:
        """The text with each colour's name replaced by the colour itself."""
        side = 0 if theme == "light" else 1
        return _USED.sub(lambda found: self.colours[found[1]][side], text)

    def sheet(self, text: str) -> str:
        """The style sheet that gives the text's colours their values, by the reader's scheme."""
        used = sorted(set(_USED.findall(text)))
        light, dark = (
            "".join(f"--{name}:{self.colours[name][side]};" for name in used) for side in (0, 1)
        )
        return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def read_tokens() -> Tokens:
    """The tokens as the pages have them."""
    text = _FILE.read_text(encoding="utf-8")
    font = _FONT.search(text)
    assert font is not None, "tokens.css names no --font"
    return Tokens({name: (light, dark) for name, light, dark in _PAIR.findall(text)}, font[1])


TOKENS = read_tokens()
"""The tokens as they are now."""

_THEME = json.loads(
    (_HERE / "theme.json")
    .read_text(encoding="utf-8")
    .replace("var(--font)", json.dumps(TOKENS.font)[1:-1])
)


def spec(chart: Chart, width: int, *, alone: bool = False) -> dict[str, Any]:
    """The Vega-Lite spec of a chart ``width`` pixels wide, with colours by their token's name.

    The page that it is drawn on has the colours. A picture that stands ``alone`` says by itself
    what it shows: it has a title, the definition, and a ground.
    """
    narrow = width < NARROW
    where = room(chart, narrow=narrow)
    edge = _EDGE if alone else 0
    said = _title(chart, width - 2 * edge, where.left) if alone else None
    top = where.top + edge + (_TITLE + _LINE * len(said["subtitle"]) if said else 0)
    made = alt.layer(*_layers(chart, narrow=narrow)).properties(
        width=max(10, width - where.left - where.right - 2 * edge), height=where.height
    )
    # Sizes are ours to the pixel: nothing is measured, so nothing jumps.
    made = made.properties(
        autosize=alt.AutoSizeParams(type="none"),
        padding={
            "left": where.left + edge,
            "right": where.right + edge,
            "top": top,
            "bottom": where.bottom + edge,
        },
    )
    if said is not None:
        made = made.properties(title=alt.TitleParams(**said), background="var(--ground)")
    document: dict[str, Any] = made.to_dict()
    document["config"] = _THEME
    return document


def _title(chart: Chart, width: int, left: int) -> dict[str, Any]:
    lines = wrap(" ".join(chart.defines.split()), max(20, int(width / _LETTER))) or [""]
    return {"text": words.plain(chart.title), "subtitle": lines[:6], "dx": -left}


def _layers(chart: Chart, *, narrow: bool) -> list[alt.Chart]:
    match chart:
        case Intervals():
            return side_by_side.intervals(chart, narrow=narrow)
        case Bars():
            return side_by_side.bars(chart, narrow=narrow)
        case Trend():
            return over_time.trend(chart, narrow=narrow)
        case Survival():
            return over_time.survival(chart, narrow=narrow)
        case Spark():
            return over_time.spark(chart)
        case Durations():
            return spread.durations(chart, narrow=narrow)
        case BeforeAfter():
            return spread.before_after(chart, narrow=narrow)
        case Pareto():
            return spread.pareto(chart, narrow=narrow)
