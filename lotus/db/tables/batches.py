"""Campaigns and their runs."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Utc, metadata, new_id, now, one_of

__all__ = ["CAMPAIGN_STATUSES", "RECORD_KINDS", "RUN_STATUSES", "campaigns", "run_records", "runs"]

CAMPAIGN_STATUSES = ("queued", "running", "completed", "failed", "cancelled")
RUN_STATUSES = ("queued", "running", "completed", "failed", "cancelled")
RECORD_KINDS = ("number", "text", "data", "table", "figure", "file")

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),  # the manifest's, to be recognised by
    sa.Column("manifest", Key, nullable=False),  # the hash of its bytes
    sa.Column("notebook", sa.String(255), nullable=False),
    sa.Column("source", sa.String(255), nullable=False),  # the notebook's object in the store
    sa.Column("parameters", sa.JSON, nullable=False),  # that all rows share
    sa.Column("options", sa.JSON, nullable=False),  # retries and time-outs
    sa.Column("status", sa.String(16), nullable=False, default="queued"),
    sa.Column("stopping", sa.String(255)),  # why no more rows begin; null while they may
    sa.Column("owner", sa.String(255)),  # host:pid:token of the process that hands out rows
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("started_at", Utc),  # the last time
    sa.Column("finished_at", Utc),
    one_of("status", CAMPAIGN_STATUSES),
    sa.Index(None, "created_at"),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("campaign_id", Id, nullable=False),
    sa.ForeignKeyConstraint(
        ["campaign_id"], ["campaigns.id"], "fk_runs_campaign_id_campaigns", ondelete="CASCADE"
    ),
    sa.Column("position", sa.Integer, nullable=False),  # the line in the manifest
    sa.Column("name", sa.String(80), nullable=False),  # the row's id in the manifest
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("status", sa.String(16), nullable=False, default="queued"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("reason", sa.Text),  # why it failed or was cancelled
    sa.Column("notebook", sa.String(255)),  # the executed one's object in the store
    sa.Column(
        "approved", sa.Boolean
    ),  # null: needs no approval; false: its draft is made, or to be made
    sa.Column("draft", sa.String(255)),  # the executed notebook of its draft
    sa.Column("seconds", sa.Float),
    sa.Column("cpu_seconds", sa.Float),
    sa.Column("peak_bytes", sa.BigInteger),  # of its kernel
    sa.Column("owner", sa.String(255)),
    sa.Column("lease_until", Utc),
    sa.Column("started_at", Utc),
    sa.Column("finished_at", Utc),
    sa.Column("labels", sa.JSON),  # columns of the manifest that are no parameters
    sa.Column("key", Key),  # of code and parameters: two runs of one key would do the same
    sa.Column("cell", sa.Integer),  # the one that runs now, of `cells`
    sa.Column("cells", sa.Integer),
    sa.Column("taken_from", Id),  # a run of an earlier campaign that had done the same
    sa.Column("priority", sa.Integer),  # higher first; null is 0
    one_of("status", RUN_STATUSES),
    sa.Index(None, "key"),
    sa.UniqueConstraint("campaign_id", "name"),
    sa.Index(None, "campaign_id", "status", "position"),
    sa.Index(None, "campaign_id", "position"),  # reading all of a million, page by page
)

run_records = sa.Table(
    "run_records",
    metadata,
    sa.Column(
        "run_id",
        Id,
        sa.ForeignKey("runs.id", name="fk_run_records_run_id_runs", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("campaign_id", Id, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("number", sa.Float),  # of numbers and truth values, to be compared and summed
    sa.Column("text", sa.Text),
    sa.Column("value", sa.JSON),  # as it was recorded
    sa.Column("object", sa.String(255)),  # of figures and files, in the store
    one_of("kind", RECORD_KINDS),
    sa.Index(None, "campaign_id", "name"),
)
