"""The tables, typed and without behaviour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from routing.rules.turns import OPENED
from routing.surveys.survey import ONLY, Channel, Kind

REVISION = "0017"
"""The newest migration. A web process compares it without loading Alembic, which costs 11 MB."""


class Utc(TypeDecorator[datetime]):
    """A moment as aware UTC, also on SQLite, which has no time zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, and store all others as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give aware UTC back."""
        _ = dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Plain(TypeDecorator[str]):
    """Text of any length, whoever wrote it, in the form that every database takes."""

    impl: type[TypeEngine[Any]] = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Leave out what cannot be stored."""
        _ = dialect
        return None if value is None else clean(value)


class Short(Plain):
    """Text of a bounded length, in characters."""

    impl = String
    cache_ok = True


class Id(TypeDecorator[int]):
    """A number that we gave a row. Whoever asks for one that no row can have finds none."""

    impl: type[TypeEngine[Any]] = BigInteger
    cache_ok = True
    largest = 2**63 - 1

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """SQLite counts up only what is called INTEGER there."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Both databases refuse a larger number with an error of their own."""
        _ = dialect
        return None if value is None else max(-self.largest, min(value, self.largest))


class Version(Id):
    """A playbook's version."""

    impl = Integer
    cache_ok = True
    largest = 2**31 - 1

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """The same everywhere."""
        return dialect.type_descriptor(Integer())


def clean(text: str) -> str:
    """A text that every database takes: without NUL and half surrogates."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


Document = JSON().with_variant(JSONB, "postgresql")

# As it was written: to take a long one apart into JSONB costs PostgreSQL more than to keep it, and
# nothing is looked for in them.
LongDocument = JSON()

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # ruff: ignore[mutable-class-default] — SQLAlchemy's own attribute
        datetime: Utc,
        str: Plain,
        bytes: LargeBinary,
        dict[str, Any]: Document,
        list[Any]: Document,
    }


class ConnectionRow(Base):
    """One account of one desk. ``settings`` are open, ``secrets`` encrypted."""

    __tablename__ = "connections"
    name: Mapped[str] = mapped_column(Short(60), primary_key=True)
    kind: Mapped[str]
    scheme: Mapped[str]
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[bytes]
    sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class SourceRow(Base):
    """One customer source. ``place`` orders them: of two that know a field, the lower wins."""

    __tablename__ = "sources"
    name: Mapped[str] = mapped_column(Short(60), primary_key=True)
    kind: Mapped[str]
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[bytes]
    place: Mapped[int]
    created_at: Mapped[datetime]


class SourceStateRow(Base):
    """How a customer source has answered of late; shared by all workers.

    While ``next_try_at`` lies ahead nobody asks it. ``down_since`` is None while it answers.
    """

    __tablename__ = "source_states"
    name: Mapped[str] = mapped_column(Short(60), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    down_since: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")


class InboxRow(Base):
    """One delivery, from the moment it was accepted until it is done or parked."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("connection", "delivery_id"),
        # The claim reads the few rows that wait, however many are done. A claim moves due_at to
        # the end of its lease, so a row whose worker died comes up again by itself.
        Index("ix_inbox_due", "state", "due_at", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    connection: Mapped[str] = mapped_column(Short(60))
    delivery_id: Mapped[str] = mapped_column(Short(200))
    kind: Mapped[str]
    ticket: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]
    body_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    # Every claim counts as an attempt; those that ended neither in a wait nor in a failure ended
    # with their worker.
    attempts: Mapped[int] = mapped_column(default=0)
    waits: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")
    tries: Mapped[list[Any]] = mapped_column(default=list)
    repeats: Mapped[int] = mapped_column(default=0)


UNCOUNTED = text("NOT counted")
"""Tickets of which the roll-ups do not know yet; written the same way wherever it is asked."""


WAITING = text("sent_at IS NULL AND why = ''")
"""Surveys that are neither sent nor called off; written the same way wherever it is asked."""


class TicketRow(Base):
    """A ticket: the desk's state as last read, the decision's snapshot, and the outcome."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("connection", "desk_id"),
        Index("ix_tickets_opened_segment", "opened_at", "segment"),
        Index("ix_tickets_holder", "agent_name", "solved_at"),
        Index("ix_tickets_requester", "requester_email", "opened_at"),
        Index("ix_tickets_alike", "segment", "language", "solved_at"),
        Index("ix_tickets_waiting", "waiting_since"),
        Index("ix_tickets_hand_back", "hand_back_at"),
        Index("ix_tickets_uncounted", "id", sqlite_where=UNCOUNTED, postgresql_where=UNCOUNTED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    connection: Mapped[str] = mapped_column(Short(60))
    desk_id: Mapped[str] = mapped_column(Short(100))
    subject: Mapped[str]
    text: Mapped[str]
    requester_email: Mapped[str | None]
    requester_name: Mapped[str | None]
    channel: Mapped[str | None]
    language: Mapped[str | None]
    status: Mapped[str]
    priority: Mapped[str | None]
    queue: Mapped[str | None]
    agent: Mapped[str | None]
    tags: Mapped[list[Any]]
    read_at: Mapped[datetime]
    mark: Mapped[str] = mapped_column(default="")
    imported: Mapped[bool] = mapped_column(default=False)
    # The snapshot: as it was when the ticket was decided, never looked up again.
    segment: Mapped[str | None]
    queue_name: Mapped[str | None]
    rule: Mapped[str | None]
    playbook: Mapped[int | None]
    # Who holds it now, by the playbook's name; counts as their load while it is open.
    agent_name: Mapped[str | None]
    # The outcome: a fold over the ticket's events.
    opened_at: Mapped[datetime]
    first_reply_at: Mapped[datetime | None]
    first_solved_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[str | None]
    # None where nobody counted them: a log of the past may leave replies out.
    public_replies: Mapped[int | None] = mapped_column(default=0)
    reopens: Mapped[int] = mapped_column(default=0)
    transfers: Mapped[int] = mapped_column(default=0)
    # Whether the customer was asked for the score of 1 to 5.
    surveyed: Mapped[bool] = mapped_column(default=False)
    score: Mapped[int | None]
    # Since when its customer waits for an answer; and when it is handed back without one.
    waiting_since: Mapped[datetime | None]
    hand_back_at: Mapped[datetime | None]
    # The same in working seconds, by the hours of this schedule; and what was promised, in seconds.
    schedule: Mapped[str | None] = mapped_column(Short(120))
    first_reply_worked: Mapped[int | None]
    first_solved_worked: Mapped[int | None]
    solved_worked: Mapped[int | None]
    first_reply_target: Mapped[int | None]
    resolution_target: Mapped[int | None]
    # The other ratings, beside the score of 1 to 5, and whether the customer was asked for them.
    nps: Mapped[int | None]
    ces: Mapped[int | None]
    nps_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    ces_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Merged into another or deleted: there is nothing more to measure.
    gone: Mapped[str | None] = mapped_column(Short(10))
    # Whether the roll-ups have it as it stands. Whoever changes what is measured says that they
    # have not.
    counted: Mapped[bool] = mapped_column(default=False, server_default=false())


class MeasuredDayRow(Base):
    """The tickets opened on one day (UTC; days since 1970) as ``routing.outcomes.columns`` packs.

    They are made from the tickets and can be made again. A day is ``stale`` from when one of its
    tickets has changed until its columns are made; whoever makes them holds the newest ``claim``,
    which becomes their ``version``.
    """

    __tablename__ = "measured_days"
    day: Mapped[int] = mapped_column(Version, primary_key=True, autoincrement=False)
    claim: Mapped[int]
    stale: Mapped[bool]
    version: Mapped[int]
    tickets: Mapped[int]
    made_at: Mapped[datetime]
    # Last, so that SQLite need not read them to get at the others.
    columns: Mapped[bytes]


class EventRow(Base):
    """One thing that happened to a ticket, once."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("ticket_id", "key"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Short(200))
    kind: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    agent: Mapped[str | None]
    more: Mapped[dict[str, Any]]


DEGRADED = text("degraded != '[]'")
"""Decisions made without some source. An index serves only where this is written the same way."""


class DecisionRow(Base):
    """One decision with the facts it used and its trace; one per turn of a ticket.

    ``turn`` is the key of what happened; a ticket's first one is that it was opened.
    A decision made while a customer source was silent is made again once it answers: ``revision``
    counts up from 1, and ``replaced`` keeps what stood there before.
    """

    __tablename__ = "decisions"
    # The few that wait for a silent source are found among however many there are.
    __table_args__ = (
        UniqueConstraint("ticket_id", "turn"),
        Index("ix_decisions_degraded", "id", sqlite_where=DEGRADED, postgresql_where=DEGRADED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    turn: Mapped[str] = mapped_column(Short(200), server_default=OPENED)
    playbook: Mapped[int]
    decided_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(LongDocument)
    decision: Mapped[dict[str, Any]] = mapped_column(LongDocument)
    degraded: Mapped[list[Any]]
    # While one worker writes it into the desk, no other does.
    held_until: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    written: Mapped[list[Any]]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    replaced: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


class FiredRow(Base):
    """One rule that fired for one decision, or would have: a shadow, or a canary for others."""

    __tablename__ = "fired"
    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[str] = mapped_column(Short(120), primary_key=True, index=True)
    effect: Mapped[bool] = mapped_column(default=True, server_default=true())


class PlaybookRow(Base):
    """One published version of the playbook: its text, for ever."""

    __tablename__ = "playbooks"
    version: Mapped[int] = mapped_column(Version, primary_key=True, autoincrement=False)
    text: Mapped[str]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class CustomerRow(Base):
    """What one source says of one customer, uploaded or remembered from its last answer.

    ``as_of`` is when it last said something else, ``checked_at`` when it last said so.
    """

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("source", "external_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Short(60))
    external_id: Mapped[str] = mapped_column(Short(200))
    email: Mapped[str | None] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]]
    as_of: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class ForgottenRow(Base):
    """A customer who was forgotten: only a keyed hash of the address, so that none comes back."""

    __tablename__ = "forgotten"
    email_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class SegmentReportRow(Base):
    """The sizes of all segments at one moment, with their overlaps, shares and health."""

    __tablename__ = "segment_reports"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    playbook: Mapped[int]
    report: Mapped[dict[str, Any]]


class WorthReportRow(Base):
    """What the customers of each segment are worth, as last counted over ``rows`` of customers."""

    __tablename__ = "worth_reports"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    made_at: Mapped[datetime]
    playbook: Mapped[int]
    rows: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(LongDocument)


class SegmentNoteRow(Base):
    """What somebody of any team wrote about a segment."""

    __tablename__ = "segment_notes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    segment: Mapped[str] = mapped_column(Short(120), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    text: Mapped[str]


class SegmentReviewRow(Base):
    """When a segment's definition was last looked at and found right, and by whom."""

    __tablename__ = "segment_reviews"
    segment: Mapped[str] = mapped_column(Short(120), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]


class BackTestRow(Base):
    """One back-test that somebody asked for: what was compared, and the report once it is done.

    ``called`` is what the draft is called, ``version`` the playbook it is compared with. ``why``
    says why there is no report where it has ended without one.
    """

    __tablename__ = "back_tests"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    by: Mapped[str]
    called: Mapped[str]
    draft: Mapped[str]
    version: Mapped[int]
    since: Mapped[datetime | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(Document)
    why: Mapped[str] = mapped_column(default="")


class RuleReportRow(Base):
    """What was last worked out about the rules: of each kind (quality, lessons) one row."""

    __tablename__ = "rule_reports"
    kind: Mapped[str] = mapped_column(Short(20), primary_key=True)
    made_at: Mapped[datetime]
    playbook: Mapped[int]
    report: Mapped[dict[str, Any]]


class IssueReportRow(Base):
    """What was last found of topics, in one row: when they were looked for, and how many are."""

    __tablename__ = "issue_reports"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    started_at: Mapped[datetime]
    topics: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any] | None] = mapped_column(LongDocument)


class TopicTicketRow(Base):
    """One ticket of one topic, by the topic's number in the report. A forgotten one is in none."""

    __tablename__ = "topic_tickets"
    topic: Mapped[int] = mapped_column(Version, primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class PersonRow(Base):
    """Somebody who signs in."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str]
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignInRow(Base):
    """One signed-in browser; only a hash of its token is kept."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class SurveyRow(Base):
    """One question to a customer about one solving, credited to who did it.

    ``name`` is the survey's in the playbook, ``kind`` its scale, ``channel`` its way to the
    customer; ``desk`` are ratings that the desk asked for itself. It is due at ``due_at``, and
    where it is not asked, ``why`` says it. ``second`` is the answer to the second question.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("ticket_id", "solving"),
        # The few that wait are found among however many there are.
        Index("ix_surveys_waiting", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_surveys_answered", "answered_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    solving: Mapped[str] = mapped_column(Short(200))
    solved_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(Short(120), server_default=ONLY)
    kind: Mapped[str] = mapped_column(Short(10), server_default=Kind.CSAT.value)
    channel: Mapped[str] = mapped_column(Short(10), server_default=Channel.REPLY.value)
    language: Mapped[str | None]
    # As they were at the solving, never looked up again.
    segment: Mapped[str | None]
    queue_name: Mapped[str | None]
    agent_name: Mapped[str | None]
    rule: Mapped[str | None]
    playbook: Mapped[int | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    # While one worker sends it, no other does.
    held_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="", server_default="")
    answered_at: Mapped[datetime | None]
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    second: Mapped[str] = mapped_column(default="", server_default="")


class UnsubscribedRow(Base):
    """A customer who does not want to be asked: only a keyed hash of the address."""

    __tablename__ = "unsubscribed"
    email_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class ReplyUseRow(Base):
    """One insertion of a suggested reply by an agent."""

    __tablename__ = "reply_uses"
    __table_args__ = (UniqueConstraint("decision_id", "reply"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id", ondelete="CASCADE"))
    reply: Mapped[str] = mapped_column(Short(120))
    position: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]


class MailRow(Base):
    """One mail, from the moment it was promised until a server has taken it or it is given up.

    ``html`` is the same with its looks, ``headers`` are more than every mail has, and ``parts`` are
    its pictures: base64 by content id.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_due", "ended_at", "due_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Short(200), unique=True)
    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    parts: Mapped[dict[str, Any]] = mapped_column(LongDocument, default=dict, server_default="{}")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")


class ReceiverRow(Base):
    """Where we tell other tools what happens. ``secrets`` are encrypted, newest first.

    ``failures`` have come one after the other, the first at ``failing_since``; until ``rest_until``
    nothing is sent. ``told`` is how it answered last. ``why`` says why it is not ``enabled``.
    ``segments`` are those whose members it is told of; none means all.
    """

    __tablename__ = "receivers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Short(60), unique=True)
    url: Mapped[str]
    secrets: Mapped[bytes]
    events: Mapped[list[Any]]
    segments: Mapped[list[Any]]
    enabled: Mapped[bool] = mapped_column(default=True)
    why: Mapped[str] = mapped_column(default="")
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(default="")
    by: Mapped[str]
    created_at: Mapped[datetime]


class WebhookRow(Base):
    """One message to one receiver, from the moment it was promised until it is taken or parked.

    ``event_id`` is the same at each try. ``body`` is what is signed, empty once it is taken.
    ``why`` says why it is parked, or what went wrong at the last try.
    """

    __tablename__ = "webhooks_out"
    __table_args__ = (
        UniqueConstraint("receiver_id", "event_id"),
        Index("ix_webhooks_out_due", "ended_at", "due_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("receivers.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(Short(80))
    type: Mapped[str] = mapped_column(Short(40))
    body: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")


class PushRow(Base):
    """Whom a receiver knows as a segment's members: their row ids and marks, packed."""

    __tablename__ = "segment_pushes"
    receiver_id: Mapped[int] = mapped_column(
        ForeignKey("receivers.id", ondelete="CASCADE"), primary_key=True
    )
    segment: Mapped[str] = mapped_column(Short(120), primary_key=True)
    members: Mapped[bytes]
    count: Mapped[int]
    number: Mapped[int]
    pushed_at: Mapped[datetime]


class ApiTokenRow(Base):
    """What a program proves itself by; only a hash of it is kept. ``used_at`` is coarse."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Short(60), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    by: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class SubscriptionRow(Base):
    """Who wants which mails of ours, and when. ``weekday`` is 0 for Monday, in time zone ``zone``.

    ``segments`` are those it is about; none means all.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("email", "kind"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Short(254))
    kind: Mapped[str] = mapped_column(Short(10))
    weekday: Mapped[int] = mapped_column(default=0)
    hour: Mapped[int] = mapped_column(default=8)
    zone: Mapped[str] = mapped_column(Short(60))
    segments: Mapped[list[Any]]
    created_at: Mapped[datetime]


RUNS = text("ended_at IS NULL")
"""Alerts that are not over; of each segment's goal there is one at most."""


class AlertRow(Base):
    """One time that a segment clearly missed a goal: from when to when, and how it stood then."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "ix_alerts_runs",
            "segment",
            "goal",
            unique=True,
            sqlite_where=RUNS,
            postgresql_where=RUNS,
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    segment: Mapped[str] = mapped_column(Short(120))
    goal: Mapped[str] = mapped_column(Short(200))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    n: Mapped[int]
    now: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]


class AuditRow(Base):
    """Who did what that somebody may have to answer for: publishing, replaying, looking.

    The lines are a chain; ``plugin.chain`` says what the other columns hold.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    did: Mapped[str]
    salt: Mapped[str] = mapped_column(Short(32))
    words: Mapped[str] = mapped_column(Short(64))
    previous: Mapped[str] = mapped_column(Short(64))
    hash: Mapped[str] = mapped_column(Short(64))
    masks: Mapped[dict[str, Any]]


class AuditHeadRow(Base):
    """The end of that chain, in one row, which is its lock as well."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    lines: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(Short(64))


class DraftRow(Base):
    """A playbook that is not published yet: whose it is, on what it is based, and how it stands.

    ``by`` is the author's address, ``called`` their name. ``renames`` are segments whose notes
    follow them to a new name once it is published. ``judge`` sent it back, and why.
    """

    __tablename__ = "drafts"
    # People call a draft by its number, which no other one may have later.
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    by: Mapped[str]
    called: Mapped[str]
    at: Mapped[datetime]
    based_on: Mapped[int] = mapped_column(Version)
    note: Mapped[str]
    text: Mapped[str]
    renames: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(Short(20))
    judge: Mapped[str]
    reason: Mapped[str]


class HouseRow(Base):
    """A setting that people change while Deskroute runs."""

    __tablename__ = "house"
    name: Mapped[str] = mapped_column(Short(60), primary_key=True)
    value: Mapped[str]
