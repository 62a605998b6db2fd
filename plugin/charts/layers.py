"""What the drawings have in common: data, axes, colours, what a mark says and where it leads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

Datum = Mapping[str, object]
Side = Literal["left", "right"]
"""At which side of its place a text begins."""


def drawn(data: Sequence[Datum]) -> alt.Chart:
    """A layer over these data."""
    return alt.Chart(alt.InlineData(values=[dict(one) for one in data]))


def axis(marks: Sequence[tuple[float, str]], **more: Any) -> alt.Axis:
    """An axis with marks at these places, each with its text.

    The texts are ours: they become part of an expression. Names from outside never do.
    """
    places = [place for place, _ in marks]
    texts = [text for _, text in marks]
    said = f"{json.dumps(texts)}[indexof({json.dumps(places)}, datum.value)]"
    return alt.Axis(values=places, labelExpr=said, title=None, **more)


@dataclass(frozen=True)
class Plane:
    """The chart's own numbers, from left to right and from the bottom to the top."""

    across: tuple[float, float]
    upwards: tuple[float, float]
    bottom: alt.Axis | None = None
    side: alt.Axis | None = None
    logarithmic: bool = False

    def x(self, field: str = "x") -> alt.X:
        """Positions from left to right."""
        how = {"type": "log"} if self.logarithmic else {"zero": False}
        return alt.X(
            f"{field}:Q",
            axis=self.bottom,
            scale=alt.Scale(domain=list(self.across), nice=False, **how),
        )

    def y(self, field: str = "y") -> alt.Y:
        """Positions from the bottom to the top."""
        return alt.Y(f"{field}:Q", axis=self.side, scale=_exactly(*self.upwards))


def _exactly(low: float, high: float) -> alt.Scale:
    return alt.Scale(domain=[low, high], nice=False, zero=False)


def colour(number: int) -> str:
    """One of the seven colours, as the page's stylesheet names it."""
    return f"var(--chart-{number})"


def coloured() -> alt.Color:
    """Each mark in the colour that its datum names."""
    return alt.Color("colour:N", scale=None, legend=None)


def labels(data: Sequence[Datum], style: str, side: Side, **where: Any) -> alt.Chart:
    """The texts that the data name, to this side of a place."""
    made: alt.Chart = (
        drawn(data).mark_text(style=style, align=side).encode(text=alt.Text("name:N"), **where)
    )
    return made


def told(data: Sequence[Datum]) -> dict[str, alt.Tooltip | alt.Href]:
    """What a mark says under the pointer, and the page it leads to if there is one."""
    channels: dict[str, alt.Tooltip | alt.Href] = {"tooltip": alt.Tooltip("says:N")}
    if any(one.get("href") for one in data):
        channels["href"] = alt.Href("href:N")
    return channels


def under_pointer(data: Sequence[Datum], plane: Plane) -> alt.Chart:
    """Points too faint to see but large enough to hit; a halo shows under the pointer."""
    hovered = alt.selection_point(
        name="hovered", on="pointerover", clear="pointerout", empty=False, fields=["key"]
    )
    keyed = [{**one, "key": place} for place, one in enumerate(data)]
    shown = alt.when(hovered).then(alt.value(0.25)).otherwise(alt.value(0))
    layer = drawn(keyed).mark_point(size=500, strokeWidth=0).properties(name="hits")
    where = {"x": plane.x(), "y": plane.y()}
    found: alt.Chart = layer.encode(
        color=coloured(), opacity=shown, **where, **told(data)
    ).add_params(hovered)
    return found
