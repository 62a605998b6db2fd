"""One transaction over everything, and the database that opens them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from plugin.records.audit import Audit
from plugin.records.connections import Connections, SourceStates
from plugin.records.customers import CustomerRecords
from plugin.records.decisions import Decisions
from plugin.records.drafts import Drafts
from plugin.records.house import House
from plugin.records.inbox import Inbox
from plugin.records.issues import Issues
from plugin.records.outbox import Mails, Webhooks
from plugin.records.past import BackTests, PastTickets
from plugin.records.people import People
from plugin.records.playbooks import Playbooks
from plugin.records.privacy import Privacy
from plugin.records.receivers import Pushes, Receivers
from plugin.records.results import MeasuredDays, ResultLines, TicketRows
from plugin.records.rule_reports import RuleReports
from plugin.records.segments import SegmentRecords, WorthReports
from plugin.records.subscriptions import Alerts, Subscriptions
from plugin.records.surveys import ResultsOfSurveys, Surveys, Unsubscribed
from plugin.records.tickets import Measures, Tickets
from plugin.records.tokens import Tokens
from plugin.records.trials import Trials
from plugin.records.turns import Turns


class Work(Protocol):
    """One transaction over everything; rolled back unless ``commit`` is said."""

    @property
    def inbox(self) -> Inbox:
        """Deliveries."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Tickets and events."""
        ...

    @property
    def measures(self) -> Measures:
        """How tickets are measured."""
        ...

    @property
    def decisions(self) -> Decisions:
        """Decisions and the use of replies."""
        ...

    @property
    def playbooks(self) -> Playbooks:
        """Published playbooks."""
        ...

    @property
    def drafts(self) -> Drafts:
        """Playbooks that are not published yet."""
        ...

    @property
    def house(self) -> House:
        """Settings that people change while Deskroute runs."""
        ...

    @property
    def customers(self) -> CustomerRecords:
        """Uploaded customers."""
        ...

    @property
    def people(self) -> People:
        """Who may sign in."""
        ...

    @property
    def surveys(self) -> Surveys:
        """Questions to customers."""
        ...

    @property
    def survey_results(self) -> ResultsOfSurveys:
        """What came of them."""
        ...

    @property
    def unsubscribed(self) -> Unsubscribed:
        """Who does not want to be asked."""
        ...

    @property
    def connections(self) -> Connections:
        """Desks and customer sources."""
        ...

    @property
    def segments(self) -> SegmentRecords:
        """Reports on segments, notes and reviews."""
        ...

    @property
    def back_tests(self) -> BackTests:
        """Drafts tried on past tickets."""
        ...

    @property
    def issues(self) -> Issues:
        """Topics of tickets."""
        ...

    @property
    def rule_reports(self) -> RuleReports:
        """What was worked out about the rules."""
        ...

    @property
    def worth_reports(self) -> WorthReports:
        """What customers are worth by segment."""
        ...

    @property
    def past(self) -> PastTickets:
        """Past tickets with their facts."""
        ...

    @property
    def source_states(self) -> SourceStates:
        """The circuit breakers of customer sources."""
        ...

    @property
    def privacy(self) -> Privacy:
        """What is held about customers, and its removal."""
        ...

    @property
    def turns(self) -> Turns:
        """What happens to tickets later."""
        ...

    @property
    def trials(self) -> Trials:
        """Rules on trial."""
        ...

    @property
    def measured_days(self) -> MeasuredDays:
        """Tickets in columns."""
        ...

    @property
    def result_lines(self) -> ResultLines:
        """The tickets behind a number."""
        ...

    @property
    def mails(self) -> Mails:
        """Mails to be sent."""
        ...

    @property
    def ticket_rows(self) -> TicketRows:
        """Tickets one after the other, for tables that go out."""
        ...

    @property
    def receivers(self) -> Receivers:
        """Where other tools want to be told what happens."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Who wants which mails."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Goals that are clearly missed."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The tokens of programs."""
        ...

    @property
    def pushes(self) -> Pushes:
        """What receivers know of segments' members."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Messages to them."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit log."""
        ...

    def commit(self) -> None:
        """Keep what was done."""
        ...


class Store(Protocol):
    """The database. Both may raise Unavailable."""

    def work(self) -> AbstractContextManager[Work]:
        """A transaction that may write."""
        ...

    def look(self) -> AbstractContextManager[Work]:
        """A transaction that only reads."""
        ...
