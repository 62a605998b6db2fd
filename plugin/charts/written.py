"""A chart as a few plain values that fit into an address, and back."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from plugin.charts.values import Chart
from plugin.charts.words import clean

_CHARTS: TypeAdapter[Chart] = TypeAdapter(Annotated[Chart, Field(discriminator="kind")])
_DIGITS = 9
"""Significant digits that are kept of a number: enough to be said as it would be unrounded."""
_MOST = 400
"""Longest text that is kept, in characters."""


def write(chart: Chart) -> dict[str, Any]:
    """The chart as JSON's own values, without what is as it would be anyhow."""
    written = _CHARTS.dump_python(chart, exclude_defaults=True)
    return {**_short(written), "kind": chart.kind}


def read(written: object) -> Chart | None:
    """The chart that was written; None for anything else."""
    try:
        return _CHARTS.validate_python(written)
    except ValidationError:
        return None


def _short(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case str():
            return clean(value[:_MOST])
        case float():
            return float(f"{value:.{_DIGITS}g}")
        case date():
            return value.isoformat()
        case dict():
            return {key: _short(one) for key, one in value.items()}
        case list() | tuple():
            return [_short(one) for one in value]
        case _:
            return value
