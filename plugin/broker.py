"""How Celery is set up: it rings the bell and hears it; the database holds the work."""

from __future__ import annotations

from celery import Celery

from plugin.settings import Settings

WORK_OFF = "deskroute.work_off"
POLL = "deskroute.poll"
ROLL_UP = "deskroute.roll_up"
COUNT = "deskroute.count"
VALUE = "deskroute.value"

EXPIRE = "deskroute.expire"

TELL = "deskroute.tell"
ROLL_UP_EVERY = 10
"""Seconds between two times that changed tickets are counted for the reports."""

COUNT_EVERY = 60
"""Seconds between two looks whether the segments have to be counted again."""

TELL_EVERY = 60
"""Seconds between two looks whether a digest or the goals of segments are due."""

VALUE_EVERY = 6 * 3600
"""Seconds between two times that customers' worth is worked out; it changes by the day."""

EXPIRE_EVERY = 3_600
"""Seconds between two looks for what is older than it may be kept."""


def make_celery(settings: Settings) -> Celery:
    """A Celery app that only rings and hears the bell; the database holds the work.

    The limits are those under which nothing was lost in kill tests: one task at a time, and no
    results. What a worker has heard is written down nowhere (``ack_emulation``): the database knows
    what is to be done, and a sweep looks within seconds. kombu 5.7 would ask for it back when the
    broker is gone, of a connection that is closed by then, and that ends the worker.
    """
    celery = Celery("deskroute", broker=settings.broker_url or "redis://127.0.0.1:6379/0")
    celery.conf.update(
        task_default_queue="deskroute",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=120,
        task_soft_time_limit=100,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_concurrency=settings.worker_processes,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_soft_shutdown_timeout=30,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "ack_emulation": False,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        beat_schedule={
            "sweep": {
                "task": WORK_OFF,
                "schedule": settings.sweep,
                "options": _once(settings.sweep),
            },
            "poll": {"task": POLL, "schedule": settings.poll, "options": _once(settings.poll)},
            "roll_up": {
                "task": ROLL_UP,
                "schedule": ROLL_UP_EVERY,
                "options": _once(ROLL_UP_EVERY),
            },
            "count": {"task": COUNT, "schedule": COUNT_EVERY, "options": _once(COUNT_EVERY)},
            "value": {"task": VALUE, "schedule": VALUE_EVERY, "options": _once(VALUE_EVERY)},
            "tell": {"task": TELL, "schedule": TELL_EVERY, "options": _once(TELL_EVERY)},
            "expire": {
                "task": EXPIRE,
                "schedule": EXPIRE_EVERY,
                "options": _once(EXPIRE_EVERY),
            },
        },
        beat_schedule_filename=str(settings.data / "beat"),
    )
    return celery


def _once(seconds: int) -> dict[str, int]:
    # A ring nobody heard by the next one has no use.
    return {"expires": seconds}


def ring_on(celery: Celery) -> None:
    """Ring the bell once; raises what the broker raises."""
    celery.send_task(WORK_OFF, retry=False, expires=60)
