"""How the whole run goes: how long hypothesis looks, and who runs what under `pytest -n`."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

# A busy machine is no mistake of ours: no test asserts how long it took.
settings.register_profile("deskroute", deadline=None)
# For the inner loop; `make test` looks at ten times as many.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deskroute"))

WHOLE_SYSTEMS = "tests/e2e/"
"""The folder of tests that start servers of their own; two at once would slow each other."""

ALONE = ("_in_browser.py", "_in_a_frame.py")
"""Those among them that start nothing but a browser and pages."""

LONG = ("test_incident_log.py", "test_measure.py", "test_compare_groups.py")
"""Files that take minutes: begun last, they would leave one process without anything to do."""


def _file(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]


def _is_whole_system(file: str) -> bool:
    return file.startswith(WHOLE_SYSTEMS) and not file.endswith(ALONE)


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """Whole systems are one share, which one process takes; every other file is one of its own."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return WHOLE_SYSTEMS if _is_whole_system(file) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    """Share the tests out ourselves, in the order below and not by how many a file has."""
    config.option.loadscopereorder = False
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and end with the many small files that fill any gap."""

    def behind(item: pytest.Item) -> tuple[bool, ...]:
        file = _file(item.nodeid)
        sooner = (_is_whole_system(file), file.endswith(ALONE), file.endswith(LONG))
        return (*(not one for one in sooner), "/unit/" in file)

    items.sort(key=behind)
