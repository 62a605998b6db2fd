"""Days of tickets in columns are written shorter: all of them are made anew by the worker."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A day without tickets is one that was not made yet; its columns are not read.
AGAIN = "UPDATE measured_days SET stale = true, claim = claim + 1, tickets = 0, columns = ''"


def upgrade() -> None:
    op.execute(AGAIN)


def downgrade() -> None:
    op.execute(AGAIN)
