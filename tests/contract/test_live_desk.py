from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from plugin.demo.desk import AgentLogin, DeskError, LiveDesk

ADA = AgentLogin("ada", "analytical", "Ada Byron")


def start(folder: Path, templates: Path) -> LiveDesk:
    return LiveDesk.start(
        folder, queues=["Billing"], agents=[ADA], webhook_url=None, templates=templates
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What has ended but was not yet fetched by its parent is not alive any more.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")


def ends(pid: int) -> bool:
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_a_desk_serves_its_pages_with_their_style(live_desk: LiveDesk) -> None:
    with httpx.Client(base_url=live_desk.url, trust_env=False) as browser:
        page = browser.get("/")
        assert "Billing" in page.text
        assert browser.get("/static/helpdesk/img/icon.svg").headers["content-type"] == (
            "image/svg+xml"
        )
        assert browser.get("/kb/").status_code == 200
        assert browser.get("/api/tickets/").status_code in {401, 403}


def test_a_desk_sends_no_mail(live_desk: LiveDesk) -> None:
    ticket = live_desk.open_by_form("Billing", "Refund", "Where?", "sam@example.com")
    live_desk.agent_reply("ada", ticket, "On its way")
    history = live_desk.ticket(ticket)["followup_set"]
    assert [one["email_recipients"] for one in history] == [[], []]  # type: ignore[attr-defined]


def test_an_agents_answer_keeps_the_tickets_tags(live_desk: LiveDesk) -> None:
    ticket = live_desk.open_by_api("Billing", "Refund", "Where?", "sam@example.com")
    httpx.patch(
        f"{live_desk.url}/api/tickets/{ticket}/",
        headers={"Authorization": f"Token {live_desk.token}"},
        json={"custom_tags": "vip"},
        trust_env=False,
    ).raise_for_status()
    live_desk.agent_reply("ada", ticket, "On its way")
    live_desk.agent_move("ada", ticket, "Technical support", silently=True)
    assert live_desk.ticket(ticket)["custom_tags"] == "vip"


def test_a_form_the_desk_does_not_take_is_an_error(live_desk: LiveDesk) -> None:
    with pytest.raises(DeskError, match="did not open a ticket"):
        live_desk.open_by_form("Billing", "Refund", "Where?", "no address")


def test_tickets_and_ids_outlive_a_restart(tmp_path: Path, desk_templates: Path) -> None:
    with start(tmp_path, desk_templates) as first:
        ticket = first.open_by_form("Billing", "Refund", "Where?", "sam@example.com")
    assert ends(first.pid)
    with start(tmp_path, desk_templates) as second:
        assert second.ticket(ticket)["title"] == "Refund"
        assert (second.token, second.queue_ids) == (first.token, first.queue_ids)


def test_a_desk_left_behind_is_ended_by_the_next_start(
    tmp_path: Path, desk_templates: Path
) -> None:
    left_behind = start(tmp_path, desk_templates)
    with start(tmp_path, desk_templates) as desk:
        assert ends(left_behind.pid)
        assert is_alive(desk.pid)
        left_behind.stop()
        assert is_alive(desk.pid)


def test_a_stale_pid_file_ends_nobody(tmp_path: Path, desk_templates: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        (tmp_path / "desk.pid").write_text(str(stranger.pid), encoding="ascii")
        with start(tmp_path, desk_templates):
            assert stranger.poll() is None
        stranger.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_desk_dies_with_the_process_that_started_it(tmp_path: Path, desk_templates: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from plugin.demo.desk import LiveDesk\n"
        "desk = LiveDesk.start(Path(sys.argv[1]), queues=['Billing'], agents=[],"
        " webhook_url=None, templates=Path(sys.argv[2]))\n"
        "print(desk.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(desk_templates)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        desk = int(starter.stdout.readline())
        assert is_alive(desk)
        starter.send_signal(signal.SIGKILL)
    assert ends(desk)


def test_a_desk_that_cannot_start_says_why(tmp_path: Path, desk_templates: Path) -> None:
    (tmp_path / "desk.sqlite3").write_bytes(b"not a database, " * 100)
    with pytest.raises(DeskError, match="file is not a database"):
        start(tmp_path, desk_templates)
