"""A ticket is decided once for each thing that happens to it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("turn", sa.String(length=200), server_default="opened", nullable=False)
        )
        batch_op.drop_constraint(batch_op.f("uq_decisions_ticket_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_decisions_ticket_id_turn"), ["ticket_id", "turn"]
        )
    op.add_column("fired", sa.Column("effect", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("tickets", sa.Column("waiting_since", MOMENT, nullable=True))
    op.add_column("tickets", sa.Column("hand_back_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE tickets SET waiting_since = opened_at"
        " WHERE first_reply_at IS NULL AND solved_at IS NULL"
    )
    op.create_table(
        "mails",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_mails_key")),
    )
    op.create_index("ix_mails_due", "mails", ["ended_at", "due_at"])
    op.create_index("ix_tickets_waiting", "tickets", ["waiting_since"])
    op.create_index("ix_tickets_hand_back", "tickets", ["hand_back_at"])


def downgrade() -> None:
    op.drop_table("mails")
    op.drop_index("ix_tickets_hand_back", "tickets")
    op.drop_index("ix_tickets_waiting", "tickets")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_column("hand_back_at")
        batch_op.drop_column("waiting_since")
    op.execute("DELETE FROM fired WHERE NOT effect")
    with op.batch_alter_table("fired", schema=None) as batch_op:
        batch_op.drop_column("effect")
    # Before, there was room for one decision of a ticket: the one on its opening.
    # What refers to the others goes first: while SQLite is migrated, nothing cascades.
    for table in ("fired", "reply_uses"):
        op.execute(
            f"DELETE FROM {table} WHERE decision_id IN"
            " (SELECT id FROM decisions WHERE turn <> 'opened')"
        )
    op.execute("DELETE FROM decisions WHERE turn <> 'opened'")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_decisions_ticket_id_turn"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_decisions_ticket_id"), ["ticket_id"])
        batch_op.drop_column("turn")
