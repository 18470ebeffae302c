"""Predictions and budgets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Money, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("limit_usd", Money(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('job', 'campaign', 'day', 'month')", name=op.f("ck_budgets_scope_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
        sa.UniqueConstraint("scope", "subject", name=op.f("uq_budgets_scope_subject")),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("campaign", sa.String(length=36), nullable=True),
        sa.Column("scene", sa.Integer(), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("prediction_id", sa.String(length=64), nullable=True),
        sa.Column("posted_at", Utc(), nullable=True),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("metrics", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("reserved_usd", Money(), nullable=False),
        sa.Column("settled_usd", Money(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "status IN ('intended', 'starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted', "
            "'refused', 'lost')",
            name=op.f("ck_predictions_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint("prediction_id", name=op.f("uq_predictions_prediction_id")),
    )
    with op.batch_alter_table("predictions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_predictions_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_predictions_campaign"), ["campaign"], unique=False)
        batch_op.create_index(batch_op.f("ix_predictions_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            "uq_predictions_open_key",
            ["key"],
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
    op.add_column("generation_jobs", sa.Column("model", sa.String(length=128), nullable=True))
    op.add_column("generation_jobs", sa.Column("campaign", sa.String(length=36), nullable=True))
    op.create_index(
        op.f("ix_generation_jobs_campaign"), "generation_jobs", ["campaign"], unique=False
    )
    op.add_column("cost_entries", sa.Column("campaign", sa.String(length=36), nullable=True))
    op.add_column("cost_entries", sa.Column("prediction", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_cost_entries_campaign"), "cost_entries", ["campaign"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_cost_entries_campaign"), table_name="cost_entries")
    op.drop_column("cost_entries", "prediction")
    op.drop_column("cost_entries", "campaign")
    op.drop_index(op.f("ix_generation_jobs_campaign"), table_name="generation_jobs")
    op.drop_column("generation_jobs", "campaign")
    op.drop_column("generation_jobs", "model")
    op.drop_table("predictions")
    op.drop_table("budgets")
