"""The live desk's process: make its database, seed it, say where it is, answer until ended.

Started by ``plugin.demo.desk``, which writes one line of JSON to its standard input and reads
one from its standard output. Everything after that line goes to standard error.
"""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import django
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from django.utils.module_loading import import_string

_PR_SET_PDEATHSIG = 1
_HOST = "127.0.0.1"


class _Server(ThreadedWSGIServer):
    """Django's own threaded server, patient with many callers at once."""

    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    """Django's own handler, sending head and body at once."""

    # An answer goes out in two writes; without this the second waits 40 ms for the first's
    # acknowledgement, which is longer than the desk needs to think.
    disable_nagle_algorithm = True


def main() -> None:
    """Serve one desk, as the plan on standard input wants it."""
    plan = json.loads(sys.stdin.readline())
    _die_with(plan["parent"])
    folder = Path(plan["folder"])
    held = _hold(folder / "desk.pid")
    os.environ["DESKROUTE_DESK_FOLDER"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "plugin.demo.desk_project.settings"
    django.setup()
    _make_database(folder / "desk.sqlite3", Path(plan["templates"]))
    server = _Server((_HOST, plan["port"]), _Handler)
    host = f"{_HOST}:{server.server_port}"
    # Imported by name, and only now: both need Django to be set up.
    seed = import_string("plugin.demo.desk_project.seed.seed")
    ready: dict[str, Any] = seed(plan["queues"], plan["agents"], host)
    server.set_app(import_string("plugin.demo.desk_project.wsgi.application"))
    sys.stdout.write(json.dumps({"url": f"http://{host}", **ready}) + "\n")
    sys.stdout.flush()
    server.serve_forever()
    held.close()


def _die_with(parent: int) -> None:
    """Let Linux end this process when the one that started it is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("The process that wanted this desk is gone.")


def _hold(path: Path) -> TextIO:
    """Write our process id into a file that stays locked for as long as we live."""
    held = path.open("a+", encoding="ascii")
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def _make_database(database: Path, templates: Path) -> None:
    """Copy the database from one with all tables, which is made the first time it is wanted."""
    template = templates / f"desk-{version('django-helpdesk')}-{version('django')}.sqlite3"
    if not database.exists() and template.exists():
        shutil.copyfile(template, database)
        return
    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
    if not template.exists():
        connections.close_all()  # Brings everything from the log into the file.
        templates.mkdir(parents=True, exist_ok=True)
        _copy_at_once(database, template)


def _copy_at_once(source: Path, target: Path) -> None:
    """Copy so that somebody who looks in between sees all of it or nothing."""
    part = target.with_suffix(f".{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)


if __name__ == "__main__":
    main()
