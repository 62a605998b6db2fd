"""Job name to one call of one flow; nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from celery import Celery

from plugin.aside import run_aside
from plugin.broker import COUNT, EXPIRE, POLL, ROLL_UP, TELL, VALUE, WORK_OFF
from plugin.wiring import Deskroute
from plugin.wiring_columns import roll_up_of

SPAN = 5.0
"""Seconds one task works before it rings for the next; a worker that is to end waits for that."""

Send = Callable[[str], object]
"""Sends a job by its name."""


def register(celery: Celery, deskroute: Callable[[], Deskroute]) -> None:
    """Give the app its jobs."""
    for name, job in JOBS.items():
        _register(celery, name, job, deskroute)


def _register(
    celery: Celery,
    name: str,
    job: Callable[[Deskroute, Send], None],
    flows: Callable[[], Deskroute],
) -> None:
    @celery.task(name=name)
    def run() -> None:
        job(flows(), celery.send_task)


def _work_off(flows: Deskroute, _: Send) -> None:
    if flows.work_off(SPAN):
        flows.jobs.ring()
    flows.send_mails()
    flows.send_webhooks()


def _poll(flows: Deskroute, _: Send) -> None:
    flows.poll()
    flows.find_repairs()
    flows.find_turns()


def _roll_up(flows: Deskroute, send: Send) -> None:
    if roll_up_of(flows)(SPAN):
        send(ROLL_UP)


def _count(flows: Deskroute, send: Send) -> None:
    flows.watch_trials()
    if flows.report_is_due():
        run_aside(flows.settings, "segments", "count")
    # One of them at a time: together they could outlast the task.
    elif flows.push_is_due():
        run_aside(flows.settings, "segments", "push")
    elif flows.quality_is_due():
        run_aside(flows.settings, "rules", "count")
    elif flows.worth_is_due():
        run_aside(flows.settings, "value", "count")
    elif flows.issues_are_due():
        run_aside(flows.settings, "issues", "find")
    if flows.value_is_due():
        send(VALUE)


def _tell(flows: Deskroute, _: Send) -> None:
    # One of them at a time: together they could outlast the task.
    if flows.alerts_are_due():
        run_aside(flows.settings, "mails", "check-goals")
    elif flows.digest_is_due():
        run_aside(flows.settings, "mails", "write-digests")


def _value(flows: Deskroute, _: Send) -> None:
    run_aside(flows.settings, "segments", "value")


def _expire(flows: Deskroute, _: Send) -> None:
    flows.find_gone()
    flows.forget.expire()


JOBS: Mapping[str, Callable[[Deskroute, Send], None]] = {
    WORK_OFF: _work_off,
    POLL: _poll,
    ROLL_UP: _roll_up,
    COUNT: _count,
    VALUE: _value,
    TELL: _tell,
    EXPIRE: _expire,
}
