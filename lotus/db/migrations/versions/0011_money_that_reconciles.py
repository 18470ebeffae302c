"""The account of a prediction, when its end was heard and its cost compared, and lost dollars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('estimated', 'reserved', 'settled', 'refunded', 'saved')"
AFTER = "kind IN ('estimated', 'reserved', 'settled', 'refunded', 'saved', 'lost')"


def upgrade() -> None:
    op.add_column("predictions", sa.Column("account", sa.String(length=128), nullable=True))
    op.add_column("predictions", sa.Column("heard_at", Utc(), nullable=True))
    op.add_column("predictions", sa.Column("reconciled_at", Utc(), nullable=True))
    _allow(AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM cost_entries WHERE kind = 'lost'")
    op.execute("DELETE FROM cost_days WHERE kind = 'lost'")
    _allow(BEFORE)
    for name in ("reconciled_at", "heard_at", "account"):
        op.drop_column("predictions", name)


def _allow(kinds: str) -> None:
    """Which kinds of entries the ledger takes."""
    name = op.f("ck_cost_entries_kind_known")
    with op.batch_alter_table("cost_entries") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, kinds)
