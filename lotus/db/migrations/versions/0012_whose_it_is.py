"""Whose token made a job, what integrators call it, the limits of a token, and who reviewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Money

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SCOPES = ("read", "write")
SCOPES_AFTER = ("read", "review", "write", "all")
VERDICTS = ("approved", "rejected")
VERDICTS_AFTER = ("approved", "rejected", "withdrawn")


def upgrade() -> None:
    _allow("tokens", "scope", SCOPES_AFTER)
    op.execute("UPDATE tokens SET scope = 'all' WHERE scope = 'write'")
    op.add_column("tokens", sa.Column("budget_usd", Money(), nullable=True))
    op.add_column("tokens", sa.Column("most_jobs", sa.Integer(), nullable=True))
    _allow("reviews", "verdict", VERDICTS_AFTER)
    op.add_column("reviews", sa.Column("reviewer_id", sa.String(length=64), nullable=True))
    op.add_column("generation_jobs", sa.Column("token", sa.String(length=36), nullable=True))
    op.add_column("generation_jobs", sa.Column("external_id", sa.String(length=128), nullable=True))
    op.add_column("generation_jobs", sa.Column("labels", sa.JSON(), nullable=True))
    for column in ("token", "external_id"):
        op.create_index(op.f(f"ix_generation_jobs_{column}"), "generation_jobs", [column])


def downgrade() -> None:
    for column in ("token", "external_id"):
        op.drop_index(op.f(f"ix_generation_jobs_{column}"), table_name="generation_jobs")
    for column in ("labels", "external_id", "token"):
        op.drop_column("generation_jobs", column)
    op.drop_column("reviews", "reviewer_id")
    op.execute("DELETE FROM reviews WHERE verdict = 'withdrawn'")
    _allow("reviews", "verdict", VERDICTS)
    for column in ("most_jobs", "budget_usd"):
        op.drop_column("tokens", column)
    op.execute("UPDATE tokens SET scope = 'write' WHERE scope = 'all'")
    op.execute("UPDATE tokens SET scope = 'read' WHERE scope = 'review'")
    _allow("tokens", "scope", SCOPES)


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Which values a column takes."""
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"{column} IN ({listed})")
