"""Mails reach a real SMTP server once, and wait for it while it is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from world import NOON, FakeClock

from plugin.flows.send_mail import SendMails
from plugin.mail import Smtp
from plugin.ports import Mail, Refused, Unavailable
from plugin.records import Store

SENDER = "Halden Support <support@halden.example>"


@dataclass(slots=True)
class Catcher:
    """What a server was sent, and what it says to whom."""

    got: list[Message] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # ruff: ignore[invalid-function-name] — the server's own name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # ruff: ignore[invalid-function-name]
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.got.append(message_from_bytes(envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
def server(catcher: Catcher) -> Iterator[str]:
    controller = Controller(catcher, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def a_mail(key: str = "decision-1-1-1", to: str = "lead@halden.example") -> Mail:
    return Mail(key, to, "Ticket 17: The customer has waited", "Priority.\nWhy: http://x.example")


def put(store: Store, *mails: Mail) -> None:
    with store.work() as work:
        work.mails.put(mails, NOON)
        work.commit()


def sending(store: Store, clock: FakeClock, url: str) -> SendMails:
    return SendMails(store, Smtp(url, SENDER), clock)


def test_a_mail_is_sent_once_with_a_name_of_its_own(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    put(store, a_mail())
    put(store, a_mail())
    send = sending(store, clock, server)
    assert (send(), send()) == (1, 0)
    (got,) = catcher.got
    assert (got["To"], got["From"]) == ("lead@halden.example", SENDER)
    assert got["Message-ID"] == "<decision-1-1-1@halden.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert "Why: http://x.example" in str(got.get_payload())


def test_a_server_that_is_away_is_asked_again_after_a_pause(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    put(store, a_mail())
    away = sending(store, clock, f"smtp://127.0.0.1:{free_port()}")
    assert away() == 0
    assert sending(store, clock, server)() == 0  # not due yet
    clock.turn(minutes=2)
    assert sending(store, clock, server)() == 1
    assert len(catcher.got) == 1


def test_without_a_server_a_mail_waits_for_a_day_and_is_then_given_up(
    store: Store, clock: FakeClock, server: str
) -> None:
    put(store, a_mail())
    nowhere = SendMails(store, Smtp("", ""), clock)
    for _ in range(30):
        clock.turn(hours=1)
        nowhere()
    assert sending(store, clock, server)() == 0


def test_an_address_that_nobody_knows_keeps_no_other_mail_back(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    catcher.refuses["gone@halden.example"] = "550 no such user"
    put(store, a_mail("a", "gone@halden.example"), a_mail("b"))
    send = sending(store, clock, server)
    assert send() == 1
    clock.turn(days=1)
    assert send() == 0
    assert [one["To"] for one in catcher.got] == ["lead@halden.example"]


def test_a_server_that_is_busy_takes_it_later(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    catcher.refuses["lead@halden.example"] = "451 try again later"
    put(store, a_mail())
    send = sending(store, clock, server)
    assert send() == 0
    catcher.refuses.clear()
    clock.turn(minutes=2)
    assert send() == 1


def test_while_one_worker_sends_no_other_does(store: Store) -> None:
    put(store, a_mail())
    with store.work() as work:
        assert len(work.mails.take(NOON, NOON + timedelta(minutes=1), 10)) == 1
        work.commit()
    with store.work() as work:
        assert work.mails.take(NOON, NOON + timedelta(minutes=1), 10) == []
        # Its worker died; after its time another takes it.
        later = NOON + timedelta(minutes=1)
        assert len(work.mails.take(later, later + timedelta(minutes=1), 10)) == 1


def test_a_password_is_not_sent_over_an_open_line(catcher: Catcher) -> None:
    def authenticate(*_: Any) -> AuthResult:
        return AuthResult(success=True)

    controller = Controller(
        catcher, hostname="127.0.0.1", port=free_port(), authenticator=authenticate
    )
    controller.start()
    try:
        smtp = Smtp(f"smtp://user:secret@127.0.0.1:{controller.port}", SENDER)
        with pytest.raises((Refused, Unavailable)):
            smtp.send(a_mail())
        assert catcher.got == []
    finally:
        controller.stop()


def test_a_check_says_whether_the_server_answers(server: str) -> None:
    Smtp(server, SENDER).check()
    with pytest.raises(Unavailable, match="silent"):
        Smtp(f"smtp://127.0.0.1:{free_port()}", SENDER).check()


def test_a_subject_cannot_add_headers(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    put(store, Mail("k", "lead@halden.example", "Hello\r\nBcc: all@x.example", "text"))
    assert sending(store, clock, server)() == 1
    assert catcher.got[0]["Bcc"] is None
