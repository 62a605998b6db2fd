"""Mail over SMTP, to whichever server is set."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from plugin.ports import Mail, Refused, Unavailable

SECONDS = 10.0
"""How long a server may take for one step."""

_PORTS = {"smtp": 587, "smtps": 465}


def _answered(*codes: int) -> Unavailable | Refused:
    """What a server's answer means: 4xx is later, as many say at first (RFC 5321, 4.2.1)."""
    told = f"The mail server answered {', '.join(map(str, codes))}."
    return Unavailable(told) if any(code < 500 for code in codes) else Refused(told)


@dataclass(frozen=True, slots=True)
class Smtp:
    """One server: ``smtps://`` is encrypted from the start, ``smtp://`` as soon as it offers to.

    A user's password is sent over an encrypted line only.
    """

    url: str
    sender: str

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server. Raises Unavailable, or Refused for good."""
        if not self.url or not self.sender:
            raise Unavailable(
                "No mail server is set. Set DESKROUTE_SMTP_URL and DESKROUTE_MAIL_FROM."
            )
        try:
            with self._line() as line:
                line.send_message(self._message(mail))
        except smtplib.SMTPRecipientsRefused as error:
            raise _answered(*(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPResponseException as error:
            raise _answered(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"The mail server is silent: {type(error).__name__}.") from None

    def check(self) -> None:
        """Sign in and say nothing; raises as ``send`` does."""
        try:
            with self._line() as line:
                line.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"The mail server is silent: {type(error).__name__}.") from None

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        parts = urlsplit(self.url)
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        with kind(host, port, timeout=SECONDS) as line:
            line.ehlo()
            if parts.scheme == "smtp" and line.has_extn("starttls"):
                line.starttls()
                line.ehlo()
            if parts.username:
                if parts.scheme == "smtp" and not line.has_extn("auth"):
                    raise Refused("The mail server takes no sign-in; take the user out of its URL.")
                line.login(unquote(parts.username), unquote(parts.password or ""))
            yield line

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())[:200]
        message["Date"] = formatdate()
        # The same for the same mail: where one comes twice after a crash, mail programs show one.
        domain = self.sender.rpartition("@")[2].strip("> ") or "deskroute"
        message["Message-ID"] = f"<{mail.key}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message
