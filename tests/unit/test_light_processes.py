"""What a process loads that needs no numbers: little, so that many fit on a machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugin.cli import COMMANDS
from plugin.commands.rules import rules
from plugin.commands.segments import segments

ROOT = Path(__file__).parents[2]

LOADED = '\nimport sys\nprint(*sorted({name.partition(".")[0] for name in sys.modules}))\n'

WORKER = """
from plugin.worker import this_process
flows = this_process()
flows.work_off, flows.poll, flows.find_repairs, flows.find_turns, flows.watch_trials
flows.send_mails, flows.forget, flows.report_is_due, flows.quality_is_due, flows.value_is_due
"""

STATISTICS = {"scipy", "statsmodels", "pandas", "sklearn"}
HEAVY = {*STATISTICS, "numpy", "polars", "py3langid", "stripe", "hubspot", "altair", "vl_convert"}

APART = {
    *("health", "quality", "learn", "count", "push", "value", "find"),
    *("back-test", "kpi", "mails", "issues"),
}
"""Commands that work out numbers."""


def loaded(program: str, folder: Path) -> set[str]:
    environment = {
        **os.environ,
        "DESKROUTE_DATA": str(folder),
        "DESKROUTE_DATABASE_URL": f"sqlite:///{folder}/empty.sqlite",
        "DESKROUTE_BROKER_URL": "redis://127.0.0.1:1/0",
        "DESKROUTE_KEYS": "k" * 32,
    }
    done = subprocess.run(
        [sys.executable, "-c", program + LOADED],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return set(done.stdout.split())


def test_a_worker_loads_no_statistics(tmp_path: Path) -> None:
    found = loaded(WORKER, tmp_path)
    assert {"celery", "sqlalchemy", "routing"} <= found
    assert not found & STATISTICS


def test_the_door_and_all_pages_are_defined_without_what_their_flows_need(tmp_path: Path) -> None:
    found = loaded("import plugin.web.door, plugin.web.site", tmp_path)
    assert {"flask", "routing"} <= found
    assert not found & HEAVY


def commands() -> list[str]:
    places = {**COMMANDS, **rules.places, **segments.places}  # type: ignore[attr-defined]
    return [place.partition(":")[0] for name, place in places.items() if name not in APART]


def test_commands_that_show_no_numbers_load_none_of_it(tmp_path: Path) -> None:
    modules = commands()
    assert len(modules) > 15
    found = loaded(f"import {', '.join(modules)}", tmp_path)
    assert {"click", "routing"} <= found
    assert not found & STATISTICS


@pytest.mark.parametrize("module", ["routing.outcomes.statistics", "plugin.wiring_apart"])
def test_the_numbers_themselves_do_load_it(module: str, tmp_path: Path) -> None:
    # Or the tests above would look for names that nothing has.
    assert {"scipy", "statsmodels", "pandas"} <= loaded(f"import {module}", tmp_path)
