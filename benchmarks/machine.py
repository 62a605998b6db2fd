"""What a measurement was made on: numbers without it mean nothing."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path


def describe_machine(packages: Iterable[str]) -> dict[str, object]:
    """The machine and the versions of these packages, with nothing that says whose it is.

    ``memory_gb`` is in gigabytes of 10^9 bytes. ``load`` is the number of processes that wanted
    to run during the last minute: well below ``cores``, or the numbers are too high.
    """
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in sorted(packages)},
    }


def _cpu_model() -> str:
    told = Path("/proc/cpuinfo")
    text = told.read_text(encoding="utf-8") if told.exists() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else platform.processor()
