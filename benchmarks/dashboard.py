"""Reports over ten million tickets: how soon they answer, and how near to the exact numbers.

The tickets are made up: two years of them, in twelve segments, fifteen queues, four channels and
five languages, with waits that differ by segment. What is asked is thrown: any period, told apart
by anything, with none, one or two filters, in either clock.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from benchmarks.rig import databases, folder
from plugin.settings import Settings, to_environment
from plugin.store.database import Database, open_engine
from plugin.store.migrate import upgrade
from plugin.views.results import LINES
from plugin.wiring import Deskroute
from plugin.wiring_apart import Apart
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis, Share, Times
from routing.outcomes.question import Question

PACKAGES = ("numpy", "psycopg", "scipy", "sqlalchemy", "statsmodels")
SEED = 20260302
BATCH = 100_000
DAYS = 730
PERIODS = (7, 30, 90, 365, DAYS)
LATEST = datetime(2026, 11, 23, tzinfo=UTC)

SHARES = {
    Dimension.SEGMENT: 12,
    Dimension.QUEUE: 15,
    Dimension.CHANNEL: 4,
    Dimension.LANGUAGE: 5,
    Dimension.DESK: 2,
    Dimension.RULE: 40,
    Dimension.AGENT: 120,
}
"""How many labels there are; each is rarer than the one before."""

COLUMNS = (
    "connection", "desk_id", "subject", "text", "status", "tags", "read_at", "mark", "imported",
    "opened_at", "first_reply_at", "first_solved_at", "solved_at", "public_replies", "reopens",
    "transfers", "surveyed", "score", "segment", "queue_name", "channel", "language", "rule",
    "agent_name", "playbook", "counted", "first_reply_target", "resolution_target",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: so many tickets and questions on these databases."""

    databases: tuple[str, ...] = ("sqlite", "postgresql")
    tickets: int = 10_000_000
    questions: int = 400
    exact: int = 12


def run(plan: Plan) -> Result:
    """Fill each database, make the columns, ask, and compare some answers with exact ones."""
    rows: list[dict[str, object]] = []
    bars = []
    for kind in plan.databases:
        with folder() as within, databases(kind, within) as both:
            settings = Settings(data=within / "data", database_url=both.ours, keys=("k" * 44,))
            settings.data.mkdir()
            made, slow, off, off_ends = _measure(settings, plan)
            rows += [{"database": kind, **row} for row in made]
            bars += [
                bar(f"a report, p95, {kind} (at most 300 ms)", slow, met=slow <= 300),
                bar(f"furthest from exact, {kind} (at most 1 %)", off * 100, met=off <= 0.01),
                bar(
                    f"the same of ends of intervals, {kind} (at most 1 %)",
                    off_ends * 100,
                    met=off_ends <= 0.01,
                ),
            ]
    return {
        "what": f"Reports over {plan.tickets:,} tickets",
        "machine": describe_machine(PACKAGES),
        "rows": rows,
        "bars": bars,
    }


def _measure(settings: Settings, plan: Plan) -> tuple[list[dict[str, object]], float, float, float]:
    engine = open_engine(settings.database_url)
    upgrade(engine)
    began = time.perf_counter()
    _fill(Database(engine), plan.tickets)
    filled = time.perf_counter() - began
    engine.dispose()
    made = _made_by_the_command(settings)
    flows = Deskroute(settings, lambda: None)
    measure = Apart(flows).measure
    dice = Random(SEED)  # ruff: ignore[suspicious-non-cryptographic-random-usage]
    first = _timed(measure, Question(LATEST - timedelta(days=90), LATEST))
    whole = _timed(measure, Question(LATEST - timedelta(days=DAYS), LATEST))
    took = sorted(_timed(measure, _question(dice)) for _ in range(plan.questions))
    off, off_ends = _off(measure, [_question(dice, PERIODS[:3]) for _ in range(plan.exact)])
    flows.database.engine.dispose()
    p95 = took[int(len(took) * 0.95)] * 1e3
    rows: list[dict[str, object]] = [
        {"what": "made-up tickets written", "seconds": round(filled, 1)},
        {"what": "columns of all tickets made, by the command", "seconds": round(made, 1)},
        {"what": "first question of a process, 90 days", "ms": round(first * 1e3)},
        {"what": "first question about all of it", "ms": round(whole * 1e3)},
        {
            "what": f"{plan.questions} questions, any period and filters",
            "p50_ms": round(took[len(took) // 2] * 1e3),
            "p95_ms": round(p95),
            "worst_ms": round(took[-1] * 1e3),
        },
        {
            "what": f"numbers of {plan.exact} questions beside the exact ones",
            "compared": len(off),
            "off by over 1 %": sum(one > 0.01 for one in off),
        },
    ]
    return rows, p95, max(off, default=0.0), max(off_ends, default=0.0)


def _made_by_the_command(settings: Settings) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "plugin.cli", "kpi", "rebuild"],
        env=to_environment(settings),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def _timed(measure: Any, question: Question) -> float:
    began = time.perf_counter()
    measure(question)
    return time.perf_counter() - began


def _question(dice: Random, periods: tuple[int, ...] = PERIODS) -> Question:
    until = LATEST - timedelta(hours=dice.randrange(24 * 7))
    only = {
        dimension: f"{dimension} {min(dice.randrange(4), SHARES[dimension] - 1)}"
        for dimension in dice.sample([*SHARES][:5], dice.choice((0, 0, 1, 1, 2)))
    }
    return Question(
        since=until - timedelta(days=dice.choice(periods)),
        until=until,
        by=dice.choice([one for one in SHARES if one not in only]),
        only=only,
        clock=dice.choice([*Clock]),
        trend=dice.choice((None, *KPIS)),
        lines=LINES,
    )


def _exactly(question: Question) -> Question:
    return Question(
        question.since, question.until, question.by, question.only, question.clock, exact=True
    )


def _off(measure: Any, questions: list[Question]) -> tuple[list[float], list[float]]:
    """By how much each number that is shown is off, and each end of an interval."""
    off, ends = [], []
    for asked in questions:
        quick, exact = measure(asked).groups, measure(_exactly(asked)).groups
        assert quick.keys() == exact.keys()
        for label, kpis in exact.items():
            numbers, bounds = _off_of(quick[label], kpis)
            off += numbers
            ends += bounds
    return off, ends


def _off_of(one: Kpis, other: Kpis) -> tuple[list[float], list[float]]:
    off: list[float] = []
    ends: list[float] = []
    for name in Kpis.__slots__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(b, Times) and b.enough:
            off += _ratios([(a.median, b.median), (a.p90, b.p90)])
            ends += _ratios([(a.low, b.low), (a.high, b.high)])
        elif isinstance(b, Share):
            off.append(abs(a.value - b.value))
        elif isinstance(b, int):
            off.append(float(a != b))
    return off, ends


def _ratios(pairs: list[tuple[float | None, float | None]]) -> list[float]:
    return [abs(x / y - 1) for x, y in pairs if x is not None and y]


def _fill(database: Database, tickets: int) -> None:
    """Write the tickets without the indexes that reports do not use: it is their time we want."""
    names = ", ".join(COLUMNS)
    with database.write() as connection:
        for index in ("holder", "requester", "alike", "waiting", "hand_back"):
            connection.exec_driver_sql(f"DROP INDEX ix_tickets_{index}")
    on_sqlite = database.has_one_writer
    for first in range(0, tickets, BATCH):
        rows = _rows(first, min(BATCH, tickets - first), tickets, on_sqlite=on_sqlite)
        with database.write() as connection:
            if on_sqlite:
                marks = ", ".join("?" * len(COLUMNS))
                insert = f"INSERT INTO tickets ({names}) VALUES ({marks})"  # ruff: ignore[hardcoded-sql-expression] — of our own names
                connection.exec_driver_sql(insert, list(rows))
                continue
            raw = connection.connection.cursor()
            with raw.copy(f"COPY tickets ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
    # PostgreSQL would begin to clean up by itself some time later, while we measure.
    with database.straight(alone=True) as driver:
        driver.execute("ANALYZE" if on_sqlite else "VACUUM ANALYZE")


def _rows(first: int, n: int, of: int, *, on_sqlite: bool) -> Iterator[tuple[Any, ...]]:
    """Tickets as rows of COLUMNS."""
    dice = np.random.default_rng(SEED + first)
    labels = {
        dimension: [f"{dimension} {k}" for k in np.minimum(dice.geometric(0.25, n) - 1, most - 1)]
        for dimension, most in SHARES.items()
    }
    speed = np.array([1 + int(one.rsplit(" ", 1)[1]) for one in labels[Dimension.SEGMENT]])
    start = LATEST.timestamp() - DAYS * 86_400
    opened = start + (first + dice.random(n) * n) / of * DAYS * 86_400
    replied = opened + dice.lognormal(7.5, 1.4, n) * speed
    solved = replied + dice.lognormal(9.5, 1.6, n) * speed
    again = dice.random(n) < 0.05
    given = dice.choice([1, 2, 3, 4, 5], n, p=[0.06, 0.04, 0.08, 0.3, 0.52])

    def same(value: object) -> list[object]:
        return [value] * n

    def chance(share: float, yes: object, no: object) -> list[object]:
        return [yes if fell else no for fell in dice.random(n) < share]

    no, yes = (0, 1) if on_sqlite else (False, True)
    solving = _moments(solved)
    told = {
        "connection": labels[Dimension.DESK],
        "desk_id": map(str, range(first, first + n)),
        "subject": same("A question"),
        "text": same(""),
        "status": same("open"),
        "tags": same("[]"),
        "read_at": _moments(opened),
        "mark": same(""),
        "imported": same(no),
        "opened_at": _moments(opened),
        "first_reply_at": _moments(replied),
        "first_solved_at": solving,
        "solved_at": np.where(again, None, solving).tolist(),
        "public_replies": chance(0.5, 1, 2),
        "reopens": map(int, again),
        "transfers": chance(0.1, 1, 0),
        "surveyed": chance(0.6, yes, no),
        "score": np.where(dice.random(n) < 0.2, given, None).tolist(),
        "segment": labels[Dimension.SEGMENT],
        "queue_name": labels[Dimension.QUEUE],
        "channel": labels[Dimension.CHANNEL],
        "language": labels[Dimension.LANGUAGE],
        "rule": labels[Dimension.RULE],
        "agent_name": labels[Dimension.AGENT],
        "playbook": same(1),
        "counted": same(yes),
        "first_reply_target": chance(0.5, 3_600, None),
        "resolution_target": chance(0.5, 86_400, None),
    }  # fmt: skip
    return zip(*(told[name] for name in COLUMNS), strict=True)


def _moments(seconds: np.ndarray[Any, Any]) -> list[str | None]:
    """As both databases read them; None where it has not come yet."""
    written = np.datetime_as_string(np.floor(seconds).astype("datetime64[s]"))
    now = LATEST.timestamp()
    return [
        None if at > now else f"{text[:10]} {text[11:]}.000000"
        for at, text in zip(seconds, written.tolist(), strict=True)
    ]


if __name__ == "__main__":
    show(run(Plan()), Console())
