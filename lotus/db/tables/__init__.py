"""The tables. Money is exact, times are UTC, ids are UUIDv7, statuses are checked by
the database.
"""

from __future__ import annotations

from lotus.db.tables.batches import (
    CAMPAIGN_STATUSES,
    RECORD_KINDS,
    RUN_STATUSES,
    campaigns,
    run_records,
    runs,
)
from lotus.db.tables.experiments import (
    CHOICES,
    experiment_cells,
    experiments,
    judgements,
    measurements,
    raters,
    ratings,
    scores,
)
from lotus.db.tables.kinds import Money, Utc, metadata, new_id, now
from lotus.db.tables.money import (
    BUDGET_SCOPES,
    COST_KINDS,
    PREDICTION_STATUSES,
    budgets,
    cost_days,
    cost_entries,
    predictions,
    rates,
)
from lotus.db.tables.notify import CHANNELS, notification_rules, notifications
from lotus.db.tables.reviews import COMMENT_KINDS, VERDICTS, comments, reviews, shares
from lotus.db.tables.service import ASSET_KINDS, TOKEN_SCOPES, asset_owners, assets, tokens, uploads
from lotus.db.tables.work import (
    JOB_STATUSES,
    clips,
    compositions,
    events,
    generation_jobs,
    scenes,
    segments,
)

__all__ = [
    "ASSET_KINDS",
    "BUDGET_SCOPES",
    "CAMPAIGN_STATUSES",
    "CHANNELS",
    "CHOICES",
    "COMMENT_KINDS",
    "COST_KINDS",
    "JOB_STATUSES",
    "PREDICTION_STATUSES",
    "RECORD_KINDS",
    "REVISION",
    "RUN_STATUSES",
    "TOKEN_SCOPES",
    "VERDICTS",
    "Money",
    "Utc",
    "asset_owners",
    "assets",
    "budgets",
    "campaigns",
    "clips",
    "comments",
    "compositions",
    "cost_days",
    "cost_entries",
    "events",
    "experiment_cells",
    "experiments",
    "generation_jobs",
    "judgements",
    "measurements",
    "metadata",
    "new_id",
    "notification_rules",
    "notifications",
    "now",
    "predictions",
    "raters",
    "rates",
    "ratings",
    "reviews",
    "run_records",
    "runs",
    "scenes",
    "scores",
    "segments",
    "shares",
    "tokens",
    "uploads",
]

# The newest migration; migrations/versions/0010_first_tables.py tells how to add one.
REVISION = "0021"
