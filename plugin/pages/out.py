"""What goes out: tables, mails, messages and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from plugin.spreadsheet import Table
from plugin.views.deliveries import Tally
from plugin.views.exports import ExportForm
from plugin.views.mails import AlertLetter, DigestLetter, MailKind, MyMails, Rendered, Subscription
from plugin.views.people import Person
from plugin.views.programs import NewToken, Program, TokenLine, ToldDecisions, ToldSegments
from plugin.views.receivers import NewReceiver, ReceiverLine, ReceiverView


class Exports(Protocol):
    """Tables that people take along."""

    def form(self) -> ExportForm:
        """What the page asks, with a proposal."""
        ...

    def table(self, since: datetime, until: datetime, person: Person) -> Table:
        """The tickets opened in [since, until). Raises Refused where the period is none."""
        ...

    def allow_agents(self, by: str, *, allowed: bool) -> None:
        """Say whether reports may name agents."""
        ...


class MailPages(Protocol):
    """Which mails people get."""

    def view(self, person: Person) -> MyMails:
        """What a person gets, and could."""
        ...

    def save(self, wanted: Subscription, person: Person) -> None:
        """Send them this from now on. Raises BadSubscription."""
        ...

    def stop(self, kind: MailKind, person: Person) -> None:
        """Send them no more of these."""
        ...

    def of_link(self, token: str) -> Subscription:
        """What a signed link would end. Raises StopGone."""
        ...

    def stop_by_link(self, token: str) -> Subscription:
        """End it; the answer is what was ended. Raises StopGone."""
        ...


class Letters(Protocol):
    """Mails as people read them."""

    def digest(self, letter: DigestLetter) -> Rendered:
        """A week in numbers."""
        ...

    def alert(self, letter: AlertLetter) -> Rendered:
        """A goal that is missed, or no longer."""
        ...


class ReceiverPages(Protocol):
    """Where other tools are told what happens."""

    def every(self) -> tuple[ReceiverLine, ...]:
        """All of them, by name."""
        ...

    def segments(self) -> tuple[str, ...]:
        """The segments whose members can be told."""
        ...

    def view(self, name: str, before: int | None) -> ReceiverView:
        """One with what it was told, newest first. Raises NotThere, as all that follow."""
        ...

    def add(self, wanted: NewReceiver, by: str) -> str:
        """Keep a new one; returns its secret, which is told this once. Raises BadReceiver."""
        ...

    def change(self, wanted: NewReceiver, by: str) -> None:
        """Change where it is and what it wants. Raises BadReceiver."""
        ...

    def test(self, name: str, by: str) -> str:
        """Send a message of the type ``test`` now; why it was not taken, or empty."""
        ...

    def renew_secret(self, name: str, by: str) -> str:
        """A new secret, told this once; the one before counts for another day."""
        ...

    def switch(self, name: str, by: str, *, on: bool) -> None:
        """Tell it everything that happens from now on, or nothing."""
        ...

    def replay(self, name: str, by: str, message: int | None = None) -> int:
        """Try what it has missed again, all or one of it; returns how many."""
        ...

    def start_over(self, name: str, by: str) -> None:
        """Tell it all members of its segments anew, after the next count."""
        ...

    def remove(self, name: str, by: str) -> None:
        """Remove it with all that it was still to be told."""
        ...


class Programs(Protocol):
    """Who asks over the API."""

    def admit(self, token: str) -> Program:
        """The program with this token. Raises BadToken and TooOften."""
        ...


class TokenPages(Protocol):
    """The tokens of programs."""

    def every(self) -> tuple[TokenLine, ...]:
        """All of them, by name."""
        ...

    def add(self, wanted: NewToken, by: str) -> str:
        """Make one; it is told this once. Raises BadWish."""
        ...

    def revoke(self, name: str, by: str) -> None:
        """Let nobody in by it any more. Raises NotThere."""
        ...


class ToPrograms(Protocol):
    """What programs are told of the playbook, of decisions and deliveries."""

    def segments(self) -> ToldSegments:
        """The segments of the live playbook. Raises NotThere before there is one."""
        ...

    def decisions(self, ticket: str, desk: str | None) -> ToldDecisions:
        """The decisions on the tickets with this desk id, the newest first."""
        ...

    def tally(self) -> Tally:
        """What became of everything that desks sent."""
        ...
