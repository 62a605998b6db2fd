"""How long a decision takes, beside three rule engines on the same rules and the same tickets.

Every engine is to name the first rule that holds, and must name the same one for every ticket.
What each is given, before the clock starts:

- Ours: the compiled playbook and the ticket's facts, each with its source and age. From these it
  works out its row of values, in normal form; in the "row ready" case that stands ready too.
- zen-engine: the book as one decision table that stops at the first hit, compiled; plain values
  in a dict, lower case as the table has them.
- CEL: one compiled program for each rule, tried in order and no further than the first that
  holds; the same dict, from which it makes its context, or in the "context ready" case that.
- rule-engine: as CEL, on the dict alone.

What is measured is the processor's time: nothing here waits for anything, and a neighbour on the
same machine must not count. The mean is that of a pass over all tickets under one clock, for a
clock around each ticket costs as much as a field or two and leaves the caches colder; median and
99th percentile are of passes with a clock around each ticket.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from statistics import median
from time import process_time_ns

import cel
import rule_engine
import zen
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine
from routing.assignment.staff import Agent, Queue
from routing.conditions.fields import CUSTOMER_FIELDS, RULE_FIELDS
from routing.conditions.tree import read_condition
from routing.decide import decide
from routing.playbook import Playbook
from routing.replies.reply import Reply
from routing.rules.rule import Rule, Then
from routing.segments.segment import Model, Segment
from routing.tickets import Fact, Facts, Load, Ticket, TicketRef, Value

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TICKETS = 500
ROUNDS = 7
NOTHING = -1

RARE = {
    "customer.country": [f"country {n:02}" for n in range(40)],
    "account.industry": [f"industry {n:02}" for n in range(20)],
    "customer.profession": [f"profession {n:02}" for n in range(60)],
}
COMMON = {
    "customer.plan": ["free", "starter", "team", "business", "enterprise"],
    "customer.stage": ["trial", "onboarding", "active", "at risk", "loyal"],
    "customer.attitude": ["patient", "brief", "anxious"],
}
NUMBERS = {
    "account.employees": [10, 50, 100, 250, 500, 1_000, 5_000],
    "customer.orders": [1, 2, 3, 5, 8, 13, 21, 34],
    "customer.revenue_12m": [n * 250 for n in range(1, 41)],
}
WORDS = RARE | COMMON


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as plain data: text equals, text is one of, number is at least."""

    field: str
    value: str
    among_field: str
    among: tuple[str, ...]
    number_field: str
    least: int


Values = dict[str, str | float]
FirstMatch = Callable[[int], int]
"""The place of the first rule that holds for the ticket of this place, or NOTHING."""


def a_book(count: int, dice: Random) -> list[Line]:
    """Rules of three conditions. One first condition in three is one that many tickets meet."""
    lines = []
    for _ in range(count):
        first = dice.choice(list(COMMON if dice.random() < 1 / 3 else RARE))
        second = dice.choice([name for name in WORDS if name != first])
        number = dice.choice(list(NUMBERS))
        lines.append(
            Line(
                field=first,
                value=dice.choice(WORDS[first]),
                among_field=second,
                among=tuple(dice.sample(WORDS[second], k=2)),
                number_field=number,
                least=dice.choice(NUMBERS[number]),
            )
        )
    return lines


def a_ticket(dice: Random) -> Values:
    """The values of one ticket's customer; small numbers and early words are the commonest."""
    words: Values = {
        name: values[min(int(dice.expovariate(3 / len(values))), len(values) - 1)]
        for name, values in WORDS.items()
    }
    return words | {
        name: float(int(dice.lognormvariate(0, 1.5) * values[len(values) // 3]))
        for name, values in NUMBERS.items()
    }


def our_rules(lines: Sequence[Line]) -> tuple[Rule, ...]:
    """The book as ours, each rule with an effect."""
    return tuple(
        Rule(
            name=f"rule {place}",
            when=read_condition(
                {
                    "all": [
                        {"field": line.field, "is": line.value},
                        {"field": line.among_field, "is any of": list(line.among)},
                        {"field": line.number_field, "at least": line.least},
                    ]
                },
                RULE_FIELDS,
            ),
            then=Then(queue="General", tags=(f"tag {place}",)),
        )
        for place, line in enumerate(lines)
    )


def our_facts(values: Values) -> Facts:
    """A ticket as ours: every value with a source and an age."""
    known: dict[str, Value] = dict(values)
    return Facts(
        ticket=Ticket(
            ref=TicketRef("demo", "1"),
            subject="Cannot sign in",
            text="Since this morning the sign-in page turns me away. " * 10,
            requester_email="lena@kontor.example",
            opened_at=NOW,
            channel="mail",
        ),
        now=NOW,
        language="en",
        customer={name: Fact(value, "CRM", NOW) for name, value in known.items()},
        loads={f"agent {n}": Load(n % 10) for n in range(20)},
    )


def a_playbook(lines: Sequence[Line], dice: Random) -> Playbook:
    """The book with 50 segments of two conditions, 20 agents and 30 replies around it."""
    segments = tuple(
        Segment(
            name=f"segment {place}",
            model=Model.FIRMOGRAPHIC,
            when=read_condition(
                {
                    "all": [
                        {"field": line.among_field, "is any of": list(line.among)},
                        {"field": line.number_field, "at least": line.least},
                    ]
                },
                CUSTOMER_FIELDS,
            ),
        )
        for place, line in enumerate(a_book(50, dice))
    )
    return Playbook(
        name="Benchmark",
        default_queue="General",
        queues=(Queue("General"),),
        segments=segments,
        agents=tuple(Agent(f"agent {n}", queues=("General",)) for n in range(20)),
        rules=our_rules(lines),
        replies=tuple(Reply(f"reply {n}", "Hello", topics=("sign-in", "page")) for n in range(30)),
    )


def ours(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """From a ticket's facts to its first rule."""
    playbook = Playbook("Benchmark", "General", (Queue("General"),), rules=our_rules(lines))
    layout, book = playbook.layout, playbook.book
    facts = [our_facts(values) for values in tickets]

    def first(place: int) -> int:
        fired = book.fired(layout.view(facts[place]).row)
        return fired[0] if fired else NOTHING

    return first


def our_rules_alone(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """From a ready row of values to its first rule."""
    playbook = Playbook("Benchmark", "General", (Queue("General"),), rules=our_rules(lines))
    book = playbook.book
    rows = [playbook.layout.view(our_facts(values)).row for values in tickets]

    def first(place: int) -> int:
        fired = book.fired(rows[place])
        return fired[0] if fired else NOTHING

    return first


def zen_engine(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """One decision table, a column for each field, hit policy "first"."""
    names = [*WORDS, *NUMBERS]
    columns = {name: f"c{place}" for place, name in enumerate(names)}
    table = [
        {"_id": f"r{place}", "out": str(place)}
        | dict.fromkeys(columns.values(), "")
        | {
            columns[line.field]: json.dumps(line.value),
            columns[line.among_field]: ", ".join(map(json.dumps, line.among)),
            columns[line.number_field]: f">= {line.least}",
        }
        for place, line in enumerate(lines)
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [
            {"id": column, "name": name, "type": "expression", "field": _plain(name)}
            for name, column in columns.items()
        ],
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": table,
    }
    kinds = {"in": "inputNode", "table": "decisionTableNode", "out": "outputNode"}
    nodes = [
        {"id": one, "type": kind, "name": one, "position": {"x": 0, "y": 0}}
        | ({"content": content} if one == "table" else {})
        for one, kind in kinds.items()
    ]
    edges = [
        {"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b}
        for a, b in (("in", "table"), ("table", "out"))
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    given = [_plain_values(values) for values in tickets]

    def first(place: int) -> int:
        return int(decision.evaluate(given[place])["result"].get("rule", NOTHING))

    return first


def cel_programs(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """One compiled program for each rule, tried in order on one context a ticket.

    A single expression for the whole book would be deeper than its parser reads.
    """
    programs = _cel_compiled(lines)
    given = [_plain_values(values) for values in tickets]
    return lambda place: _cel_first(programs, cel.Context(given[place]))


def cel_programs_alone(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """The same on contexts that stand ready."""
    programs = _cel_compiled(lines)
    contexts = [cel.Context(_plain_values(values)) for values in tickets]
    return lambda place: _cel_first(programs, contexts[place])


def _cel_compiled(lines: Sequence[Line]) -> list[cel.Program]:
    return [
        cel.compile(
            f"{_plain(line.field)} == {json.dumps(line.value)}"
            f" && {_plain(line.among_field)} in {json.dumps(line.among)}"
            f" && {_plain(line.number_field)} >= {float(line.least)}"
        )
        for line in lines
    ]


def _cel_first(programs: Sequence[cel.Program], context: cel.Context) -> int:
    return next((n for n, program in enumerate(programs) if program.execute(context)), NOTHING)


def rule_engine_rules(lines: Sequence[Line], tickets: Sequence[Values]) -> FirstMatch:
    """One compiled rule for each rule, tried in order."""
    rules = [
        rule_engine.Rule(
            f"{_plain(line.field)} == {json.dumps(line.value)}"
            f" and {_plain(line.among_field)} in {json.dumps(line.among)}"
            f" and {_plain(line.number_field)} >= {line.least}"
        )
        for line in lines
    ]
    given = [_plain_values(values) for values in tickets]

    def first(place: int) -> int:
        values = given[place]
        return next((n for n, rule in enumerate(rules) if rule.matches(values)), NOTHING)

    return first


def _plain(name: str) -> str:
    return name.replace(".", "_")


def _plain_values(values: Values) -> Values:
    return {_plain(name): value for name, value in values.items()}


Engine = Callable[[Sequence[Line], Sequence[Values]], FirstMatch]
OURS: dict[str, Engine] = {
    "Deskroute, from facts": ours,
    "Deskroute, row ready": our_rules_alone,
}
PEERS: dict[str, Engine] = {
    "zen-engine, from a dict": zen_engine,
    "CEL, from a dict": cel_programs,
    "CEL, context ready": cel_programs_alone,
    "rule-engine, from a dict": rule_engine_rules,
}
PACKAGES = ("zen-engine", "common-expression-language", "rule-engine")


@dataclass(frozen=True, slots=True)
class Spent:
    """Microseconds of processor time for one ticket."""

    mean: float
    median: float
    p99: float


def measure(works: Mapping[str, Callable[[int], object]]) -> dict[str, Spent]:
    """The quickest round of each work over all tickets: what it costs, not what its neighbours do.

    The works take turns, so that a busy minute of the machine is one for all of them.
    """
    passes: dict[str, list[int]] = {name: [] for name in works}
    apiece: dict[str, list[list[int]]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            gc.collect()
            passes[name].append(_one_pass(work))
            apiece[name].append(_each_apart(work))
    return {name: _spent(min(passes[name]), sorted(min(apiece[name], key=sum))) for name in works}


def _one_pass(work: Callable[[int], object]) -> int:
    start = process_time_ns()
    for place in range(TICKETS):
        work(place)
    return process_time_ns() - start


def _each_apart(work: Callable[[int], object]) -> list[int]:
    spent = []
    for place in range(TICKETS):
        start = process_time_ns()
        work(place)
        spent.append(process_time_ns() - start)
    return spent


def _spent(whole: int, ordered: Sequence[int]) -> Spent:
    p99 = ordered[int(0.99 * len(ordered))]
    return Spent(whole / TICKETS / 1e3, median(ordered) / 1e3, p99 / 1e3)


def run() -> dict[str, object]:
    """Measure everything. Raises AssertionError where engines differ on a ticket's rule."""
    machine = describe_machine(PACKAGES)
    gc.freeze()  # as a worker does
    dice = Random(20260302)  # ruff: ignore[suspicious-non-cryptographic-random-usage]
    tickets = [a_ticket(dice) for _ in range(TICKETS)]
    small, large = a_book(200, dice), a_book(2_000, dice)
    rows = [
        *_rows(OURS | PEERS, small, tickets),
        _whole_row(a_playbook(small, dice), tickets),
        *_rows(OURS, large, tickets),
        _whole_row(a_playbook(large, dice), tickets),
    ]
    return {"what": "decide", "machine": machine, "rows": rows, "bars": _bars(rows)}


def _rows(
    engines: Mapping[str, Engine], lines: Sequence[Line], tickets: Sequence[Values]
) -> list[dict[str, object]]:
    firsts = {name: engine(lines, tickets) for name, engine in engines.items()}
    answers = {name: [first(n) for n in range(TICKETS)] for name, first in firsts.items()}
    expected = answers[next(iter(OURS))]
    for name, answer in answers.items():
        assert answer == expected, f"{name} names other rules than {next(iter(OURS))}"
    matched = round(sum(place != NOTHING for place in expected) / TICKETS, 2)
    return [
        _row(name, len(lines), spent) | {"matched": matched}
        for name, spent in measure(firsts).items()
    ]


def _whole_row(playbook: Playbook, tickets: Sequence[Values]) -> dict[str, object]:
    facts = [our_facts(values) for values in tickets]
    decide(facts[0], playbook)  # compiles the playbook, once
    name = "Deskroute, decide()"
    spent = measure({name: lambda place: decide(facts[place], playbook)})
    return _row(name, len(playbook.rules), spent[name])


def _row(name: str, count: int, spent: Spent) -> dict[str, object]:
    return {
        "engine": name,
        "rules": count,
        "mean_us": round(spent.mean, 2),
        "median_us": round(spent.median, 2),
        "p99_us": round(spent.p99, 2),
    }


def _bars(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Each promise beside what was measured."""

    def told(engine: str, rules: int, what: str) -> float:
        return next(
            float(str(row[what]))
            for row in rows
            if (row["engine"], row["rules"]) == (engine, rules)
        )

    facts = told("Deskroute, from facts", 200, "mean_us")
    ready = told("Deskroute, row ready", 200, "mean_us")
    whole = told("Deskroute, decide()", 200, "p99_us")
    growth = told("Deskroute, row ready", 2_000, "mean_us") / ready
    zen_times = told("zen-engine, from a dict", 200, "mean_us") / facts
    cel_times = told("CEL, from a dict", 200, "mean_us") / facts
    alone_times = told("CEL, context ready", 200, "mean_us") / ready
    return [
        _bar("200 rules from facts, mean: at most 20 µs", facts, met=facts <= 20),
        _bar("decide() with 200 rules, p99: below 1,000 µs", whole, met=whole < 1_000),
        _bar("2,000 rules against 200: at most 3 times", growth, met=growth <= 3),
        _bar("zen-engine takes at least 10 times as long", zen_times, met=zen_times >= 10),
        _bar("CEL takes at least 10 times as long", cel_times, met=cel_times >= 10),
        _bar("the same, values ready on both sides", alone_times, met=alone_times >= 10),
    ]


def _bar(what: str, measured: float, *, met: bool) -> dict[str, object]:
    return {"bar": what, "measured": round(measured, 2), "met": met}


def _print(result: dict[str, object]) -> None:
    console = Console()
    for name in ("rows", "bars"):
        entries = result[name]
        assert isinstance(entries, list)
        table = Table(*entries[0])
        for entry in entries:
            cells = [entry.get(key, "") for key in entries[0]]
            table.add_row(*(f"{c:,.2f}" if isinstance(c, float) else str(c) for c in cells))
        console.print(table)
    console.print_json(json.dumps(result["machine"]))


if __name__ == "__main__":
    _print(run())
