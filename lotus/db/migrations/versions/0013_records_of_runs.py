"""Records of runs, labels of rows, and what says which rows need not run again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS: dict[str, Any] = {
    "labels": sa.JSON,
    "key": sa.String(64),
    "cell": sa.Integer,
    "cells": sa.Integer,
    "priority": sa.Integer,
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("runs", sa.Column(name, kind))
    op.create_index("ix_runs_key", "runs", ["key"])
    op.create_table(
        "run_records",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.Float),
        sa.Column("text", sa.Text),
        sa.Column("value", sa.JSON),
        sa.Column("object", sa.String(255)),
        sa.PrimaryKeyConstraint("run_id", "name", name="pk_run_records"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], "fk_run_records_run_id_runs", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "kind IN ('number', 'text', 'data', 'table', 'figure', 'file')",
            name=op.f("ck_run_records_kind_known"),
        ),
    )
    op.create_index("ix_run_records_campaign_id_name", "run_records", ["campaign_id", "name"])


def downgrade() -> None:
    op.drop_table("run_records")
    op.drop_index("ix_runs_key", "runs")
    with op.batch_alter_table("runs") as table:
        for name in COLUMNS:
            table.drop_column(name)
