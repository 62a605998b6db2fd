"""The worker process: the bell's other end, and beat's two intervals."""

from __future__ import annotations

import gc
import os
from functools import cache

from celery.signals import worker_process_init

from plugin.broker import make_celery, ring_on
from plugin.settings import read_settings
from plugin.tasks import register
from plugin.wiring import Deskroute
from routing.languages import make_ready


@cache
def this_process() -> Deskroute:
    """The flows of this worker process, built when it is first needed: after the fork."""
    settings = read_settings(os.environ)
    return Deskroute(settings, lambda: ring_on(app))


app = make_celery(read_settings(os.environ))
register(app, this_process)
make_ready()


@worker_process_init.connect
def _begin(**_: object) -> None:
    this_process.cache_clear()
    # What is loaded by now stays. The reasons of a few dozen decisions by a long playbook make the
    # garbage collector walk through all there is, and through this for a tenth of a second.
    gc.freeze()
