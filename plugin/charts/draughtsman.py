"""The process that draws: ``python -m plugin.charts.draughtsman`` reads orders and answers them.

It holds what is slow to load and takes much memory (altair, and a JavaScript engine), so that no
web process and no worker has to. It ends by itself when nobody has asked for a while, or when
whoever started it is gone.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import select
import sys
from typing import IO

from plugin.charts.orders import Order, read_order, send_answer
from plugin.charts.pictures import png, runtime, svg
from plugin.charts.specs import spec
from plugin.charts.written import read

IDLE = 300.0
"""Seconds without an order after which it ends and gives its memory back."""

_log = logging.getLogger(__name__)


def make(order: Order) -> bytes:
    """What an order asks for. Raises ValueError for a chart that is none."""
    if order.work == "runtime":
        return gzip.compress(runtime().encode(), 9, mtime=0)
    chart = read(json.loads(order.chart))
    if chart is None:
        raise ValueError("That is no chart.")
    if order.work == "spec":
        return json.dumps(spec(chart, order.width)).encode()
    if order.work == "png":
        return png(chart, order.width, "dark" if order.theme == "dark" else "light")
    return svg(chart, order.width, order.theme, alone=order.alone).encode()


def work(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Answer orders one by one until there are none."""
    while select.select([orders], [], [], IDLE)[0]:
        line = orders.readline()
        if not line:
            return
        try:
            made = make(read_order(line))
        except Exception:  # ruff: ignore[blind-except] — the next one may be drawn; who asked is told
            _log.exception("a chart could not be drawn")
            made = None
        send_answer(answers, made)


def main() -> None:
    """Answer on what was the standard output; whatever a library prints goes to the log."""
    logging.basicConfig(stream=sys.stderr, format="draughtsman: %(message)s")
    with os.fdopen(os.dup(1), "wb") as answers, os.fdopen(os.dup(0), "rb") as orders:
        os.dup2(2, 1)
        work(orders, answers)


if __name__ == "__main__":
    main()
