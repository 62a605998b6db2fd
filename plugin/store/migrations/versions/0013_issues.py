"""Issues: the report on topics, and which tickets each one is in."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "issue_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("topics", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_reports")),
    )
    op.create_table(
        "topic_tickets",
        sa.Column("topic", sa.Integer(), nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_topic_tickets_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("topic", "ticket_id", name=op.f("pk_topic_tickets")),
    )
    op.create_index(op.f("ix_topic_tickets_ticket_id"), "topic_tickets", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("topic_tickets")
    op.drop_table("issue_reports")
