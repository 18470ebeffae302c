"""What is paid: the ledger and its days, predictions, budgets."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Money, Utc, metadata, new_id, now, one_of

__all__ = [
    "BUDGET_SCOPES",
    "COST_KINDS",
    "PREDICTION_STATUSES",
    "budgets",
    "cost_days",
    "cost_entries",
    "predictions",
    "rates",
]

COST_KINDS = (
    "estimated",
    "reserved",  # before spending
    "settled",  # spent
    "refunded",  # reserved, and not needed after all
    "saved",  # by the cache
    "lost",  # the part of what was settled of which nothing came
)
BUDGET_SCOPES = ("job", "campaign", "day", "month")
PREDICTION_STATUSES = (
    "intended",  # whether it was created is not known yet
    *(
        "starting",
        "processing",
        "succeeded",
        "failed",
        "canceled",
        "aborted",
    ),  # as the provider says
    "refused",  # it was not created
    "lost",  # it was created, but what it made cannot be had
)

cost_entries = sa.Table(
    "cost_entries",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column(
        "job_id", Id, nullable=False
    ),  # no foreign key: the ledger outlives jobs that are pruned
    sa.Column("campaign", Id),
    sa.Column("scene", sa.Integer),
    sa.Column("clip_key", Key),
    sa.Column("prediction", Id),  # the row that a reservation is for, and that settles it
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("amount_usd", Money, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("kind", COST_KINDS),
    sa.Index(None, "job_id"),
    sa.Index(None, "campaign", "kind", "amount_usd"),  # a campaign's sums need no more than this
    sa.Index(None, "created_at"),
    sa.Index(None, "model", "created_at"),
)

cost_days = sa.Table(  # sums of the entries of days that are over, see rollups.py
    "cost_days",
    metadata,
    sa.Column("day", sa.String(10)),  # 2026-01-31, in UTC
    sa.Column("campaign", Id),  # empty for jobs of none
    sa.Column("provider", sa.String(64)),
    sa.Column("model", sa.String(128)),
    sa.Column("kind", sa.String(16)),
    sa.Column("brand", sa.String(80)),  # of the job's brief; empty for none
    sa.Column("amount_usd", Money, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("day", "campaign", "provider", "model", "kind", "brand"),
)

predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("key", Key, nullable=False),  # of what is asked for: one open row a key
    sa.Column("job_id", Id, nullable=False),  # who pays; like the ledger, it outlives the job
    sa.Column("campaign", Id),
    sa.Column("scene", sa.Integer),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),  # enough to carry on without the job
    sa.Column("status", sa.String(16), nullable=False, default="intended"),
    sa.Column("prediction_id", sa.String(64)),  # the provider's name for it
    sa.Column(
        "posted_at", Utc
    ),  # since then it may have been created without our knowing; else null
    sa.Column("account", sa.String(128)),  # of the provider, on which it is; null: not known
    sa.Column("heard_at", Utc),  # when the provider sent word of its end
    sa.Column("reconciled_at", Utc),  # when its cost was last compared with the account's
    sa.Column("output", sa.JSON),  # addresses
    sa.Column("metrics", sa.JSON),
    sa.Column("error", sa.Text),
    sa.Column("reserved_usd", Money, nullable=False),
    sa.Column("settled_usd", Money),
    sa.Column("owner", sa.String(255)),  # host:pid:token of the process that follows it
    sa.Column("lease_until", Utc),  # the owner is believed dead after this
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("updated_at", Utc, nullable=False, default=now, onupdate=now),
    sa.Column("settled_at", Utc),  # when it was over and paid; null while it is open
    one_of("status", PREDICTION_STATUSES),
    sa.UniqueConstraint("prediction_id"),
    # So does the migration on PostgreSQL: said here, it would load all of that dialect in every
    # process.
    sa.Index(
        "uq_predictions_open_key", "key", unique=True, sqlite_where=sa.text("settled_at IS NULL")
    ),
    sa.Index(None, "job_id"),
    sa.Index(None, "campaign"),
    sa.Index(None, "created_at"),
)

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column(
        "subject", sa.String(36), nullable=False, default=""
    ),  # a job or campaign; none for day, month
    sa.Column("limit_usd", Money, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("scope", BUDGET_SCOPES),
    sa.UniqueConstraint("scope", "subject"),
)

rates = sa.Table(  # what all processes know of how often somebody may be called
    "rates",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("updated_at", Utc, nullable=False, default=now, onupdate=now),
)
