"""Reading a campaign's rows in their order, however many there are"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_runs_campaign_id_position"), "runs", ["campaign_id", "position"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_campaign_id_position"), table_name="runs")
