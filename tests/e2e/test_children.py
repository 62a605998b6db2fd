"""Child processes end with everything they started."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import eventually, members_of

from plugin.children import Child

# A leader with a member of its own, as a web server has its worker; the second is deaf.
PAIR = ("sh", "-c", "sleep 300 & wait")
DEAF = ("sh", "-c", "trap '' TERM; sleep 300; sleep 300")


@pytest.fixture
def child(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Child]:
    made = Child("part", request.param, {}, tmp_path / "part.log")
    made.start()
    yield made
    made.stop(seconds=0)


def _group(child: Child, members: int) -> int:
    """The child's process group, once it has so many members."""
    assert child.process is not None
    group = child.process.pid
    assert eventually(lambda: len(members_of(group)) == members)
    return group


@pytest.mark.parametrize("child", [PAIR], indirect=True)
def test_what_a_killed_leader_left_is_ended_before_it_is_started_again(child: Child) -> None:
    group = _group(child, members=2)
    os.kill(group, signal.SIGKILL)
    assert eventually(lambda: not child.running)
    assert len(members_of(group)) == 1, "its member lives on"
    child.start()
    assert eventually(lambda: not members_of(group))
    assert _group(child, members=2) != group


@pytest.mark.parametrize("child", [PAIR], indirect=True)
def test_stopping_ends_the_whole_group(child: Child) -> None:
    group = _group(child, members=2)
    child.stop()
    assert eventually(lambda: not members_of(group))
    assert not child.running


@pytest.mark.parametrize("child", [DEAF], indirect=True)
def test_one_that_does_not_listen_is_ended_when_its_time_is_up(child: Child) -> None:
    group = _group(child, members=2)
    child.stop(seconds=0.2)
    assert eventually(lambda: not members_of(group))
