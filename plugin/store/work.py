"""One transaction over every repository: rolled back unless ``commit`` is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection

from plugin.records import Work
from plugin.store.back_tests import SqlBackTests
from plugin.store.connections import SqlConnections
from plugin.store.customers import SqlCustomers
from plugin.store.database import Database
from plugin.store.decisions import SqlDecisions
from plugin.store.forget import SqlPrivacy
from plugin.store.inbox import SqlInbox
from plugin.store.past import SqlPast
from plugin.store.people import SqlAudit, SqlPeople
from plugin.store.playbooks import SqlPlaybooks
from plugin.store.segments import SqlSegments
from plugin.store.source_states import SqlSourceStates
from plugin.store.surveys import SqlSurveys
from plugin.store.tickets import SqlTickets
from plugin.store.vault import Vault


class SqlWork:
    """Every repository over one connection. They are made when asked for: most work needs two."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self.wants_commit = False

    @property
    def inbox(self) -> SqlInbox:
        """Deliveries."""
        return SqlInbox(self._connection)

    @property
    def tickets(self) -> SqlTickets:
        """Tickets and events."""
        return SqlTickets(self._connection)

    @cached_property
    def decisions(self) -> SqlDecisions:
        """Decisions and the use of replies."""
        return SqlDecisions(self._connection)

    @property
    def playbooks(self) -> SqlPlaybooks:
        """Published playbooks."""
        return SqlPlaybooks(self._connection)

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
        return SqlPrivacy(self._connection, self._vault)

    @property
    def audit(self) -> SqlAudit:
        """The audit log."""
        return SqlAudit(self._connection)

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

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A transaction that may write."""
        with self._database.write(light=self._light) as connection:
            work = SqlWork(connection, self._vault)
            yield work
            if not work.wants_commit:
                connection.rollback()

    @contextmanager
    def look(self) -> Iterator[Work]:
        """A transaction that only reads."""
        with self._database.read() as connection:
            yield SqlWork(connection, self._vault)
