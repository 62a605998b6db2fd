"""One transaction over every repository: rolled back unless ``commit`` is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection

from plugin.records.work import Work
from plugin.store.alerts import SqlAlerts
from plugin.store.audit import SqlAudit
from plugin.store.back_tests import SqlBackTests
from plugin.store.connections import SqlConnections
from plugin.store.customers import SqlCustomers
from plugin.store.database import Database
from plugin.store.decisions import SqlDecisions
from plugin.store.drafts import SqlDrafts, SqlHouse
from plugin.store.forget import SqlPrivacy
from plugin.store.inbox import SqlInbox
from plugin.store.issues import SqlIssues
from plugin.store.mails import SqlMails
from plugin.store.measured_days import SqlMeasuredDays
from plugin.store.measures import SqlMeasures
from plugin.store.past import SqlPast
from plugin.store.people import SqlPeople
from plugin.store.playbooks import Published, SqlPlaybooks
from plugin.store.pushes import SqlPushes
from plugin.store.receivers import SqlReceivers
from plugin.store.result_lines import SqlResultLines
from plugin.store.rule_reports import SqlRuleReports
from plugin.store.segments import SqlSegments
from plugin.store.source_states import SqlSourceStates
from plugin.store.subscriptions import SqlSubscriptions
from plugin.store.survey_results import SqlSurveyResults
from plugin.store.surveys import SqlSurveys
from plugin.store.ticket_rows import SqlTicketRows
from plugin.store.tickets import SqlTickets
from plugin.store.tokens import SqlTokens
from plugin.store.trials import SqlTrials
from plugin.store.turns import SqlTurns
from plugin.store.unsubscribed import SqlUnsubscribed
from plugin.store.vault import Vault
from plugin.store.webhooks import SqlWebhooks
from plugin.store.worth_reports import SqlWorthReports
from routing.playbook import Playbook


class SqlWork:
    """Every repository over one connection. They are made when asked for: most work needs two."""

    def __init__(
        self, connection: Connection, vault: Vault, live: dict[Published, Playbook]
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._live = live
        self._audit: SqlAudit | None = None
        self.wants_commit = False

    @property
    def inbox(self) -> SqlInbox:
        """Deliveries."""
        return SqlInbox(self._connection)

    @property
    def tickets(self) -> SqlTickets:
        """Tickets and events."""
        return SqlTickets(self._connection)

    @property
    def measures(self) -> SqlMeasures:
        """How tickets are measured."""
        return SqlMeasures(self._connection)

    @cached_property
    def decisions(self) -> SqlDecisions:
        """Decisions and the use of replies."""
        return SqlDecisions(self._connection)

    @property
    def playbooks(self) -> SqlPlaybooks:
        """Published playbooks."""
        return SqlPlaybooks(self._connection, self._live)

    @property
    def drafts(self) -> SqlDrafts:
        """Playbooks that are not published yet."""
        return SqlDrafts(self._connection)

    @property
    def house(self) -> SqlHouse:
        """Settings that people change while Deskroute runs."""
        return SqlHouse(self._connection)

    @property
    def customers(self) -> SqlCustomers:
        """Uploaded customers."""
        return SqlCustomers(self._connection, self.privacy)

    @property
    def people(self) -> SqlPeople:
        """Who may sign in."""
        return SqlPeople(self._connection)

    @property
    def surveys(self) -> SqlSurveys:
        """Questions to customers."""
        return SqlSurveys(self._connection)

    @property
    def survey_results(self) -> SqlSurveyResults:
        """What came of them."""
        return SqlSurveyResults(self._connection)

    @property
    def unsubscribed(self) -> SqlUnsubscribed:
        """Who does not want to be asked."""
        return SqlUnsubscribed(self._connection, self._vault)

    @property
    def connections(self) -> SqlConnections:
        """Desks and customer sources."""
        return SqlConnections(self._connection, self._vault)

    @property
    def segments(self) -> SqlSegments:
        """Reports on segments, notes and reviews."""
        return SqlSegments(self._connection)

    @property
    def back_tests(self) -> SqlBackTests:
        """Drafts tried on past tickets."""
        return SqlBackTests(self._connection)

    @property
    def issues(self) -> SqlIssues:
        """Topics of tickets."""
        return SqlIssues(self._connection)

    @property
    def rule_reports(self) -> SqlRuleReports:
        """What was worked out about the rules."""
        return SqlRuleReports(self._connection)

    @property
    def worth_reports(self) -> SqlWorthReports:
        """What customers are worth by segment."""
        return SqlWorthReports(self._connection)

    @property
    def past(self) -> SqlPast:
        """Past tickets with their facts."""
        return SqlPast(self._connection)

    @property
    def source_states(self) -> SqlSourceStates:
        """The circuit breakers of customer sources."""
        return SqlSourceStates(self._connection)

    @property
    def privacy(self) -> SqlPrivacy:
        """What is held about a customer, and its removal."""
        return SqlPrivacy(self._connection, self._vault, self.audit)

    @property
    def turns(self) -> SqlTurns:
        """What happens to tickets later."""
        return SqlTurns(self._connection)

    @property
    def trials(self) -> SqlTrials:
        """Rules on trial."""
        return SqlTrials(self._connection)

    @property
    def measured_days(self) -> SqlMeasuredDays:
        """Tickets in columns."""
        return SqlMeasuredDays(self._connection)

    @property
    def result_lines(self) -> SqlResultLines:
        """The tickets behind a number."""
        return SqlResultLines(self._connection)

    @property
    def mails(self) -> SqlMails:
        """Mails to be sent."""
        return SqlMails(self._connection)

    @property
    def ticket_rows(self) -> SqlTicketRows:
        """Tickets one after the other, for tables that go out."""
        return SqlTicketRows(self._connection)

    @property
    def receivers(self) -> SqlReceivers:
        """Where other tools want to be told what happens."""
        return SqlReceivers(self._connection, self._vault)

    @property
    def subscriptions(self) -> SqlSubscriptions:
        """Who wants which mails."""
        return SqlSubscriptions(self._connection)

    @property
    def alerts(self) -> SqlAlerts:
        """Goals that are clearly missed."""
        return SqlAlerts(self._connection)

    @property
    def tokens(self) -> SqlTokens:
        """The tokens of programs."""
        return SqlTokens(self._connection)

    @property
    def pushes(self) -> SqlPushes:
        """What receivers know of segments' members."""
        return SqlPushes(self._connection)

    @property
    def webhooks(self) -> SqlWebhooks:
        """Messages to them."""
        return SqlWebhooks(self._connection, self._vault)

    @property
    def audit(self) -> SqlAudit:
        """The audit log; what is noted waits in it for the end of the transaction."""
        if self._audit is None:
            self._audit = SqlAudit(self._connection)
        return self._audit

    def commit(self) -> None:
        """Keep what was done, once the block ends without an error."""
        self.wants_commit = True


class SqlStore:
    """The database as the flows know it.

    What a ``light`` one commits may be undone by a power cut, as if we had been killed before.
    """

    def __init__(self, database: Database, vault: Vault, *, light: bool = False) -> None:
        self._database = database
        self._vault = vault
        self._light = light
        self._live: dict[Published, Playbook] = {}

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A transaction that may write."""
        with self._database.write(light=self._light) as connection:
            work = SqlWork(connection, self._vault, self._live)
            yield work
            if work.wants_commit:
                work.audit.flush()
            else:
                connection.rollback()

    @contextmanager
    def look(self) -> Iterator[Work]:
        """A transaction that only reads."""
        with self._database.read() as connection:
            yield SqlWork(connection, self._vault, self._live)
