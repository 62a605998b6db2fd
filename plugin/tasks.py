"""Job name to one call of one flow; nothing else."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from plugin.broker import POLL, WORK_OFF
from plugin.wiring import Deskroute

SPAN = 20.0
"""Seconds one task works before it rings for the next."""


def register(celery: Celery, deskroute: Callable[[], Deskroute]) -> None:
    """Give the app its two jobs."""

    @celery.task(name=WORK_OFF)
    def work_off() -> None:
        flows = deskroute()
        if flows.work_off(SPAN):
            flows.jobs.ring()

    @celery.task(name=POLL)
    def poll() -> None:
        deskroute().poll()
