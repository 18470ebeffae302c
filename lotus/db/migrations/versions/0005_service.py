"""Jobs that wait for any service, tokens, and assets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generation_jobs", sa.Column("lease_until", Utc(), nullable=True))
    op.add_column("generation_jobs", sa.Column("queued_at", Utc(), nullable=True))
    op.add_column(
        "generation_jobs", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("generation_jobs", sa.Column("parent", sa.String(length=36), nullable=True))
    op.add_column("generation_jobs", sa.Column("asked_as", sa.String(length=64), nullable=True))
    op.add_column("generation_jobs", sa.Column("asked_for", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("uq_generation_jobs_asked_as"), "generation_jobs", ["asked_as"], unique=True
    )
    op.create_index(
        op.f("ix_generation_jobs_queued_at"), "generation_jobs", ["queued_at"], unique=False
    )
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
    op.create_index(op.f("ix_assets_created_at"), "assets", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("assets")
    op.drop_table("tokens")
    op.drop_index(op.f("ix_generation_jobs_queued_at"), table_name="generation_jobs")
    op.drop_index(op.f("uq_generation_jobs_asked_as"), table_name="generation_jobs")
    for column in ("asked_for", "asked_as", "parent", "attempts", "queued_at", "lease_until"):
        op.drop_column("generation_jobs", column)
