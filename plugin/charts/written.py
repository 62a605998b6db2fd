"""A chart as a few plain values that fit into an address, and back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from plugin.charts.values import Chart

_CHARTS: TypeAdapter[Chart] = TypeAdapter(Annotated[Chart, Field(discriminator="kind")])
_DIGITS = 6
"""Significant digits that are kept of a number: more than any picture shows."""


def write(chart: Chart) -> dict[str, Any]:
    """The chart as JSON's own values, without what is as it would be anyhow."""
    written = _CHARTS.dump_python(chart, mode="json", exclude_defaults=True)
    return {**_short(written), "kind": chart.kind}


def read(written: object) -> Chart | None:
    """The chart that was written; None for anything else."""
    try:
        return _CHARTS.validate_python(written)
    except ValidationError:
        return None


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value
