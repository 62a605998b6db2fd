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


ALONE = ("test_pages_in_browser.py", "test_panel_in_a_frame.py")
"""Those among them that start nothing but a browser and pages."""


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """Whole systems are one share, which one process takes; every other file is one of its own."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        together = file.startswith(WHOLE_SYSTEMS) and not file.endswith(ALONE)
        return WHOLE_SYSTEMS if together else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    """Share the tests out ourselves."""
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE_SYSTEMS))
