"""Experiments: designs, cells, measurements, raters and ratings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Utc

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _id(name: str, **options: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), nullable=options.get("nullable", False))


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, Utc(), nullable=nullable)


def _of_experiment(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_experiments"
    return sa.ForeignKeyConstraint(
        ["experiment_id"], ["experiments.id"], name=name, ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "experiments",
        _id("id"),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("design", sa.JSON, nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_experiments"),
        sa.UniqueConstraint("name", name="uq_experiments_name"),
    )
    op.create_table(
        "experiment_cells",
        _id("experiment_id"),
        _key("key"),
        sa.Column("factors", sa.JSON, nullable=False),
        _id("job_id", nullable=True),
        sa.Column("reason", sa.Text),
        sa.Column("retakes", sa.JSON),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("experiment_id", "key", name="pk_experiment_cells"),
        _of_experiment("experiment_cells"),
    )
    op.create_table(
        "measurements",
        _key("subject"),
        _key("metric"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.Float),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("subject", "metric", "version", name="pk_measurements"),
    )
    op.create_table(
        "raters",
        _id("id"),
        _id("experiment_id"),
        sa.Column("name", sa.String(80), nullable=False),
        _key("digest"),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("factors", sa.JSON, nullable=False),
        _moment("created_at"),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_raters"),
        sa.UniqueConstraint("experiment_id", "name", name="uq_raters_experiment_id_name"),
        sa.UniqueConstraint("digest", name="uq_raters_digest"),
        _of_experiment("raters"),
    )
    _create_ratings()


def _create_ratings() -> None:
    once = ("experiment_id", "rater", "question", "left_key", "right_key")
    op.create_table(
        "ratings",
        _id("id"),
        _id("experiment_id"),
        sa.Column("rater", sa.String(80), nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        _key("left_key"),
        _key("right_key"),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("subjects", sa.JSON, nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_ratings"),
        sa.UniqueConstraint(*once, name=f"uq_ratings_{'_'.join(once)}"),
        sa.CheckConstraint(
            "choice IN ('left', 'right', 'tie', 'skip')", name=op.f("ck_ratings_choice_known")
        ),
        _of_experiment("ratings"),
    )


def downgrade() -> None:
    for table in ("ratings", "raters", "measurements", "experiment_cells", "experiments"):
        op.drop_table(table)
