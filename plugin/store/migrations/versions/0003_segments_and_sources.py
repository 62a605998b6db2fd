"""Segments and sources."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

CUSTOMERS = sa.table(
    "customers", sa.column("id", ID), sa.column("source", sa.Text), sa.column("facts", DOCUMENT)
)


def _rewrite_facts(rewrite: Callable[[Any, str], Any]) -> None:
    """Keep every customer's facts in the other form; the row already says whose they are."""
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(
        sa.select(CUSTOMERS).where(CUSTOMERS.c.id > last).order_by(CUSTOMERS.c.id).limit(1_000)
    ).all():
        for row in rows:
            facts = {name: rewrite(fact, row.source) for name, fact in row.facts.items()}
            where = CUSTOMERS.c.id == row.id
            connection.execute(sa.update(CUSTOMERS).where(where).values(facts=facts))
        last = rows[-1].id


def _value_alone(fact: Any, source: str) -> Any:
    if fact["as_of"] is None:
        return fact["value"]
    return {"is": fact["value"], "as_of": fact["as_of"]}


def _with_source(fact: Any, source: str) -> Any:
    told = fact if isinstance(fact, dict) and "is" in fact else {"is": fact, "as_of": None}
    return {"value": told["is"], "source": source, "as_of": told["as_of"]}


def upgrade() -> None:
    op.create_table(
        "back_tests",
        sa.Column("id", ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("report", DOCUMENT, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_tests")),
    )
    op.create_table(
        "forgotten",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "segment_notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("segment", sa.String(length=120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_notes")),
    )
    op.create_index("ix_segment_notes_segment", "segment_notes", ["segment"])
    op.create_table(
        "segment_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("playbook", sa.Integer(), nullable=False),
        sa.Column("report", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_reports")),
    )
    op.create_index("ix_segment_reports_made_at", "segment_reports", ["made_at"])
    op.create_table(
        "segment_reviews",
        sa.Column("segment", sa.String(length=120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("segment", name=op.f("pk_segment_reviews")),
    )
    op.create_table(
        "source_states",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("down_since", MOMENT, nullable=True),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source_states")),
    )
    _rewrite_facts(_value_alone)
    op.add_column("customers", sa.Column("checked_at", MOMENT, nullable=True))
    op.add_column(
        "decisions", sa.Column("revision", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("decisions", sa.Column("replaced", DOCUMENT, server_default="[]", nullable=False))
    op.create_index(
        "ix_decisions_degraded",
        "decisions",
        ["id"],
        sqlite_where=sa.text("degraded != '[]'"),
        postgresql_where=sa.text("degraded != '[]'"),
    )
    op.drop_index("ix_tickets_requester_email", "tickets")
    op.create_index("ix_tickets_requester", "tickets", ["requester_email", "opened_at"])
    op.create_index("ix_tickets_alike", "tickets", ["segment", "language", "solved_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_alike", "tickets")
    op.drop_index("ix_tickets_requester", "tickets")
    op.create_index("ix_tickets_requester_email", "tickets", ["requester_email"])
    _rewrite_facts(_with_source)
    op.drop_index("ix_decisions_degraded", "decisions")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_column("replaced")
        batch_op.drop_column("revision")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("checked_at")
    op.drop_table("source_states")
    op.drop_table("segment_reviews")
    op.drop_index("ix_segment_reports_made_at", "segment_reports")
    op.drop_table("segment_reports")
    op.drop_index("ix_segment_notes_segment", "segment_notes")
    op.drop_table("segment_notes")
    op.drop_table("forgotten")
    op.drop_table("back_tests")
