"""Tickets say for which scores their customers were asked; columns are written shorter."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# All days are made anew. One without tickets was not made yet, and its columns are not read.
AGAIN = "UPDATE measured_days SET stale = true, claim = claim + 1, tickets = 0, columns = ''"
ASKED = (
    "UPDATE tickets SET {kind}_asked = true WHERE id IN"
    " (SELECT ticket_id FROM surveys WHERE kind = '{kind}' AND sent_at IS NOT NULL)"
)


def upgrade() -> None:
    for kind in ("nps", "ces"):
        column: sa.Column[bool] = sa.Column(
            f"{kind}_asked", sa.Boolean(), server_default=sa.false(), nullable=False
        )
        op.add_column("tickets", column)
        op.execute(ASKED.format(kind=kind))
    op.execute(AGAIN)


def downgrade() -> None:
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("nps_asked")
        tickets.drop_column("ces_asked")
    op.execute(AGAIN)
