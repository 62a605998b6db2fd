"""Mails reach a real SMTP server once, and wait for it while it is away."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from catcher import Catcher, caught_by, free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from world import NOON, FakeClock

from plugin import mail as mail_module
from plugin.broker import make_celery
from plugin.flows.out.send_mail import SendMails
from plugin.flows.out.send_out import HOLD
from plugin.mail import Smtp
from plugin.ports import Mail, Unavailable
from plugin.records.work import Store
from plugin.settings import Settings

SENDER = "Halden Support <support@halden.example>"


def knock(port: int) -> None:
    socket.create_connection(("localhost", port)).close()


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
def server(catcher: Catcher) -> Iterator[str]:
    with caught_by(catcher) as url:
        yield url


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
        assert work.mails.take(NOON, NOON + timedelta(minutes=1)) is not None
        work.commit()
    with store.work() as work:
        assert work.mails.take(NOON, NOON + timedelta(minutes=1)) is None
        # Its worker died; after its time another takes it.
        later = NOON + timedelta(minutes=1)
        assert work.mails.take(later, later + timedelta(minutes=1)) is not None


@dataclass(slots=True)
class Door:
    """Lets everybody in, and keeps who came."""

    came: list[Any] = field(default_factory=list)

    def __call__(self, *told: Any) -> AuthResult:
        self.came.append(told[-1])
        return AuthResult(success=True)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of localhost that nobody else signed, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "localhost.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


Tls = Callable[[str, Door], str]


@pytest.fixture
def tls(catcher: Catcher, certificate: Path) -> Iterator[Tls]:
    """Starts a server that speaks TLS as smtp:// or smtps:// do; its URL, with a user."""
    running: list[Controller] = []

    def start(scheme: str, door: Door) -> str:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        how: dict[str, Any] = {"tls_context": context}
        if scheme == "smtps":
            # A server that greets within TLS does not know that its line is encrypted.
            how = {"ssl_context": context, "auth_require_tls": False}
        port = free_port()
        controller = Controller(catcher, hostname="localhost", port=port, authenticator=door, **how)
        # Its own look whether it runs trusts no certificate of ours.
        controller._trigger_server = lambda: knock(port)  # type: ignore[method-assign]  # ruff: ignore[private-member-access]
        controller.start()
        running.append(controller)
        return f"{scheme}://user:secret@localhost:{port}"

    yield start
    for controller in running:
        controller.stop()


@pytest.mark.parametrize("stripped", [True, False])
def test_a_password_is_not_sent_over_an_open_line(catcher: Catcher, *, stripped: bool) -> None:
    door = Door()
    controller = Controller(
        catcher,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=door,
        auth_require_tls=stripped,
    )
    controller.start()
    try:
        smtp = Smtp(f"smtp://user:secret@127.0.0.1:{controller.port}", SENDER)
        with pytest.raises(
            Unavailable, match=r"not sent to the mail server 127\.0\.0\.1.*smtps://"
        ):
            smtp.send(a_mail())
        with pytest.raises(Unavailable, match="not encrypted"):
            smtp.check()
    finally:
        controller.stop()
    assert (door.came, catcher.got) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_password_is_sent_where_the_certificate_is_trusted(
    tls: Tls, scheme: str, catcher: Catcher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    door = Door()
    Smtp(tls(scheme, door), SENDER).send(a_mail())
    assert [one.password for one in door.came] == [b"secret"]
    assert len(catcher.got) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_whose_certificate_is_not_trusted_gets_no_password(
    tls: Tls, scheme: str, catcher: Catcher
) -> None:
    door = Door()
    with pytest.raises(Unavailable, match=r"certificate .* is not trusted.*SSL_CERT_FILE"):
        Smtp(tls(scheme, door), SENDER).send(a_mail())
    assert (door.came, catcher.got) == ([], [])


@pytest.mark.parametrize("goodbye", ["421 too busy", "500 what?", "5" * 9000])
def test_a_mail_that_was_taken_is_sent_whatever_is_answered_to_goodbye(
    store: Store, clock: FakeClock, server: str, catcher: Catcher, goodbye: str
) -> None:
    catcher.goodbye = goodbye
    put(store, a_mail())
    assert sending(store, clock, server)() == 1
    clock.turn(days=1)
    assert sending(store, clock, server)() == 0
    assert len(catcher.got) == 1


def test_a_server_that_is_slow_in_all_steps_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "LONGEST", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        monkeypatch.setattr(mail_module, "_open", lambda _: _greeted(silent.getsockname()[1]))
        began = time.monotonic()
        with pytest.raises(Unavailable, match="silent"):
            Smtp("smtp://mail.halden.example", SENDER).send(a_mail())
    assert time.monotonic() - began < 5


def _greeted(port: int) -> Any:
    line = mail_module.smtplib.SMTP(timeout=mail_module.SECONDS)
    line.sock = socket.create_connection(("127.0.0.1", port), timeout=mail_module.SECONDS)
    return line


@dataclass(slots=True)
class Fake:
    """A mailer that does as it is told at each mail, and keeps which it was asked to send."""

    does: Callable[[Mail], object] = lambda _: None
    asked: list[str] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        self.asked.append(mail.key)
        self.does(mail)

    def check(self) -> None:
        """All is well."""


def test_a_mail_is_held_for_longer_than_any_task_lives(store: Store, clock: FakeClock) -> None:
    limit = make_celery(Settings()).conf.task_time_limit
    assert timedelta(seconds=limit) < HOLD
    put(store, *(a_mail(key) for key in "abc"))
    other = Fake()

    def slowly(_: Mail) -> None:
        clock.turn(seconds=limit)
        SendMails(store, other, clock)()

    slow = Fake(slowly)
    SendMails(store, slow, clock)()
    assert (slow.asked, other.asked) == (["a"], ["b", "c"])


def test_no_mail_is_begun_after_a_while(store: Store, clock: FakeClock) -> None:
    put(store, *(a_mail(key) for key in "abcde"))
    slow = Fake(lambda _: clock.turn(seconds=8))
    send = SendMails(store, slow, clock)
    assert (send(), send(), send()) == (3, 2, 0)
    assert slow.asked == list("abcde")


def test_a_server_that_is_away_is_asked_once_for_all(store: Store, clock: FakeClock) -> None:
    def away(_: Mail) -> None:
        raise Unavailable("away")

    put(store, a_mail("a"), a_mail("b"))
    mailer = Fake(away)
    assert SendMails(store, mailer, clock)() == 0
    assert mailer.asked == ["a"]
    # The next look begins with another, so that one that is never taken keeps none back.
    assert SendMails(store, mailer, clock)() == 0
    assert mailer.asked == ["a", "b"]


def test_a_mail_that_cannot_be_made_keeps_no_other_back(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(mail: Mail) -> None:
        if mail.key == "a":
            raise ValueError(mail.text)

    put(store, a_mail("a"), a_mail("b"))
    mailer = Fake(odd)
    with caplog.at_level(logging.WARNING):
        assert SendMails(store, mailer, clock)() == 1
    clock.turn(days=1)
    assert SendMails(store, mailer, clock)() == 0
    assert mailer.asked == ["a", "b"]
    assert "ValueError" in caplog.text
    assert "Priority" not in caplog.text


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
