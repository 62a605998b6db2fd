"""Mail over SMTP, to whichever server is set."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate
from threading import Event, Thread
from urllib.parse import SplitResult, unquote, urlsplit

from plugin.ports import Mail, Refused, Unavailable

SECONDS = 10.0
"""How long a server may take for one step."""

LONGEST = 30.0
"""How long it may take for all steps together, once it has answered."""

_PORTS = {"smtp": 587, "smtps": 465}


class _WholeAddresses(EmailPolicy):
    """How a message is written: web addresses in headers stay in one piece.

    Usually a word that is longer than a line is encoded, and no mail program looks into what it
    should follow.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as it is sent."""
        if name.casefold().startswith("list-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def _answered(*codes: int) -> Unavailable | Refused:
    """What a server's answer means: 4xx is later, as many say at first (RFC 5321, 4.2.1)."""
    told = f"The mail server answered {', '.join(map(str, codes))}."
    return Unavailable(told) if any(code < 500 for code in codes) else Refused(told)


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever goes wrong with a server, as Unavailable or Refused."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(*(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from None
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"The certificate of the mail server is not trusted: {error.verify_message}. Name the "
            "server in DESKROUTE_SMTP_URL as its certificate does; if an authority of your own "
            "signed it, name that one's file in SSL_CERT_FILE."
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"The mail server is silent: {type(error).__name__}.") from None


@contextmanager
def _in_time(line: smtplib.SMTP) -> Iterator[None]:
    """Cut the line after LONGEST: a server in time at each step can be slow in all of them."""
    over = Event()

    def watch() -> None:
        pause = LONGEST
        # Again and again, as the socket is another one after STARTTLS.
        while not over.wait(pause):
            pause = 0.1
            # A TLS socket's own way would first forget its keys, then go on in the clear.
            with suppress(OSError):
                if line.sock is not None:
                    socket.socket.shutdown(line.sock, socket.SHUT_RDWR)

    Thread(target=watch, daemon=True, name="mail watch").start()
    try:
        yield
    finally:
        over.set()


def _end(line: smtplib.SMTP) -> None:
    """Say goodbye. What is answered changes nothing: a mail was taken by then, or was not."""
    with suppress(OSError, smtplib.SMTPException):
        line.quit()
    line.close()


def _sign_in(line: smtplib.SMTP, parts: SplitResult) -> None:
    """Give user and password, where the URL has them and nobody can read along."""
    if not parts.username:
        return
    if not isinstance(line.sock, ssl.SSLSocket):
        # Not for good: whoever can cut into the line must not be able to have mails given up.
        raise Unavailable(
            f"The password is not sent to the mail server {parts.hostname}, as the line is not "
            "encrypted: it offers no STARTTLS. Write smtps:// in DESKROUTE_SMTP_URL, or take user "
            "and password out of it if the server needs none."
        )
    if not line.has_extn("auth"):
        raise Unavailable("The mail server takes no sign-in; take the user out of its URL.")
    line.login(unquote(parts.username), unquote(parts.password or ""))


def _open(parts: SplitResult) -> smtplib.SMTP:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    return smtplib.SMTP(host, port, timeout=SECONDS)


@dataclass(frozen=True, slots=True)
class Smtp:
    """One server: ``smtps://`` is encrypted from the start, ``smtp://`` as soon as it offers to.

    A user's password is sent over an encrypted line only, to a server whose certificate is trusted.
    """

    url: str
    sender: str

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server. Raises Unavailable, or Refused for good."""
        if not self.url or not self.sender:
            raise Unavailable(
                "No mail server is set. Set DESKROUTE_SMTP_URL and DESKROUTE_MAIL_FROM."
            )
        with _in_words(), self._line() as line:
            line.send_message(self._message(mail))

    def check(self) -> None:
        """Sign in and say nothing; raises as ``send`` does."""
        with _in_words(), self._line() as line:
            line.noop()

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        parts = urlsplit(self.url)
        line = _open(parts)
        with _in_time(line):
            try:
                line.ehlo()
                if parts.scheme == "smtp" and line.has_extn("starttls"):
                    line.starttls(context=ssl.create_default_context())
                    line.ehlo()
                _sign_in(line, parts)
                yield line
            finally:
                _end(line)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(_WholeAddresses())
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())[:200]
        message["Date"] = formatdate()
        # The same for the same mail: where one comes twice after a crash, mail programs show one.
        domain = self.sender.rpartition("@")[2].strip("> ") or "deskroute"
        message["Message-ID"] = f"<{mail.key}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.text)
        if mail.html:
            _add_looks(message, mail.html, mail.pictures)
        return message


def _add_looks(message: EmailMessage, html: str, pictures: Mapping[str, bytes]) -> None:
    """Put the same with its looks beside the plain text, and its pictures inside of that.

    That is multipart/alternative with multipart/related as its last part (RFC 2046, RFC 2387).
    """
    message.add_alternative(html, subtype="html")
    looks = message.get_payload(1)
    assert isinstance(looks, EmailMessage)
    for cid, picture in pictures.items():
        looks.add_related(
            picture, "image", "png", cid=f"<{cid}>", disposition="inline", filename=f"{cid}.png"
        )
