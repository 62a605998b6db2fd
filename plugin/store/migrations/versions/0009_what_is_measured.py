"""Of each ticket what its KPIs are made of, and whether the roll-ups have it as it stands."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ADDED = (
    ("schedule", sa.String(length=120)),
    ("first_reply_worked", sa.Integer()),
    ("first_solved_worked", sa.Integer()),
    ("solved_worked", sa.Integer()),
    ("first_reply_target", sa.Integer()),
    ("resolution_target", sa.Integer()),
    ("nps", sa.Integer()),
    ("ces", sa.Integer()),
    ("gone", sa.String(length=10)),
)


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    op.add_column(
        "tickets", sa.Column("counted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    waits = sa.text("NOT counted")
    op.create_index(
        "ix_tickets_uncounted", "tickets", ["id"], sqlite_where=waits, postgresql_where=waits
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_uncounted", "tickets")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_column("counted")
        for name, _ in reversed(ADDED):
            batch_op.drop_column(name)
