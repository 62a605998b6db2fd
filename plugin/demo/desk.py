"""A live django-helpdesk in a process of its own, and the people who use it.

Everything done to the desk here goes through the doors its users have: the public web form, the
staff's pages, e-mail, the API.

    with LiveDesk.start(folder, queues=["Billing"], agents=[AgentLogin("ada", "secret")],
                        webhook_url=None) as desk:
        ticket = desk.open_by_form("Billing", "Refund", "Where is it?", "sam@example.com")
        desk.agent_reply("ada", ticket, "On its way.")
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

_START_WITHIN = 60.0
_STOP_WITHIN = 3.0
_PROJECT_ROOT = Path(__file__).resolve().parents[2]


class DeskError(Exception):
    """The live desk did not do what it was asked, with what it said instead."""


@dataclass(frozen=True, slots=True)
class AgentLogin:
    """A member of the desk's staff, as they sign in. ``name`` is what colleagues read."""

    username: str
    password: str = field(repr=False)
    name: str = ""
    email: str = ""


class LiveDesk:
    """One running desk. Made by ``start``; ended by ``stop`` or by leaving its ``with`` block.

    ``url`` has no slash at its end. ``token`` and ``api_user_id`` belong to Deskroute's own user
    at the desk, ``intake_user_id`` to the one that opens tickets by API. ``queue_ids`` are the
    desk's ids by queue name, ``agent_ids`` those by the name an agent signs in with. ``pid`` is
    the desk's process, which leads a process group of its own.

    Methods may be called from several threads. On Linux the desk also dies with the thread that
    started it, so start it from one that stays.
    """

    def __init__(
        self,
        folder: Path,
        child: subprocess.Popen[str],
        agents: Sequence[AgentLogin],
        ready: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.pid = child.pid
        self.url: str = ready["url"]
        self.token: str = ready["token"]
        self.api_user_id: str = ready["api_user"]
        self.intake_user_id: str = ready["intake_user"]
        self.queue_ids: Mapping[str, str] = MappingProxyType(ready["queues"])
        self.agent_ids: Mapping[str, str] = MappingProxyType(ready["agents"])
        self._child = child
        self._slugs: Mapping[str, str] = ready["slugs"]
        self._passwords = {agent.username: agent.password for agent in agents}
        self._customer = _client(self.url)
        self._intake = _client(self.url, ready["intake_token"])
        self._staff: dict[str, httpx.Client] = {}
        self._links: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    @classmethod
    def start(  # ruff: ignore[too-many-arguments] - all but one are given by name
        cls,
        folder: Path,
        *,
        queues: Sequence[str],
        agents: Sequence[AgentLogin],
        webhook_url: str | None,
        port: int | None = None,
        templates: Path | None = None,
    ) -> LiveDesk:
        """Start a desk that keeps everything in ``folder``, and wait until it answers.

        Tickets of an earlier start in the same folder are still there, and a desk that still
        runs there is ended first. Every queue is open to the public form and to e-mail. ``port``
        None takes a free one. ``templates`` is where an empty database with all tables is kept,
        to be copied by later starts; ``folder`` if it is None. Raises DeskError if the desk does
        not come up.
        """
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        _end_stale(folder)
        _write_webhook_url(folder, webhook_url)
        plan = {
            "parent": os.getpid(),
            "folder": str(folder),
            "templates": str((templates or folder).absolute()),
            "port": port or 0,
            "queues": list(queues),
            "agents": [asdict(agent) for agent in agents],
        }
        child = _spawn(folder)
        try:
            ready = _talk(child, plan, folder)
        except BaseException:
            _end_group(child)
            raise
        return cls(folder, child, agents, ready)

    def stop(self) -> None:
        """End the desk's process and everything it started; doing it again changes nothing."""
        _end_group(self._child)
        for client in (self._customer, self._intake, *self._staff.values()):
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def point_webhooks_at(self, url: str | None) -> None:
        """Send both webhooks to ``url`` from now on; None sends none."""
        _write_webhook_url(self.folder, url)

    def open_by_form(self, queue: str, subject: str, text: str, email: str) -> str:
        """Open a ticket by the public web form, as a customer; returns its id."""
        answer = self._customer.post(
            "/tickets/submit/",
            data={
                "csrfmiddlewaretoken": _csrf(self._customer, "/tickets/submit/"),
                "queue": self.queue_ids[queue],
                "title": subject,
                "body": text,
                "submitter_email": email,
                "priority": "3",
                "due_date": "",
            },
        )
        _expect(answer, 302, "open a ticket by the web form")
        # The desk sends the customer on to their ticket: /view/?ticket=billing-12&email=…
        shown = parse_qs(urlsplit(answer.headers["location"]).query)
        ticket = shown["ticket"][0].rpartition("-")[2]
        self._links[ticket] = {name: values[0] for name, values in shown.items()}
        return ticket

    def open_by_api(
        self, queue: str, subject: str, text: str, email: str, *, priority: int = 3
    ) -> str:
        """Open a ticket by the API, as another program of the company; returns its id.

        ``priority`` is the desk's: 1 critical to 5 very low.
        """
        answer = self._intake.post(
            "/api/tickets/",
            json={
                "queue": int(self.queue_ids[queue]),
                "title": subject,
                "description": text,
                "submitter_email": email,
                "priority": priority,
            },
        )
        return str(_expect(answer, 201, "open a ticket by the API").json()["id"])

    def agent_reply(self, agent: str, ticket: str, text: str, *, public: bool = True) -> None:
        """Answer the customer on the ticket's page, or leave a note for colleagues."""
        self._update(agent, ticket, {"comment": text, "public": "1" if public else None})

    def agent_solve(self, agent: str, ticket: str, text: str) -> None:
        """Answer the customer and set the ticket to resolved."""
        self._update(agent, ticket, {"comment": text, "public": "1", "new_status": "3"})

    def agent_move(self, agent: str, ticket: str, queue: str, *, silently: bool = False) -> None:
        """Move the ticket to another queue.

        An agent does it while answering, which sends a webhook, or ``silently`` on the page
        that edits the ticket, which sends none and leaves no trace in the ticket's history.
        """
        if silently:
            page = f"/tickets/{ticket}/edit/"
            self._submit(agent, page, page, {"queue": self.queue_ids[queue]})
        else:
            self._update(agent, ticket, {"queue": self.queue_ids[queue]})

    def agent_take(self, agent: str, ticket: str) -> None:
        """Make the agent the ticket's owner."""
        self._update(agent, ticket, {"owner": self.agent_ids[agent]})

    def agent_merge(self, agent: str, ticket: str, into: str) -> None:
        """Merge the ticket into another one of the same queue."""
        page = f"/tickets/merge?tickets={into}&tickets={ticket}"
        client = self._signed_in(agent)
        sent = {"csrfmiddlewaretoken": _csrf(client, page), "chosen_ticket": into}
        _expect(client.post(page, data=sent), 302, f"merge ticket {ticket} into {into}")

    def agent_delete(self, agent: str, ticket: str) -> None:
        """Delete the ticket for ever."""
        page = f"/tickets/{ticket}/delete/"
        client = self._signed_in(agent)
        answer = client.post(page, data={"csrfmiddlewaretoken": _csrf(client, page)})
        _expect(answer, 302, f"delete ticket {ticket}")

    def customer_returns(self, ticket: str, text: str) -> None:
        """Answer the ticket as its customer, by e-mail; opens it again if it was resolved.

        By e-mail, because 2.6.1 shows customers a form on their ticket's page and then refuses
        what they send with it: only staff may.
        """
        now = self.ticket(ticket)
        name, slug = self._queue_of(now)
        message = EmailMessage()
        message["From"] = str(now["submitter_email"])
        message["To"] = f"{slug}@desk.example"
        message["Subject"] = f"Re: [{slug}-{ticket}] {now['title']}"
        message["Message-Id"] = f"<{time.time_ns()}.{ticket}@customer.example>"
        # The desk reads 8-bit text wrongly; base64 it gets right.
        message.set_content(text, cte="base64")
        answer = self._intake.post(
            f"/mail/{slug}/",
            content=message.as_bytes(),
            headers={"Content-Type": "message/rfc822"},
        )
        _expect(answer, 200, f"take in the customer's mail for queue {name}")
        if str(answer.json()["ticket"]) != ticket:
            raise DeskError(f"The customer's mail did not reach ticket {ticket}.")

    def customer_accepts(self, ticket: str) -> None:
        """Accept the resolution on the ticket's public page, which closes the ticket.

        Only for tickets opened by the web form, whose customer was shown the link to it.
        """
        link = {**self._links[ticket], "close": ""}
        _expect(self._customer.get("/view/", params=link), 302, f"close ticket {ticket}")

    def ticket(self, ticket: str) -> Mapping[str, object]:
        """The ticket as the desk's API shows it now."""
        answer = self._intake.get(f"/api/tickets/{ticket}/")
        shown: dict[str, object] = _expect(answer, 200, f"show ticket {ticket}").json()
        return shown

    def _queue_of(self, ticket: Mapping[str, object]) -> tuple[str, str]:
        """The name and slug of the queue a ticket is in."""
        here = str(ticket["queue"])
        name = next(name for name, known in self.queue_ids.items() if known == here)
        return name, self._slugs[name]

    def _update(self, agent: str, ticket: str, changes: Mapping[str, str | None]) -> None:
        page = f"/tickets/{ticket}/"
        self._submit(agent, page, f"{page}update/", changes)

    def _submit(
        self, agent: str, page: str, action: str, changes: Mapping[str, str | None]
    ) -> None:
        """Open a page, change what the form on it holds, and send it; None unticks a box."""
        client = self._signed_in(agent)
        shown = _expect(client.get(page), 200, f"show {page} to {agent}").text
        values = {**_form_values(shown, action), **changes}
        sent = {name: value for name, value in values.items() if value is not None}
        answer = client.post(action, data=sent)
        _expect(answer, 302, f"take {agent}'s form at {action}")

    def _signed_in(self, agent: str) -> httpx.Client:
        with self._lock:
            if agent not in self._staff:
                self._staff[agent] = self._sign_in(agent)
            return self._staff[agent]

    def _sign_in(self, agent: str) -> httpx.Client:
        client = _client(self.url)
        answer = client.post(
            "/login/",
            data={
                "csrfmiddlewaretoken": _csrf(client, "/login/"),
                "username": agent,
                "password": self._passwords[agent],
            },
        )
        _expect(answer, 302, f"sign {agent} in")
        return client


def _client(url: str, token: str | None = None) -> httpx.Client:
    headers = {"Accept": "application/json", "Authorization": f"Token {token}"} if token else {}
    # trust_env=False: a proxy set on this machine has no business between us and ourselves.
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)


def _csrf(client: httpx.Client, page: str) -> str:
    """The token a form must carry; the desk gives it out with the first page."""
    if "desk_csrf" not in client.cookies:
        _expect(client.get(page), 200, f"show {page}")
    return client.cookies["desk_csrf"]


def _expect(answer: httpx.Response, status: int, what: str) -> httpx.Response:
    if answer.status_code != status:
        said = " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())[:300]
        raise DeskError(
            f"The desk did not {what}: it answered {answer.status_code}, not {status}. {said}"
        )
    return answer


class _Forms(HTMLParser):
    """Collects what a browser would send with one of a page's forms if nobody touched it."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self._action = action
        self._inside = False
        self._select: str | None = None
        self._text: str | None = None
        self.found = False
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self._inside = self._is_ours(has)
            self.found = self.found or self._inside
        elif self._inside and tag == "input":
            self._input(has)
        elif self._inside and tag == "select":
            self._select = has.get("name")
        elif self._inside and tag == "option" and self._select:
            if "selected" in has or self._select not in self.values:
                self.values[self._select] = has.get("value") or ""
        elif self._inside and tag == "textarea":
            self._text = has.get("name")
            if self._text:
                self.values[self._text] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            # A browser drops the line break that may follow the opening tag.
            self.values[self._text] += data if self.values[self._text] else data.lstrip("\r\n")

    def _is_ours(self, has: Mapping[str, str | None]) -> bool:
        goes_to = has.get("action") or self._action
        return (has.get("method") or "get").lower() == "post" and goes_to == self._action

    def _input(self, has: Mapping[str, str | None]) -> None:
        name, kind = has.get("name"), (has.get("type") or "text").lower()
        ticked = kind not in {"checkbox", "radio"} or "checked" in has
        if name and ticked and kind not in {"submit", "button", "file", "image", "reset"}:
            self.values[name] = has.get("value") or ("on" if kind == "checkbox" else "")


def _form_values(page: str, action: str) -> Mapping[str, str]:
    forms = _Forms(action)
    forms.feed(page)
    if not forms.found:
        raise DeskError(f"The desk's page holds no form for {action}.")
    return forms.values


def _write_webhook_url(folder: Path, url: str | None) -> None:
    path = folder / "webhook_url"
    if url is None:
        path.unlink(missing_ok=True)
        return
    part = folder / "webhook_url.part"
    part.touch(mode=0o600)  # The address holds a secret.
    part.write_text(url, encoding="utf-8")
    part.replace(path)


def _spawn(folder: Path) -> subprocess.Popen[str]:
    with (folder / "desk.log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "plugin.demo.desk_project.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _python_path(), "NO_PROXY": "127.0.0.1,localhost"},
        )


def _python_path() -> str:
    """The project's root before whatever was set, so that a checkout works as an install does."""
    return os.pathsep.join(filter(None, [str(_PROJECT_ROOT), os.environ.get("PYTHONPATH")]))


def _talk(child: subprocess.Popen[str], plan: object, folder: Path) -> dict[str, Any]:
    """Hand the child its plan and wait for its one line."""
    if child.stdin is None or child.stdout is None:
        raise DeskError("The desk's process has no pipes.")
    with contextlib.suppress(BrokenPipeError), child.stdin as told:
        told.write(json.dumps(plan) + "\n")
    ready, _, _ = select.select([child.stdout], [], [], _START_WITHIN)
    line = child.stdout.readline() if ready else ""
    child.stdout.close()
    if not line:
        said = (folder / "desk.log").read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise DeskError(f"The live desk did not start. It said:\n{said}")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end_stale(folder: Path) -> None:
    """End a desk that a crashed run left in this folder.

    The desk keeps its pid file locked while it lives, so a file that is not locked names nobody,
    and the number in it may belong to a stranger by now.
    """
    path = folder / "desk.pid"
    for last_resort in (signal.SIGTERM, signal.SIGKILL):
        pid = _holder(path)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, last_resort)
        _wait_until_free(path)
    if _holder(path) is not None:
        raise DeskError(f"An earlier desk in {folder} cannot be ended. End it by hand.")


def _holder(path: Path) -> int | None:
    """The process that keeps the pid file locked, None if nobody does."""
    if not path.exists():
        return None
    with path.open("r", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0) or None
        return None


def _wait_until_free(path: Path) -> None:
    for _ in _moments(_STOP_WITHIN):
        if _holder(path) is None:
            return


def _moments(within: float) -> Iterator[None]:
    """Come round every 20 ms until ``within`` seconds are over."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        yield
        time.sleep(0.02)


def _end_group(child: subprocess.Popen[str]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_WITHIN)
