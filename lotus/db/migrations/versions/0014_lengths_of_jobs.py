"""The length of a job's video, in the order of which jobs are read."""

from __future__ import annotations

from fractions import Fraction

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LENGTHS = sa.text(
    "UPDATE generation_jobs SET length_seconds = c.frames / :rate FROM compositions AS c "
    "WHERE c.job_id = generation_jobs.id AND c.fps = :fps"
)


def upgrade() -> None:
    length = sa.Column("length_seconds", sa.Float(), server_default="0", nullable=False)
    op.add_column("generation_jobs", length)
    connection = op.get_bind()
    for fps in connection.scalars(sa.text("SELECT DISTINCT fps FROM compositions")).all():
        connection.execute(LENGTHS, {"fps": fps, "rate": float(Fraction(fps))})
    name = op.f("ix_generation_jobs_length_seconds_id")
    op.create_index(name, "generation_jobs", ["length_seconds", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_generation_jobs_length_seconds_id"), table_name="generation_jobs")
    op.drop_column("generation_jobs", "length_seconds")
