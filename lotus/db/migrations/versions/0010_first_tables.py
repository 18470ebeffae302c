"""The tables of the first release.

It keeps the id of the last of ten revisions that were never released, so a database that has them
is at this one. A later revision stands on top of it, and this file stays as it is:

    0011_what_it_adds.py    revision = "0011", down_revision = "0010"; upgrade() and downgrade()
    lotus/db/tables/        the same change in the models, and REVISION = "0011"

`tests/unit/test_db.py` holds models and revisions together, on both engines. An existing table is
changed in place (`op.add_column`, or `op.batch_alter_table` where SQLite needs it): a table that is
dropped and made again loses the rights that roles have on it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Money, Utc

revision = "0010"
down_revision = None
branch_labels = None
depends_on = None

# those that others refer to come last
TABLES = (
    "scenes",
    "runs",
    "reviews",
    "events",
    "compositions",
    "tokens",
    "segments",
    "rates",
    "predictions",
    "generation_jobs",
    "cost_entries",
    "cost_days",
    "clips",
    "campaigns",
    "budgets",
    "assets",
)


def upgrade() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('image', 'audio', 'video')", name=op.f("ck_assets_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    op.create_index(op.f("ix_assets_created_at"), "assets", ["created_at"])
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
        "campaigns",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("notebook", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stopping", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_campaigns_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_created_at"), "campaigns", ["created_at"])
    op.create_table(
        "clips",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", Money(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=False),
        sa.Column("expired_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clips")),
    )
    op.create_index(op.f("ix_clips_used_at"), "clips", ["used_at"])
    op.create_table(
        "cost_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("campaign", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("brand", sa.String(length=80), nullable=False),
        sa.Column("amount_usd", Money(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "campaign", "provider", "model", "kind", "brand", name=op.f("pk_cost_days")
        ),
    )
    op.create_table(
        "cost_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("campaign", sa.String(length=36), nullable=True),
        sa.Column("scene", sa.Integer(), nullable=True),
        sa.Column("clip_key", sa.String(length=64), nullable=True),
        sa.Column("prediction", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("amount_usd", Money(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('estimated', 'reserved', 'settled', 'refunded', 'saved')",
            name=op.f("ck_cost_entries_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_entries")),
    )
    op.create_index(
        op.f("ix_cost_entries_campaign_kind_amount_usd"),
        "cost_entries",
        ["campaign", "kind", "amount_usd"],
    )
    op.create_index(op.f("ix_cost_entries_created_at"), "cost_entries", ["created_at"])
    op.create_index(op.f("ix_cost_entries_job_id"), "cost_entries", ["job_id"])
    op.create_index(
        op.f("ix_cost_entries_model_created_at"), "cost_entries", ["model", "created_at"]
    )
    op.create_table(
        "generation_jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=True),
        sa.Column("planner", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=36), nullable=True),
        sa.Column("run", sa.String(length=36), nullable=True),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("storyboard", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("queued_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parent", sa.String(length=36), nullable=True),
        sa.Column("asked_as", sa.String(length=64), nullable=True),
        sa.Column("asked_for", sa.String(length=64), nullable=True),
        sa.Column("spent_usd", Money(), server_default="0", nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'planning', 'generating', 'composing', 'completed', 'failed', "
            "'cancelled')",
            name=op.f("ck_generation_jobs_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation_jobs")),
    )
    op.create_index(op.f("ix_generation_jobs_campaign"), "generation_jobs", ["campaign"])
    op.create_index(op.f("ix_generation_jobs_created_at"), "generation_jobs", ["created_at"])
    op.create_index(op.f("ix_generation_jobs_queued_at"), "generation_jobs", ["queued_at"])
    op.create_index(op.f("ix_generation_jobs_run"), "generation_jobs", ["run"])
    op.create_index(op.f("ix_generation_jobs_spent_usd_id"), "generation_jobs", ["spent_usd", "id"])
    op.create_index(
        op.f("ix_generation_jobs_status_created_at_id_spent_usd"),
        "generation_jobs",
        ["status", "created_at", "id", "spent_usd"],
    )
    op.create_index("uq_generation_jobs_asked_as", "generation_jobs", ["asked_as"], unique=True)
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
            "status IN ('intended', 'starting', 'processing', 'succeeded', 'failed', 'canceled', "
            "'aborted', 'refused', 'lost')",
            name=op.f("ck_predictions_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint("prediction_id", name=op.f("uq_predictions_prediction_id")),
    )
    op.create_index(op.f("ix_predictions_campaign"), "predictions", ["campaign"])
    op.create_index(op.f("ix_predictions_created_at"), "predictions", ["created_at"])
    op.create_index(op.f("ix_predictions_job_id"), "predictions", ["job_id"])
    op.create_index(
        "uq_predictions_open_key",
        "predictions",
        ["key"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "rates",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rates")),
    )
    op.create_table(
        "segments",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_segments")),
    )
    op.create_index(op.f("ix_segments_used_at"), "segments", ["used_at"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.CheckConstraint("scope IN ('read', 'write')", name=op.f("ck_tokens_scope_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "compositions",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("object_key", sa.String(length=255), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("fps", sa.String(length=16), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("segments_total", sa.Integer(), nullable=False),
        sa.Column("segments_rendered", sa.Integer(), nullable=False),
        sa.Column("elapsed_seconds", sa.Float(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["generation_jobs.id"],
            name=op.f("fk_compositions_job_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_compositions")),
    )
    op.create_index(op.f("ix_compositions_key"), "compositions", ["key"])
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name=op.f("fk_events_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_job_id_id"), "events", ["job_id", "id"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.String(length=80), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('approved', 'rejected')", name=op.f("ck_reviews_verdict_known")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name=op.f("fk_reviews_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_job_id_created_at"), "reviews", ["job_id", "created_at"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("notebook", sa.String(length=255), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("draft", sa.String(length=255), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("cpu_seconds", sa.Float(), nullable=True),
        sa.Column("peak_bytes", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_runs_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name="fk_runs_campaign_id_campaigns",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_runs_campaign_id_name")),
    )
    op.create_index(op.f("ix_runs_campaign_id_position"), "runs", ["campaign_id", "position"])
    op.create_index(
        op.f("ix_runs_campaign_id_status_position"), "runs", ["campaign_id", "status", "position"]
    )
    op.create_table(
        "scenes",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("clip_key", sa.String(length=64), nullable=False),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name=op.f("fk_scenes_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_scenes")),
    )
    op.create_index(op.f("ix_scenes_clip_key"), "scenes", ["clip_key"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
