"""How the whole run goes: how long hypothesis looks, and who runs what under `pytest -n`."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A busy machine is no mistake of ours: no test asserts how long it took.
settings.register_profile("deskroute", deadline=None)
# For the inner loop; `make test` looks at ten times as many.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deskroute"))

WHOLE_SYSTEMS = "e2e"
"""The folder of tests that start servers of their own; two at once would slow each other."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep whole systems in one process, and begin with them: they take longest."""
    for item in items:
        if _is_whole_system(item):
            item.add_marker(pytest.mark.xdist_group(WHOLE_SYSTEMS))
    items.sort(key=lambda item: not _is_whole_system(item))


def _is_whole_system(item: pytest.Item) -> bool:
    return item.path.parent.name == WHOLE_SYSTEMS
