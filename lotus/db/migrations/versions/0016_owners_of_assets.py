"""Which tokens uploaded an asset, and what each calls it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset_owners",
        sa.Column("asset_id", sa.String(length=80), nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_owners_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", "token", name=op.f("pk_asset_owners")),
    )


def downgrade() -> None:
    op.drop_table("asset_owners")
