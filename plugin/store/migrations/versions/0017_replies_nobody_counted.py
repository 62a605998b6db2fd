"""How many replies a past ticket had may be unknown; columns say so: all days are made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# One without tickets was not made yet, and its columns are not read.
AGAIN = "UPDATE measured_days SET stale = true, claim = claim + 1, tickets = 0, columns = ''"


def upgrade() -> None:
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("public_replies", existing_type=sa.Integer(), nullable=True)
    op.execute(AGAIN)


def downgrade() -> None:
    op.execute("UPDATE tickets SET public_replies = 0 WHERE public_replies IS NULL")
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("public_replies", existing_type=sa.Integer(), nullable=False)
    op.execute(AGAIN)
