"""A real service desk's log, imported in four ways, beside an account of it made with pandas alone.

The account shares no code with ours: not the order of rows, not what a solving is, not the working
hours. Every ticket must come out the same, and so must every figure.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from world import NOON, Command, publish

from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.rows import TICKETS

FOLDER = Path(
    os.environ.get("DESKROUTE_DATA_DIR", Path(__file__).parents[2].parent / "shared" / "data")
)
LOG = FOLDER / "incidents" / "incident_event_log.csv.gz"

pytestmark = pytest.mark.skipif(
    not LOG.exists(), reason=f"there is no {LOG}; DESKROUTE_DATA_DIR names the folder of real data"
)

HOLIDAY = "2016-03-25"
OPENS, CLOSES = 8, 17

PLAYBOOK = f"""\
playbook: Measured
default_queue: General
queues: [{{name: General}}]
hours: Office
schedules:
  - name: Office
    time_zone: UTC
    hours: {{mon: "08:00-17:00", tue: "08:00-17:00", wed: "08:00-17:00", thu: "08:00-17:00",
      fri: "08:00-17:00"}}
    holidays: ["{HOLIDAY}"]
"""

MAPS = {
    "id": "number",
    "at": "sys_updated_at",
    "sequence": "sys_mod_count",
    "opened_at": "opened_at",
    "state": "incident_state",
    "queue": "assignment_group",
    "agent": "resolved_by",
    "customer_id": "caller_id",
    "channel": "contact_type",
    "tags": "category",
    "priority": "priority",
}
PRIORITIES = ("1=urgent", "2=high", "3=normal", "4=low")
THEIR_TIMES = "%d/%m/%Y %H:%M"

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Way:
    """One way in which the log may be written, and what the command is told of it."""

    solved_at: str = "resolved_at"
    solved: tuple[str, ...] = ("Resolved", "Closed")
    written: Callable[[Rows], Rows] = lambda rows: rows
    delimiter: str = ","
    times: str = THEIR_TIMES
    names: dict[str, str] = field(default_factory=dict)


def twice_and_shuffled(rows: Rows) -> Rows:
    """Every third row twice, all of them in no order, and times in another way."""
    dice = random.Random(20160511)
    told = rows + rows[::3]
    dice.shuffle(told)
    return [
        {name: _other_time(cell) if name.endswith("_at") else cell for name, cell in row.items()}
        for row in told
    ]


@cache
def _other_time(cell: str) -> str:
    if cell == "?":
        return cell
    at = datetime.strptime(cell, THEIR_TIMES).replace(tzinfo=UTC)
    return at.strftime("%Y.%m.%d, %H-%M")


OTHER_NAMES = {
    "number": "Ticket",
    "sys_updated_at": "Changed on",
    "opened_at": "Came in",
    "resolved_at": "Done",
    "incident_state": "Stand",
    "assignment_group": "Team",
    "sys_mod_count": "Revision",
    "caller_id": "Who",
}

WAYS = {
    "as it is": Way(),
    "until it is closed": Way(solved_at="closed_at", solved=("Closed",)),
    "with other names": Way(delimiter=";", names=OTHER_NAMES),
    "twice and shuffled": Way(written=twice_and_shuffled, times="%Y.%m.%d, %H-%M"),
}


@cache
def the_log() -> tuple[tuple[str, ...], tuple[dict[str, str], ...]]:
    with gzip.open(LOG, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return tuple(reader.fieldnames or ()), tuple(reader)


def write(path: Path, way: Way) -> None:
    names, rows = the_log()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=way.delimiter)
        writer.writerow([way.names.get(name, name) for name in names])
        writer.writerows([row[name] for name in names] for row in way.written(list(rows)))


def words(path: Path, way: Way) -> list[str]:
    maps = [f"{ours}={way.names.get(theirs, theirs)}" for ours, theirs in MAPS.items()]
    return [
        "import",
        "events",
        str(path),
        *(word for one in maps for word in ("--map", one)),
        *(word for one in PRIORITIES for word in ("--priority", one)),
        *(word for one in way.solved for word in ("--solved-state", one)),
        *("--solved-at", way.names.get(way.solved_at, way.solved_at)),
        *("--time-format", way.times),
        "--missing=-100",
    ]


# The other account.


def by_pandas(way: Way) -> pd.DataFrame:
    """One line per ticket, by number: its times, counts and working seconds."""
    _, rows = the_log()
    log = pd.DataFrame(list(rows)).drop_duplicates().replace({"?": None, "-100": None})
    for name in ("sys_updated_at", "opened_at", "resolved_at", "closed_at"):
        log[name] = pd.to_datetime(log[name], format=THEIR_TIMES, utc=True)
    log["sys_mod_count"] = log["sys_mod_count"].astype(int)
    log = log.sort_values(["number", "sys_updated_at", "sys_mod_count"], kind="stable")
    tickets = log.groupby("number")
    queue = tickets["assignment_group"].ffill()
    before = queue.groupby(log["number"]).shift()
    log["moved"] = before.notna() & (queue != before)
    done = tickets["incident_state"].ffill().isin(way.solved)
    was_done = done.groupby(log["number"]).shift(fill_value=False)
    log["solved"], log["reopened"] = done & ~was_done, was_done & ~done
    log["ends_done"] = done
    told = pd.DataFrame(
        {
            "opened": tickets["opened_at"].min(),
            "transfers": log.groupby("number")["moved"].sum(),
            "reopens": log.groupby("number")["reopened"].sum(),
            "column": tickets[way.solved_at].last(),
            "by_state": log[log["solved"]].groupby("number")["sys_updated_at"].first(),
            "last_by_state": log[log["solved"]].groupby("number")["sys_updated_at"].last(),
            "reopened_at": log[log["reopened"]].groupby("number")["sys_updated_at"].last(),
            "ends_done": log.groupby("number")["ends_done"].last(),
        }
    )
    counts = told["column"].notna() & ~(told["column"] < told["reopened_at"])
    by_state = told["last_by_state"].where(told["ends_done"])
    told["solved"] = told["column"].where(counts, by_state)
    again = told["reopens"] > 0
    told["first_solved"] = told["by_state"].where(again | ~counts, told["solved"])
    for name in ("first_solved", "solved"):
        told[f"{name}_worked"] = worked(told[name]) - worked(told["opened"])
    return told


def worked(at: pd.Series) -> pd.Series:
    """The working seconds from 2000 until a moment: whole working days, and what is left."""
    known = at.dropna()
    days = known.dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    whole = np.busday_count(np.datetime64("2000-01-01"), days, holidays=[HOLIDAY])
    second = (known.dt.hour * 3600 + known.dt.minute * 60).to_numpy()
    today = np.clip(second, OPENS * 3600, CLOSES * 3600) - OPENS * 3600
    today = np.where(np.is_busday(days, holidays=[HOLIDAY]), today, 0)
    return pd.Series(whole * (CLOSES - OPENS) * 3600 + today, index=known.index).reindex(at.index)


# What we say.


def by_us(database: Database) -> pd.DataFrame:
    columns = {
        "opened": TICKETS.c.opened_at,
        "first_solved": TICKETS.c.first_solved_at,
        "solved": TICKETS.c.solved_at,
        "first_solved_worked": TICKETS.c.first_solved_worked,
        "solved_worked": TICKETS.c.solved_worked,
        "reopens": TICKETS.c.reopens,
        "transfers": TICKETS.c.transfers,
    }
    with database.read() as connection:
        rows = connection.execute(select(TICKETS.c.desk_id, *columns.values())).all()
    told = pd.DataFrame([tuple(row) for row in rows], columns=["number", *columns])
    for name in ("opened", "first_solved", "solved"):
        told[name] = pd.to_datetime(told[name], utc=True)
    return told.set_index("number").sort_index()


def figures(told: pd.DataFrame) -> dict[str, float]:
    """Every figure that a report would show of these tickets."""
    found: dict[str, float] = {"n": len(told), "solved": int(told["solved"].notna().sum())}
    for name in ("first_solved", "solved"):
        calendar = (told[name] - told["opened"]).dt.total_seconds().dropna()
        for how, seconds in (("calendar", calendar), ("working", told[f"{name}_worked"].dropna())):
            for share in (0.5, 0.9):
                found[f"{name} {how} {share}"] = float(seconds.quantile(share))
    found |= {name: int(told[name].sum()) for name in ("reopens", "transfers")}
    found |= {f"with {name}": int((told[name] > 0).sum()) for name in ("reopens", "transfers")}
    for day in ("2016-03-01", "2016-04-15", "2016-05-10"):
        at = pd.Timestamp(day, tz="UTC")
        waits = (told["opened"] <= at) & ~(told["solved"] <= at)
        found[f"backlog {day}"] = int(waits.sum())
    return found


def differing(ours: pd.DataFrame, theirs: pd.DataFrame) -> Sequence[str]:
    """The tickets, and columns, of which the two accounts do not say the same."""
    assert list(ours.index) == list(theirs.index)
    return [
        f"{name} of {number}"
        for name in ours.columns
        for number in ours.index[
            (ours[name] != theirs[name]) & ~(ours[name].isna() & theirs[name].isna())
        ]
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("sqlite", name) for name in WAYS), ("postgresql", "twice and shuffled")],
    indirect=["kind"],
)
def test_every_ticket_and_figure_of_the_log_is_as_another_account_has_it(
    store: Store, database: Database, command: Command, tmp_path: Path, name: str
) -> None:
    publish(store, PLAYBOOK, NOON)
    way, path = WAYS[name], tmp_path / "log.csv"
    write(path, way)
    done = command(*words(path, way))
    assert done.exit_code == 0, done.output
    assert "0 refused, 20008 tickets new or changed." in done.output
    ours, theirs = by_us(database), by_pandas(way)
    assert differing(ours, theirs) == []
    assert figures(ours) == figures(theirs)
