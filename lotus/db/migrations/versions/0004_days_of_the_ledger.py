"""The ledger by days, and clips that have expired"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Money, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cost_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("campaign", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount_usd", Money(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "campaign", "provider", "model", "kind", name=op.f("pk_cost_days")
        ),
    )
    op.add_column("clips", sa.Column("expired_at", Utc(), nullable=True))
    _sum_the_days_so_far()


def _sum_the_days_so_far() -> None:
    """In SQL of its own, since later versions of lotus may sum otherwise."""
    postgres = op.get_bind().dialect.name == "postgresql"
    day = "to_char(timezone('UTC', created_at), 'YYYY-MM-DD')" if postgres else "date(created_at)"
    over = "to_char(timezone('UTC', now() - interval '1 hour'), 'YYYY-MM-DD')"
    today = over if postgres else "date('now', '-1 hour')"
    op.execute(
        "INSERT INTO cost_days (day, campaign, provider, model, kind, amount_usd, entries) "
        f"SELECT {day}, coalesce(campaign, ''), provider, model, kind, sum(amount_usd), count(*) "
        f"FROM cost_entries WHERE {day} < {today} GROUP BY 1, 2, 3, 4, 5"
    )


def downgrade() -> None:
    op.drop_column("clips", "expired_at")
    op.drop_table("cost_days")
