"""Decisions and their facts are kept in PostgreSQL as they were written."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keep_as("json")


def downgrade() -> None:
    _keep_as("jsonb")


def _keep_as(kind: str) -> None:
    # In SQLite both are the same text. One statement, so that the table is rewritten once.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"ALTER TABLE decisions ALTER facts TYPE {kind} USING facts::{kind},"
            f" ALTER decision TYPE {kind} USING decision::{kind}"
        )
