"""How much memory the parts hold after some work."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from conftest import Running, System, members_of

TICKETS = 100
MOST = {"web": 300, "worker": 250, "beat": 150}
"""Megabytes that each process of a part may hold at most."""


def _megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1024


def _held(system: System, part: str) -> list[int]:
    """What each process of a part holds, in megabytes."""
    process = system.up.child(part).process
    assert process is not None
    return [_megabytes(pid) for pid in members_of(process.pid)]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_after_a_hundred_tickets_each_process_is_of_modest_size(
    running: Running, tmp_path: Path
) -> None:
    with running("sqlite", tmp_path) as system, ThreadPoolExecutor(3) as callers:
        opened = list(callers.map(system.open_sample, islice(system.samples(), TICKETS)))
        system.finish(opened, seconds=300)
        held = {part: _held(system, part) for part in MOST}
    assert len(held["web"]) >= 2
    assert len(held["worker"]) >= 3
    for part, most in MOST.items():
        assert max(held[part]) < most, held
