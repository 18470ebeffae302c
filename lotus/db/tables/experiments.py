"""Experiments: designs, their cells, what was measured, and what raters answered."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Utc, metadata, new_id, now, one_of

__all__ = [
    "CHOICES",
    "experiment_cells",
    "experiments",
    "judgements",
    "measurements",
    "raters",
    "ratings",
    "scores",
]

CHOICES = ("left", "right", "tie", "skip")
ANSWERS = ("left", "right", "tie", "yes", "no", "skip")  # of a judging model


def _of(table: str, parent: str) -> sa.Column[str]:
    name = f"fk_{table}_{parent}"
    key = sa.ForeignKey(f"{parent}.id", name=name, ondelete="CASCADE")
    return sa.Column(f"{parent.removesuffix('s')}_id", Id, key, nullable=False)


experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),  # also the campaign of its jobs
    sa.Column("name", sa.String(120), nullable=False, unique=True),
    sa.Column("design", sa.JSON, nullable=False),  # the newest
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("updated_at", Utc, nullable=False, default=now),
)

experiment_cells = sa.Table(
    "experiment_cells",
    metadata,
    _of("experiment_cells", "experiments"),
    sa.Column("key", Key, nullable=False),  # of what is made, and of nothing else
    sa.Column("factors", sa.JSON, nullable=False),  # the name of each factor and its level
    sa.Column("job_id", Id),  # the job that makes it; written down before the job begins
    sa.Column("reason", sa.Text),  # why it has no video
    sa.Column("retakes", sa.JSON),  # jobs of other seeds after a gate refused the first
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.PrimaryKeyConstraint("experiment_id", "key"),
)

measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column("subject", Key, nullable=False),  # the content key of a clip or a composition
    sa.Column("metric", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the metric
    sa.Column("value", sa.Float),  # null: the metric has nothing to say about it
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.PrimaryKeyConstraint("subject", "metric", "version"),
)

raters = sa.Table(
    "raters",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    _of("raters", "experiments"),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("digest", Key, nullable=False, unique=True),  # SHA-256 of the secret of the link
    sa.Column("questions", sa.JSON, nullable=False),  # that this rater is asked
    sa.Column("factors", sa.JSON, nullable=False),  # whose levels are compared
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("revoked_at", Utc),
    sa.Column("scale", sa.Integer),  # steps of the scale on which this rater rates; null: pairs
    sa.UniqueConstraint("experiment_id", "name"),
)

ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    _of("ratings", "experiments"),
    sa.Column("rater", sa.String(80), nullable=False),
    sa.Column("question", sa.String(200), nullable=False),
    sa.Column("left_key", Key, nullable=False),  # the cell that stood on the left
    sa.Column("right_key", Key, nullable=False),
    sa.Column("choice", sa.String(8), nullable=False),
    sa.Column("seconds", sa.Float),  # that the rater took
    sa.Column("subjects", sa.JSON, nullable=False),  # content keys of the videos on both sides
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("choice", CHOICES),
    # no pair twice: shown again it has its sides swapped
    sa.UniqueConstraint("experiment_id", "rater", "question", "left_key", "right_key"),
)

judgements = sa.Table(  # of models: none of them is a rating
    "judgements",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    _of("judgements", "experiments"),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("version", sa.String(120), nullable=False),  # of the model
    sa.Column("instructions", sa.Integer, nullable=False),  # the version of the words around
    sa.Column("question", sa.String(200), nullable=False),
    sa.Column("left_key", Key, nullable=False),  # the cell that was shown first
    sa.Column("right_key", Key, nullable=False),  # empty for a question about one clip
    sa.Column("sample", sa.Integer, nullable=False),
    sa.Column("choice", sa.String(8), nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),  # as the model was asked
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("subjects", sa.JSON, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("choice", ANSWERS),
    sa.UniqueConstraint(
        "experiment_id",
        *("model", "version", "instructions", "question", "left_key", "right_key", "sample"),
        name="uq_judgements_once",
    ),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    _of("scores", "experiments"),
    sa.Column("rater", sa.String(80), nullable=False),
    sa.Column("question", sa.String(200), nullable=False),  # the criterion
    sa.Column("cell_key", Key, nullable=False),
    sa.Column("score", sa.Integer),  # 1 (worst) to 5; null: the rater cannot say
    sa.Column("seconds", sa.Float),  # that the rater took
    sa.Column("subject", Key),  # content key of the video
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.CheckConstraint("score BETWEEN 1 AND 5", name="range"),
    sa.UniqueConstraint("experiment_id", "rater", "question", "cell_key", name="uq_scores_once"),
)
