"""Drafts of playbooks, settings of the house, and the audit log as a chain."""

import json
import secrets
from datetime import UTC
from hashlib import sha256

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHAINED = ("salt", "words", "previous", "hash", "masks")

AUDIT = sa.table(
    "audit",
    sa.column("id", ID),
    sa.column("at", MOMENT),
    sa.column("by", sa.Text),
    sa.column("did", sa.Text),
    *(sa.column(name, DOCUMENT if name == "masks" else sa.String) for name in CHAINED),
)
HEAD = sa.table(
    "audit_head", sa.column("id", ID), sa.column("lines", ID), sa.column("hash", sa.String)
)


def _chain() -> None:
    """Chain the lines that are there; what they say is as it was found."""
    connection = op.get_bind()
    last, count, previous = 0, 0, "0" * 64
    while rows := connection.execute(
        sa.select(AUDIT.c.id, AUDIT.c.at, AUDIT.c.by, AUDIT.c.did)
        .where(AUDIT.c.id > last)
        .order_by(AUDIT.c.id)
        .limit(1_000)
    ).all():
        for row in rows:
            at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
            salt = secrets.token_hex(16)
            words = sha256(f"{salt}\n{row.did}".encode()).hexdigest()
            told = [previous, at.isoformat(timespec="microseconds"), row.by, words, {}]
            made = sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()
            connection.execute(
                sa.update(AUDIT)
                .where(AUDIT.c.id == row.id)
                .values(salt=salt, words=words, previous=previous, hash=made, masks={})
            )
            previous, count = made, count + 1
        last = rows[-1].id
    connection.execute(sa.insert(HEAD).values(id=1, lines=count, hash=previous))


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("renames", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "house",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", ID, nullable=False),
        sa.Column("lines", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    for name in CHAINED[:-1]:
        length = 32 if name == "salt" else 64
        op.add_column("audit", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("audit", sa.Column("masks", DOCUMENT, nullable=True))
    _chain()
    with op.batch_alter_table("audit", schema=None) as batch_op:
        for name in CHAINED:
            length = 32 if name == "salt" else 64
            kind = DOCUMENT if name == "masks" else sa.String(length=length)
            batch_op.alter_column(name, existing_type=kind, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        for name in CHAINED:
            batch_op.drop_column(name)
    op.drop_table("audit_head")
    op.drop_table("house")
    op.drop_table("drafts")
