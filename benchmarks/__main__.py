"""``python -m benchmarks [decide|door|panel …]``: measure, print, and keep the figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks import back_test, dashboard, decide, door, lint, panel, pipeline, segments
from benchmarks.report import Result, as_markdown, show

HERE = Path(__file__).parent
RESULTS, READABLE = HERE / "results.json", HERE / "RESULTS.md"

ALL = ("decide", "back_test", "lint", "door", "pipeline", "segments", "panel", "dashboard")
LONG = 600.0
"""Seconds of the long steady load."""


@click.command()
@click.argument("which", nargs=-1, type=click.Choice(ALL))
@click.option("--quick", is_flag=True, help="Fewer and shorter rounds: to see that it runs.")
@click.option("--long", is_flag=True, help="The door's steady load for 10 minutes, not 20 s.")
@click.option("--burst", is_flag=True, help="The door's burst of 30,000 webhooks, drained.")
def main(*, which: tuple[str, ...], quick: bool, long: bool, burst: bool) -> None:
    """Measure Deskroute on this machine, beside what it is compared with.

    The figures of a benchmark that is not run again stay as they were.
    """
    console = Console()
    doors = door.Plan(steady=LONG if long else 20.0, burst=burst)
    lines = pipeline.Plan()
    customers = segments.Plan()
    panels = panel.Plan()
    past = back_test.Plan()
    reports = dashboard.Plan()
    if quick:
        past = back_test.Plan(tickets=50_000, checked=200)
        reports = dashboard.Plan(tickets=100_000, questions=50, exact=3)
        doors = door.Plan(rounds=2, slice=1.0, steady=5.0, backlog=2_000, burst=burst)
        lines = pipeline.Plan(rounds=1, tickets=200, tasks=500)
        customers = segments.Plan(customers=20_000)
        panels = panel.Plan(customers=5_000, tickets=5_000, seconds=5.0)
    runs: Mapping[str, Callable[[], Result]] = {
        "decide": decide.run,
        "lint": lambda: lint.run(rounds=1 if quick else 3),
        "back_test": lambda: back_test.run(past),
        "door": lambda: door.run(doors),
        "pipeline": lambda: pipeline.run(lines),
        "segments": lambda: segments.run(customers),
        "panel": lambda: panel.run(panels),
        "dashboard": lambda: dashboard.run(reports),
    }
    kept = _kept()
    for name in which or ALL:
        result = runs[name]()
        result["measured_at"] = datetime.now(UTC).isoformat(timespec="minutes")
        show(result, console)
        kept[name] = result
        _keep(kept)


def _kept() -> dict[str, Any]:
    if not RESULTS.exists():
        return {}
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return kept


def _keep(results: Mapping[str, Result]) -> None:
    ordered = {name: results[name] for name in ALL if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
    READABLE.write_text(_readable(ordered), encoding="utf-8")


def _readable(results: Mapping[str, Result]) -> str:
    lines = [
        "# What was measured",
        "",
        "Written by `make bench`; do not edit. Absolute figures are this machine's on that day,",
        "with whatever else it did. Both sides of a ratio were measured in turn in the same run,",
        "so ratios are what to compare. All processes, the load generator among them, share the",
        "machine's cores; `client cpu` is the generator's share of one.",
        "",
    ]
    for result in results.values():
        lines += [as_markdown(result), _where(result), ""]
    return "\n".join(lines)


def _where(result: Result) -> str:
    machine = result["machine"]
    assert isinstance(machine, dict)
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"Measured {result['measured_at']} on {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['memory_gb']} GB, {machine['system']}, {machine['python']}, "
        f"load {machine['load']} at the start. {packages}."
    )


if __name__ == "__main__":
    main()
