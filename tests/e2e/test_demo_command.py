"""``deskroute demo`` as a person starts it, and however it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from conftest import eventually, nothing_left, processes_of

import plugin

PORT = 8100
END_WITHIN = 150

PLAYBOOK = """\
playbook: Two rooms
default_queue: Hall
queues: [{name: Hall}, {name: Study}]
agents: [{name: Ada Byron, queues: [Hall, Study], capacity: 50}]
segments:
  - {name: Readers, model: firmographic, when: {field: customer.plan, is: Library}}
rules:
  - {name: Readers to Study, when: {field: segments, contains: Readers}, then: {queue: Study}}
"""
CUSTOMERS = "email,customer.plan\nread@books.example,Library\nbrowse@books.example,None\n"
TICKETS = """\
subject,text,requester_email
Quiet,May I have it quieter?,read@books.example
Loud,May I have it louder?,browse@books.example
New,I have never been here before.,new@books.example
"""


@pytest.fixture
def own(tmp_path: Path) -> list[str]:
    """Options for a small playbook with its own customers and tickets; no history to import."""
    texts = {"playbook.yaml": PLAYBOOK, "customers.csv": CUSTOMERS, "tickets.csv": TICKETS}
    for name, words in texts.items():
        (tmp_path / name).write_text(words, encoding="utf-8")
    return [
        word for name in texts for word in (f"--{name.partition('.')[0]}", str(tmp_path / name))
    ]


def _environment(folder: Path) -> Mapping[str, str]:
    # Its temporary folder in ours, so that whatever it starts can be told by it.
    root = str(Path(plugin.__file__).parents[1])
    return {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": root, "COLUMNS": "200"}


def _run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "plugin.cli", "demo", *options],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    nothing_left(folder)
    return done


@contextmanager
def _started(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start it and go on; whatever happens, nothing of it stays."""
    with (
        (folder / "said.txt").open("w", encoding="utf-8") as said,
        subprocess.Popen(
            [sys.executable, "-m", "plugin.cli", "demo", *options],
            cwd=folder,
            env=_environment(folder),
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for pid in processes_of(folder):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _says(folder: Path, process: subprocess.Popen[str], words: str) -> str:
    """Everything it has said, once these words are among it."""

    def said() -> str:
        text = (folder / "said.txt").read_text(encoding="utf-8")
        return text if words in text or process.poll() is not None else ""

    text = eventually(said, seconds=300)
    assert words in text, (folder / "said.txt").read_text(encoding="utf-8")
    return text


def _ends(folder: Path, process: subprocess.Popen[str]) -> str:
    """What it has said when it has ended by itself, politely and with nothing left behind."""
    assert process.wait(END_WITHIN) in {0, 130}
    nothing_left(folder)
    text = (folder / "said.txt").read_text(encoding="utf-8")
    assert "Traceback" not in text
    return text


def test_the_check_proves_every_ticket_and_prints_the_counts_last(tmp_path: Path) -> None:
    done = _run(tmp_path, "--check", "--count", "10")
    assert done.returncode == 0, done.stdout
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert said[-5:-1] == [
        "tickets opened 10",
        "in the right queue 10",
        "with exactly one note 10",
        "with exactly one decision 10",
    ]
    counts = re.fullmatch(
        r"deliveries received (\d+) = (\d+) done \+ 0 waiting \+ 0 parked", said[-1]
    )
    assert counts, said[-1]
    assert counts[1] == counts[2]


def test_a_broken_playbook_ends_it_with_every_problem(tmp_path: Path) -> None:
    broken = PLAYBOOK.replace("queue: Study", "queue: Attic").replace("customer.plan", "plan")
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    done = _run(tmp_path, "--check", "--playbook", "broken.yaml")
    assert done.returncode != 0
    assert "2 problems" in done.stdout
    assert "Attic" in done.stdout
    assert "plan" in done.stdout
    assert "Traceback" not in done.stdout


def test_it_proves_a_person_s_own_playbook_customers_and_tickets(
    tmp_path: Path, own: list[str]
) -> None:
    done = _run(tmp_path, "--check", "--count", "5", *own)
    assert done.returncode == 0, done.stdout
    said = " ".join(done.stdout.split())
    assert "2 customers, 0 rows refused" in said
    # The file has three, and three are opened although five were asked for.
    assert "tickets opened 3 in the right queue 3 with exactly one note 3" in said


def _takes(taken: socket.socket, port: int) -> bool:
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        return False
    taken.listen()
    return True


def test_ctrl_c_ends_it_and_a_taken_port_does_not_keep_it_from_starting(
    tmp_path: Path, own: list[str]
) -> None:
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Somebody else may have it, and then give it back just when it is to be taken.
        assert eventually(lambda: _takes(taken, PORT), seconds=300)
        with _started(tmp_path, *own) as process:
            text = _says(tmp_path, process, "read@books.example: Quiet")
            address = re.search(r"Deskroute +http://127\.0\.0\.1:(\d+)", text)
            assert address
            assert int(address[1]) != PORT
            process.send_signal(signal.SIGINT)
            assert "Stopped." in _ends(tmp_path, process)


def test_ctrl_c_before_it_is_ready_ends_it_too(tmp_path: Path, own: list[str]) -> None:
    with _started(tmp_path, *own) as process:
        _says(tmp_path, process, "Starting a live django-helpdesk")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _ends(tmp_path, process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_killed_it_leaves_nothing_behind_and_starts_again_in_the_same_folder(
    tmp_path: Path, own: list[str]
) -> None:
    with _started(tmp_path, *own) as process:
        _says(tmp_path, process, "Ready after")
        assert len(processes_of(tmp_path)) >= 7, "web, worker, beat, their children, broker, desk"
        process.kill()
        process.wait()
        assert eventually(lambda: not processes_of(tmp_path), seconds=END_WITHIN)
    with _started(tmp_path, *own) as process:
        _says(tmp_path, process, "read@books.example: Quiet")
        process.terminate()
        _ends(tmp_path, process)
