"""Jobs and what they make: scenes, clips, segments, compositions, events."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Money, Utc, job_id, metadata, now, one_of

__all__ = [
    "JOB_STATUSES",
    "clips",
    "compositions",
    "events",
    "generation_jobs",
    "scenes",
    "segments",
]

JOB_STATUSES = ("queued", "planning", "generating", "composing", "completed", "failed", "cancelled")

generation_jobs = sa.Table(
    "generation_jobs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128)),
    sa.Column("planner", sa.String(64), nullable=False),
    sa.Column("campaign", Id),
    sa.Column("run", Id),  # the row of the campaign that asked for it
    sa.Column("brief", sa.JSON, nullable=False),
    sa.Column("storyboard", sa.JSON),
    sa.Column("error", sa.JSON),
    sa.Column("owner", sa.String(255)),  # host:pid:token of the process that works on it
    sa.Column("lease_until", Utc),  # the owner is believed dead after this
    sa.Column(
        "queued_at", Utc
    ),  # since when it waits for any service; null if its own process works on it
    sa.Column(
        "attempts", sa.Integer, nullable=False, default=0, server_default="0"
    ),  # how often a service took it
    sa.Column("parent", Id),  # the job that it is an edit of
    sa.Column("token", Id),  # of the service, that asked for it; null: somebody on the machine
    sa.Column("external_id", sa.String(128)),  # what an integrator calls it
    sa.Column("labels", sa.JSON),  # and what else it knows of it: names and texts
    sa.Column("asked_as", Key),  # who asked with which Idempotency-Key, hashed
    sa.Column("asked_for", Key),  # and for what, hashed
    sa.Column(
        "spent_usd", Money, nullable=False, default=Decimal(0), server_default="0"
    ),  # of its settled entries
    sa.Column(  # of its finished video; 0 while it has none
        "length_seconds", sa.Float, nullable=False, default=0.0, server_default="0"
    ),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("updated_at", Utc, nullable=False, default=now, onupdate=now),
    sa.Column("finished_at", Utc),
    one_of("status", JOB_STATUSES),
    sa.Index(
        None, "status", "created_at", "id", "spent_usd"
    ),  # what videos cost is read from it alone
    sa.Index(None, "created_at"),
    sa.Index(None, "campaign"),
    sa.Index(None, "run"),
    sa.Index(None, "queued_at"),
    sa.Index(None, "spent_usd", "id"),
    sa.Index(None, "length_seconds", "id"),
    sa.Index(None, "token"),
    sa.Index(None, "parent"),
    sa.Index(None, "external_id"),
    sa.Index("uq_generation_jobs_asked_as", "asked_as", unique=True),
)

scenes = sa.Table(
    "scenes",
    metadata,
    job_id(),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("caption", sa.Text),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("clip_key", Key, nullable=False),
    sa.Column("cached", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("job_id", "position"),
    sa.Index(None, "clip_key"),
)

clips = sa.Table(
    "clips",
    metadata,
    sa.Column("key", Key, primary_key=True),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("cost_usd", Money, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),  # that it took to make
    sa.Column("hits", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("used_at", Utc, nullable=False, default=now),
    sa.Column(
        "expired_at", Utc
    ),  # when it was found to be gone from the store; null while it is there
    sa.Index(None, "used_at"),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("key", Key, primary_key=True),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("hits", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("used_at", Utc, nullable=False, default=now),
    sa.Index(None, "used_at"),
)

compositions = sa.Table(
    "compositions",
    metadata,
    sa.Column(
        "job_id", Id, sa.ForeignKey("generation_jobs.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("key", Key, nullable=False),
    sa.Column("object_key", sa.String(255), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("fps", sa.String(16), nullable=False),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("segments_total", sa.Integer, nullable=False),
    sa.Column("segments_rendered", sa.Integer, nullable=False),
    sa.Column("elapsed_seconds", sa.Float, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Index(None, "key"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    job_id(),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Index(None, "job_id", "id"),
)
