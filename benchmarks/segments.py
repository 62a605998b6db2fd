"""A million customers: taken over from a file, taken over again, and counted by segment.

The commands are run as a person runs them, each in a process of its own; what is told is their
time by the clock and the most memory that they and their children held.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from benchmarks.rig import PERSON, databases, folder
from plugin.settings import Settings, to_environment
from plugin.store.migrate import upgrade
from plugin.wiring import Deskroute
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.segments.membership import explain_membership
from routing.tickets import Fact, Facts, Ticket, TicketRef, Value
from routing.worth.lifetime import BgNbd, Histories, fit_bg_nbd

PACKAGES = ("numpy", "orjson", "psycopg", "scipy", "sqlalchemy")
SEED = 20260302
TODAY = date(2026, 3, 2)

COUNTRIES = [f"country {n:02}" for n in range(40)]
INDUSTRIES = [f"industry {n:02}" for n in range(20)]
PLANS = ["Free", "Starter", "Team", "Business", "Enterprise"]
STAGES = ["trial", "onboarding", "active", "at risk", "loyal"]
DEVICES = ["ios", "android", "windows", "mac", "linux"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: so many customers and segments on these databases."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    customers: int = 1_000_000
    segments: int = 50


def dice_of(seed: int) -> Random:
    """Dice that fall the same way each time."""
    return Random(seed)  # ruff: ignore[suspicious-non-cryptographic-random-usage]


FACTS: Mapping[str, Callable[[Random], Value]] = {
    "customer.country": lambda dice: COUNTRIES[min(int(dice.expovariate(0.1)), 39)],
    "customer.plan": lambda dice: dice.choice(PLANS),
    "customer.stage": lambda dice: dice.choice(STAGES),
    "customer.orders": lambda dice: float(int(dice.expovariate(0.2))),
    "customer.revenue_12m": lambda dice: float(int(dice.lognormvariate(5, 1.5))),
    "customer.last_seen": lambda dice: TODAY - timedelta(days=int(dice.expovariate(0.02))),
    "customer.signed_up": lambda dice: TODAY - timedelta(days=dice.randrange(2_000)),
    "customer.devices": lambda dice: frozenset(dice.sample(DEVICES, k=2)),
    "account.industry": lambda dice: dice.choice(INDUSTRIES),
    "account.employees": lambda dice: float(int(dice.lognormvariate(4, 2))),
}
"""What is known of a customer, and how it is thrown."""

UNKNOWN = 0.05
"""The share of values that are missing."""


def a_customer(dice: Random) -> dict[str, Value]:
    """What is known of one customer."""
    return {name: throw(dice) for name, throw in FACTS.items() if dice.random() >= UNKNOWN}


def a_segment(place: int, dice: Random) -> dict[str, object]:
    """One segment of three tests, of every kind in turn."""
    tests: list[dict[str, object]] = [
        {"field": "customer.plan", "is any of": dice.sample(PLANS, k=2)},
        {"field": "account.industry", "is any of": dice.sample(INDUSTRIES, k=4)},
        {"field": "customer.country", "is none of": dice.sample(COUNTRIES, k=3)},
        {"field": "account.employees", "at least": dice.choice([10, 50, 250, 1_000])},
        {"field": "customer.orders", "between": sorted(dice.sample(range(30), k=2))},
        {"field": "customer.last_seen", "within the last": f"{dice.choice([7, 30, 90])} d"},
        {"field": "customer.signed_up", "older than": f"{dice.choice([90, 365])} d"},
        {"field": "customer.devices", "contains": dice.choice(DEVICES)},
        {"field": "customer.stage", "is not": dice.choice(STAGES)},
        {"field": "customer.revenue_12m", "more than": dice.choice([100, 500, 2_000])},
    ]
    chosen = [tests[(place + step) % len(tests)] for step in (0, 3, 7)]
    group = "any" if place % 5 == 0 else "all"
    return {"name": f"segment {place}", "model": "firmographic", "when": {group: chosen}}


def a_playbook(count: int, dice: Random) -> str:
    """A playbook of so many segments, as text; JSON is YAML too."""
    document = {
        "playbook": "Benchmark",
        "default_queue": "General",
        "queues": [{"name": "General"}],
        "segments": [a_segment(place, dice) for place in range(count)],
    }
    return json.dumps(document)


def write_customers(path: Path, count: int, dice: Random) -> None:
    """A file of so many customers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "email", *FACTS])
        for number in range(count):
            facts = a_customer(dice)
            cells = [_cell(facts.get(name, "")) for name in FACTS]
            writer.writerow([f"c{number}", f"c{number}@shop{number % 977}.example", *cells])


def _cell(value: Value) -> str:
    return "|".join(sorted(value)) if isinstance(value, frozenset) else str(value)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and the most memory held at once, in megabytes of 10^6 bytes."""

    seconds: float
    megabytes: float


def run_command(settings: Settings, *arguments: str) -> Spent:
    """Run ``deskroute`` with these arguments and watch it. Raises where it fails."""
    began = time.monotonic()
    process = subprocess.Popen(  # ruff: ignore[subprocess-without-shell-equals-true] — our own command
        [sys.executable, "-m", "plugin.cli", *arguments],
        env={**os.environ, **to_environment(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    most = 0.0
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            break
        most = max(most, sum(_held(pid) for pid in _family(process.pid)))
    spent = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(process.stderr.read() if process.stderr else "it failed")
    return Spent(spent, most / 1e6)


def _family(pid: int) -> list[int]:
    """A process and all that come from it."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        children = [int(word) for word in told.read_text(encoding="ascii").split()]
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(child))]


def _held(pid: int) -> int:
    """The memory of a process that is its own, in bytes; libraries are shared with others."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^RssAnon:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def reasons(playbook: Playbook, dice: Random) -> list[float]:
    """Milliseconds to find one customer's segments with their reasons, many times."""
    spent = []
    for _ in range(2_000):
        facts = _facts(a_customer(dice))
        began = time.perf_counter()
        view = playbook.layout.view(facts)
        for segment, when in playbook.memberships:
            if when.holds(view.row):
                explain_membership(segment, view)
        spent.append((time.perf_counter() - began) * 1e3)
    return sorted(spent)


def _facts(known: Mapping[str, Value]) -> Facts:
    now = datetime.combine(TODAY, datetime.min.time(), UTC)
    return Facts(
        ticket=Ticket(TicketRef("demo", "1"), "Cannot sign in", "Help", "a@b.example", now),
        now=now,
        customer={name: Fact(value, "CRM", now) for name, value in known.items()},
    )


PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""Fader, Hardie & Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005)."""


def cdnow() -> BgNbd:
    """BG/NBD fitted to the CDNOW sample, whose data file comes with the package lifetimes."""
    name = "lifetimes/datasets/cdnow_customers_summary_with_transactions.csv"
    path = Path(str(distribution("lifetimes").locate_file(name)))
    with path.open(encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    columns = (np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T"))
    return fit_bg_nbd(Histories(*columns))


def run(plan: Plan) -> Result:
    """Measure on each database."""
    machine = describe_machine(PACKAGES)
    rows: list[dict[str, object]] = []
    bars: list[dict[str, object]] = []
    text = a_playbook(plan.segments, dice_of(SEED))
    with folder() as within:
        path = within / "customers.csv"
        write_customers(path, plan.customers, dice_of(SEED))
        for kind in plan.databases:
            with databases(kind, within) as both:
                settings = Settings(data=within / f"{kind}-data", database_url=both.ours)
                settings.data.mkdir()
                steps = _steps(settings, text, path)
            rows += [_row(kind, plan, what, spent) for what, spent in steps.items()]
            bars += _bars(kind, steps)
    spent = reasons(read_playbook(text), dice_of(SEED))
    p99 = spent[int(0.99 * len(spent))]
    rows.append(
        {
            "what": "one customer's segments with reasons",
            "p50_ms": round(median(spent), 3),
            "p99_ms": round(p99, 3),
        }
    )
    bars.append(bar("one membership with its reason, p99 in ms, at most 1", p99, met=p99 <= 1))
    fitted = cdnow()
    for name, published in PUBLISHED.items():
        found = getattr(fitted, name)
        rows.append({"what": f"CDNOW, BG/NBD, {name}", "fitted": round(found, 4)})
        what = f"CDNOW {name}, published as {published}, to three digits"
        bars.append(bar(what, found, met=abs(found - published) < 0.0005))
    return {"what": "segments", "machine": machine, "rows": rows, "bars": bars}


IMPORT, AGAIN, COUNT = "import of a file", "the same file again", "all segments counted"
WORTH = "what they are worth"


def _steps(settings: Settings, text: str, path: Path) -> dict[str, Spent]:
    flows = Deskroute(settings, lambda: None)
    try:
        upgrade(flows.database.engine)
        flows.edit_playbook.publish(text, "Benchmark.", 0, PERSON)
        taking = ("import", "customers", str(path), "--source", "CRM")
        steps = {IMPORT: run_command(settings, *taking), AGAIN: run_command(settings, *taking)}
        counted = {COUNT: run_command(settings, "segments", "count")}
        return steps | counted | {WORTH: run_command(settings, "value", "count")}
    finally:
        flows.database.engine.dispose()


def _row(kind: str, plan: Plan, what: str, spent: Spent) -> dict[str, object]:
    return {
        "database": kind,
        "what": what,
        "customers": plan.customers,
        "seconds": round(spent.seconds, 1),
        "memory_mb": round(spent.megabytes),
    }


def _bars(kind: str, steps: Mapping[str, Spent]) -> list[dict[str, object]]:
    taken, counted, worth = steps[IMPORT], steps[COUNT], steps[WORTH]
    return [
        bar(f"{kind}: import in s, at most 60", taken.seconds, met=taken.seconds <= 60),
        bar(f"{kind}: segments in s, at most 10", counted.seconds, met=counted.seconds <= 10),
        bar(
            f"{kind}: segments, MB, at most 2,000", counted.megabytes, met=counted.megabytes <= 2e3
        ),
        bar(f"{kind}: worth in s, at most 20", worth.seconds, met=worth.seconds <= 20),
        bar(f"{kind}: worth, MB, at most 2,000", worth.megabytes, met=worth.megabytes <= 2e3),
    ]


if __name__ == "__main__":
    show(run(Plan()), Console())
