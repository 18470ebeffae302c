"""Answers of judging models, and ratings on scales."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _of_experiment(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["experiment_id"], ["experiments.id"], name=f"fk_{table}_experiments", ondelete="CASCADE"
    )


def upgrade() -> None:
    once = ("model", "version", "instructions", "question", "left_key", "right_key", "sample")
    op.create_table(
        "judgements",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("experiment_id", sa.String(36), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("version", sa.String(120), nullable=False),
        sa.Column("instructions", sa.Integer, nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        sa.Column("left_key", sa.String(64), nullable=False),
        sa.Column("right_key", sa.String(64), nullable=False),
        sa.Column("sample", sa.Integer, nullable=False),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_judgements"),
        sa.UniqueConstraint("experiment_id", *once, name="uq_judgements_once"),
        sa.CheckConstraint(
            "choice IN ('left', 'right', 'tie', 'yes', 'no', 'skip')",
            name=op.f("ck_judgements_choice_known"),
        ),
        _of_experiment("judgements"),
    )
    op.create_table(
        "scores",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("experiment_id", sa.String(36), nullable=False),
        sa.Column("rater", sa.String(80), nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        sa.Column("cell_key", sa.String(64), nullable=False),
        sa.Column("score", sa.Integer, nullable=True),
        sa.Column("seconds", sa.Float),
        sa.Column("subject", sa.String(64), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scores"),
        sa.UniqueConstraint(
            "experiment_id", "rater", "question", "cell_key", name="uq_scores_once"
        ),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_scores_range")),
        _of_experiment("scores"),
    )
    op.add_column("raters", sa.Column("scale", sa.Integer, nullable=True))


def downgrade() -> None:
    op.drop_column("raters", "scale")
    op.drop_table("scores")
    op.drop_table("judgements")
