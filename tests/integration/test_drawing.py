"""The process that draws: started when needed, again when it died, told no secrets."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chart_samples import every_chart, pareto, trend

from plugin import drawing
from plugin.charts.orders import Order
from plugin.drawing import DrawAside
from plugin.ports import Unavailable


@pytest.fixture
def drawings(tmp_path: Path) -> Iterator[DrawAside]:
    made = DrawAside(tmp_path / "charts")
    yield made
    made.close()


def child_of(drawings: DrawAside) -> int:
    process = drawings._process  # ruff: ignore[private-member-access] — the test ends it
    assert process is not None
    return process.pid


def test_the_same_chart_is_drawn_once(drawings: DrawAside) -> None:
    first = drawings.on_page(trend(), 640)
    assert first.startswith(b"<svg")
    os.kill(child_of(drawings), signal.SIGKILL)
    assert drawings.on_page(trend(), 640) == first


def test_a_process_that_died_is_started_again(drawings: DrawAside) -> None:
    drawings.on_page(trend(), 640)
    before = child_of(drawings)
    os.kill(before, signal.SIGKILL)
    assert drawings.png(pareto()).startswith(b"\x89PNG")
    assert child_of(drawings) != before


def test_many_may_ask_at_once(drawings: DrawAside) -> None:
    charts = list(every_chart().values())
    with ThreadPoolExecutor(8) as askers:
        drawn = list(askers.map(lambda chart: drawings.spec(chart, 1120), charts))
    assert len(set(drawn)) == len(charts)


def test_what_cannot_be_drawn_is_refused_and_the_next_one_is_drawn(drawings: DrawAside) -> None:
    with pytest.raises(Unavailable):
        drawings._ask(Order("svg", '{"kind": "pie"}', 640))  # ruff: ignore[private-member-access] — no page can ask so
    assert drawings.alone(trend(), 960).startswith(b"<svg")


def test_one_that_takes_too_long_is_ended(
    drawings: DrawAside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LONGEST", 0.001)
    with pytest.raises(Unavailable, match="does not answer"):
        drawings.on_page(trend(), 640)
    # The next one is refused at once, so that no thread waits for it.
    with pytest.raises(Unavailable, match="not drawn just now"):
        drawings.on_page(pareto(), 640)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_the_process_is_told_no_secret(
    drawings: DrawAside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKROUTE_KEYS", "a secret of ours")
    drawings.spec(trend(), 640)
    told = Path(f"/proc/{child_of(drawings)}/environ").read_bytes()
    assert b"a secret of ours" not in told


def test_the_script_for_browsers_is_made_once_and_kept(drawings: DrawAside, tmp_path: Path) -> None:
    made = drawings.runtime()
    assert b"window.vegaEmbed" in gzip.decompress(made)
    (kept,) = (tmp_path / "charts").iterdir()
    assert kept.name == f"vega-{drawings.edition}.js.gz"
    another = DrawAside(tmp_path / "charts")
    assert another.runtime() == made
    assert another._process is None  # ruff: ignore[private-member-access] — nothing was started
