"""An index that holds what a campaign's sums need, so that they read nothing else"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW, OLD = "ix_cost_entries_campaign_kind_amount_usd", "ix_cost_entries_campaign"


def upgrade() -> None:
    op.create_index(op.f(NEW), "cost_entries", ["campaign", "kind", "amount_usd"])
    op.drop_index(op.f(OLD), table_name="cost_entries")


def downgrade() -> None:
    op.create_index(op.f(OLD), "cost_entries", ["campaign"])
    op.drop_index(op.f(NEW), table_name="cost_entries")
