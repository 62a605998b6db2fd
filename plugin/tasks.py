"""Job name to one call of one flow; nothing else."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from plugin.aside import run_aside
from plugin.broker import COUNT, EXPIRE, POLL, TELL, VALUE, WORK_OFF
from plugin.wiring import Deskroute

SPAN = 5.0
"""Seconds one task works before it rings for the next; a worker that is to end waits for that."""


def register(celery: Celery, deskroute: Callable[[], Deskroute]) -> None:
    """Give the app its jobs."""
    _register_the_bell(celery, deskroute)
    _register_what_is_done_aside(celery, deskroute)


def _register_the_bell(celery: Celery, deskroute: Callable[[], Deskroute]) -> None:
    @celery.task(name=WORK_OFF)
    def work_off() -> None:
        flows = deskroute()
        if flows.work_off(SPAN):
            flows.jobs.ring()
        flows.send_mails()
        flows.send_webhooks()

    @celery.task(name=POLL)
    def poll() -> None:
        flows = deskroute()
        flows.poll()
        flows.find_repairs()
        flows.find_turns()

    @celery.task(name=EXPIRE)
    def expire() -> None:
        deskroute().forget.expire()


def _register_what_is_done_aside(celery: Celery, deskroute: Callable[[], Deskroute]) -> None:
    @celery.task(name=COUNT)
    def count() -> None:
        flows = deskroute()
        flows.watch_trials()
        if flows.report_is_due():
            run_aside(flows.settings, "segments", "count")
        # One of them at a time: together they could outlast the task.
        elif flows.push_is_due():
            run_aside(flows.settings, "segments", "push")
        elif flows.quality_is_due():
            run_aside(flows.settings, "rules", "count")
        if flows.value_is_due():
            celery.send_task(VALUE)

    @celery.task(name=TELL)
    def tell() -> None:
        flows = deskroute()
        # One of them at a time: together they could outlast the task.
        if flows.alerts_are_due():
            run_aside(flows.settings, "mails", "check-goals")
        elif flows.digest_is_due():
            run_aside(flows.settings, "mails", "write-digests")

    @celery.task(name=VALUE)
    def value() -> None:
        run_aside(deskroute().settings, "segments", "value")
