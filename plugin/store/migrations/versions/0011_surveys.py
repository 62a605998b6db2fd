"""Surveys of three kinds, by three ways, later, and for those who want them; mails with looks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
ADDED = (
    ("name", sa.String(length=120), "CSAT"),
    ("kind", sa.String(length=10), "csat"),
    ("channel", sa.String(length=10), "reply"),
    ("why", sa.Text(), ""),
    ("second", sa.Text(), ""),
)


def upgrade() -> None:
    op.add_column("mails", sa.Column("html", sa.Text(), nullable=True))
    op.add_column("mails", sa.Column("headers", DOCUMENT, server_default="{}", nullable=False))
    for name, kind, before in ADDED:
        op.add_column("surveys", sa.Column(name, kind, server_default=before, nullable=False))
    op.add_column("surveys", sa.Column("due_at", MOMENT, nullable=True))
    waits = sa.text("sent_at IS NULL AND why = ''")
    op.create_index(
        "ix_surveys_waiting", "surveys", ["due_at"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_index("ix_surveys_answered", "surveys", ["answered_at"])
    op.create_table(
        "unsubscribed",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_unsubscribed")),
    )


def downgrade() -> None:
    op.drop_table("unsubscribed")
    op.drop_index("ix_surveys_answered", "surveys")
    op.drop_index("ix_surveys_waiting", "surveys")
    # Before, there was one kind of survey, and none was kept that was not asked.
    op.execute("DELETE FROM surveys WHERE kind <> 'csat' OR why <> ''")
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.drop_column("due_at")
        for name, _, _ in reversed(ADDED):
            batch_op.drop_column(name)
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_column("headers")
        batch_op.drop_column("html")
