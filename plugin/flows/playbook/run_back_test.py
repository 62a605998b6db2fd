"""A draft of the playbook tried on past tickets, beside a published version.

Needs numpy and goes through very many tickets: commands run it, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from plugin.flows.customers.trusted import trusted
from plugin.flows.history.import_tickets import TicketReader
from plugin.flows.import_rows import Line
from plugin.pages.refusals import BadFile, NotThere
from plugin.ports import Clock, Refused
from plugin.records.tickets import PastTicket as PastRow
from plugin.records.work import Store
from routing.back_test.compare import BackTest
from routing.back_test.past import PastTicket
from routing.back_test.report import BackTestReport
from routing.errors import Invalid
from routing.languages import recognise
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.record import facts_out
from routing.tickets import Facts

MOST = 1_000_000
"""Tickets of one back-test: the newest ones."""

AT_ONCE = 5_000

BROKE_OFF = "It broke off. The web server's log says why. Start it again."

Tell = Callable[[int], None]
"""Hears how many tickets more were judged."""


@dataclass(frozen=True, slots=True)
class RunBackTest:
    """Tries drafts on past tickets."""

    store: Store
    clock: Clock

    def __call__(
        self, draft: str, version: int | None, since: datetime | None, tell: Tell
    ) -> BackTestReport:
        """A draft beside this version, or the live one, over the tickets that are kept.

        Raises Invalid for the draft, Refused and NotThere for the version.
        """
        test = BackTest(self._playbook(version), read_playbook(draft))
        with self.store.look() as work:
            sources = [trusted(record) for record in work.connections.sources()]
            for block in work.past.blocks(since, sources, MOST):
                test.add(block)
                tell(len(block))
        return test.report()

    def over_file(
        self,
        draft: str,
        version: int | None,
        since: datetime | None,
        rows: Iterable[Line],
        tell: Tell,
    ) -> tuple[BackTestReport, int]:
        """The same over the tickets of a file; also how many of its rows cannot be read.

        Raises BadFile where none can.
        """
        playbook = read_playbook(draft)
        test = BackTest(self._playbook(version), playbook)
        read = _Rows(self.store, TicketReader("file", self.clock.now()), playbook, since)
        for block in read.blocks(rows):
            test.add(block)
            tell(len(block))
        if read.refused and read.refused == read.rows:
            raise BadFile(f"No ticket of the file can be read. The first: {read.first_refusal}")
        return test.report(), read.refused

    def kept(self, back_test: int) -> None:
        """Run one that somebody asked for on its page, and keep what comes of it."""
        with self.store.look() as work:
            record = work.back_tests.get(back_test)
        if record is None:
            raise NotThere(f"There is no back-test {back_test}.")
        report, why = None, BROKE_OFF
        try:
            told = self(record.draft, record.version, record.since, lambda _: None)
            # A customer who is forgotten later must not live on in a report.
            listed = tuple(replace(one, subject="") for one in told.listed)
            report, why = replace(told, listed=listed), ""
        except (Invalid, Refused, NotThere) as error:
            why = str(error)
        finally:
            with self.store.work() as work:
                work.back_tests.end(back_test, self.clock.now(), report, why)
                work.commit()

    def _playbook(self, version: int | None) -> Playbook:
        with self.store.look() as work:
            books = work.playbooks
            playbook = books.live() if version is None else books.get(version)
        if playbook is not None:
            return playbook
        if version is None:
            raise Refused("No playbook is published yet, so there is nothing to compare with.")
        raise NotThere(f"There is no playbook {version}.")


@dataclass(slots=True)
class _Rows:
    """Rows of a file as past tickets; of their customers is told what sources know by now."""

    store: Store
    reader: TicketReader
    playbook: Playbook
    since: datetime | None
    rows: int = 0
    refused: int = 0
    first_refusal: str = ""

    def blocks(self, rows: Iterable[Line]) -> Iterator[list[PastTicket]]:
        """The readable rows, some at a time."""
        lines = iter(rows)
        while some := list(islice(lines, AT_ONCE)):
            self.rows += len(some)
            read = list(self._read(some))
            emails = {email for one in read if (email := one.ticket.requester_email)}
            with self.store.look() as work:
                sources = [trusted(record) for record in work.connections.sources()]
                known = work.past.customers(emails, sources)
            yield [self._past(one, known) for one in read]

    def _past(self, one: PastRow, known: Mapping[str, dict[str, Any]]) -> PastTicket:
        ticket = one.ticket
        language = recognise(f"{ticket.subject}\n{ticket.text}", self.playbook.languages)
        facts = facts_out(Facts(ticket, ticket.opened_at, language))
        facts["customer"] = known.get(ticket.requester_email or "", {})
        return PastTicket(None, facts, as_then=False, ended_in=one.queue_name)

    def _read(self, lines: Iterable[Line]) -> Iterator[PastRow]:
        for line, row in lines:
            if isinstance(row, str):
                self._refuse(line, row)
                continue
            try:
                past = self.reader.read(row)
            except ValueError as error:
                self._refuse(line, str(error))
                continue
            if self.since is None or past.ticket.opened_at >= self.since:
                yield past

    def _refuse(self, line: int, why: str) -> None:
        self.refused += 1
        self.first_refusal = self.first_refusal or f"line {line}: {why}"
