"""The run of an earlier campaign that a row was taken over from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("taken_from", sa.String(36)))


def downgrade() -> None:
    op.drop_column("runs", "taken_from")
