"""Drafts that wait for approval, and rates that all processes keep together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("approved", sa.Boolean(), nullable=True))
    op.add_column("runs", sa.Column("draft", sa.String(length=255), nullable=True))
    op.create_table(
        "rates",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rates")),
    )


def downgrade() -> None:
    op.drop_table("rates")
    op.drop_column("runs", "draft")
    op.drop_column("runs", "approved")
