"""The tables. Money is exact, times are UTC, ids are UUIDv7, statuses are checked by the database."""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

__all__ = [
    "ASSET_KINDS",
    "BUDGET_SCOPES",
    "CAMPAIGN_STATUSES",
    "COST_KINDS",
    "JOB_STATUSES",
    "PREDICTION_STATUSES",
    "REVISION",
    "RUN_STATUSES",
    "TOKEN_SCOPES",
    "assets",
    "budgets",
    "campaigns",
    "clips",
    "compositions",
    "cost_days",
    "cost_entries",
    "events",
    "generation_jobs",
    "metadata",
    "new_id",
    "now",
    "predictions",
    "rates",
    "runs",
    "scenes",
    "segments",
    "tokens",
]

REVISION = "0006"  # the newest migration; a test holds it to the folder
JOB_STATUSES = ("queued", "planning", "generating", "composing", "completed", "failed", "cancelled")
CAMPAIGN_STATUSES = ("queued", "running", "completed", "failed", "cancelled")
RUN_STATUSES = ("queued", "running", "completed", "failed", "cancelled")
COST_KINDS = ("estimated", "reserved", "settled", "refunded", "saved")
TOKEN_SCOPES = ("read", "write")  # who may write may read
ASSET_KINDS = ("image", "audio", "video")
BUDGET_SCOPES = ("job", "campaign", "day", "month")
PREDICTION_STATUSES = (
    "intended",  # whether it was created is not known yet
    *("starting", "processing", "succeeded", "failed", "canceled", "aborted"),  # as the provider says
    "refused",  # it was not created
    "lost",  # it was created, but what it made cannot be had
)
MICROS = Decimal("0.000001")


def new_id() -> str:
    """A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random bits, so ids sort by time."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Money(sa.types.TypeDecorator[Decimal]):
    """US dollars to six places: NUMERIC where there is one, whole millionths in SQLite, which has none."""

    impl = sa.Numeric(18, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        small = dialect.name == "sqlite"
        return dialect.type_descriptor(sa.BigInteger() if small else sa.Numeric(18, 6))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int((Decimal(value) / MICROS).to_integral_value())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value) * MICROS if dialect.name == "sqlite" else Decimal(value)


class Utc(sa.types.TypeDecorator[datetime]):
    """A time with its zone, also in SQLite, which keeps none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = sa.String(36)
Key = sa.String(64)


def _job_id() -> sa.Column[str]:
    return sa.Column("job_id", Id, sa.ForeignKey("generation_jobs.id", ondelete="CASCADE"), nullable=False)


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
    sa.Column("queued_at", Utc),  # since when it waits for any service; null if its own process works on it
    sa.Column("attempts", sa.Integer, nullable=False, default=0),  # how often a service took it
    sa.Column("parent", Id),  # the job that it is an edit of
    sa.Column("asked_as", Key),  # who asked with which Idempotency-Key, hashed
    sa.Column("asked_for", Key),  # and for what, hashed
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("updated_at", Utc, nullable=False, default=now, onupdate=now),
    sa.Column("finished_at", Utc),
    _one_of("status", JOB_STATUSES),
    sa.Index(None, "status", "created_at"),
    sa.Index(None, "created_at"),
    sa.Index(None, "campaign"),
    sa.Index(None, "run"),
    sa.Index(None, "queued_at"),
    sa.Index("uq_generation_jobs_asked_as", "asked_as", unique=True),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("name", sa.String(80), nullable=False),  # what people know it by
    sa.Column("digest", Key, nullable=False, unique=True),  # SHA-256 of the secret, which is kept nowhere
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("revoked_at", Utc),
    _one_of("scope", TOKEN_SCOPES),
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),  # SHA-256 of the bytes, and the suffix
    sa.Column("name", sa.String(255), nullable=False),  # as it was called where it came from
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),  # nothing for a picture
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    _one_of("kind", ASSET_KINDS),
    sa.Index(None, "created_at"),
)

scenes = sa.Table(
    "scenes",
    metadata,
    _job_id(),
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
    sa.Column("expired_at", Utc),  # when it was found to be gone from the store; null while it is there
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
    sa.Column("job_id", Id, sa.ForeignKey("generation_jobs.id", ondelete="CASCADE"), primary_key=True),
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

cost_entries = sa.Table(
    "cost_entries",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("job_id", Id, nullable=False),  # no foreign key: the ledger outlives jobs that are pruned
    sa.Column("campaign", Id),
    sa.Column("scene", sa.Integer),
    sa.Column("clip_key", Key),
    sa.Column("prediction", Id),  # the row that a reservation is for, and that settles it
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("amount_usd", Money, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    _one_of("kind", COST_KINDS),
    sa.Index(None, "job_id"),
    sa.Index(None, "campaign"),
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
    sa.Column("amount_usd", Money, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("day", "campaign", "provider", "model", "kind"),
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
    sa.Column("posted_at", Utc),  # since then it may have been created without our knowing; else null
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
    _one_of("status", PREDICTION_STATUSES),
    sa.UniqueConstraint("prediction_id"),
    # The migration makes it for rows WHERE settled_at IS NULL alone: said here, that option would load all of
    # SQLAlchemy's PostgreSQL in every process.
    sa.Index("uq_predictions_open_key", "key", unique=True),
    sa.Index(None, "job_id"),
    sa.Index(None, "campaign"),
    sa.Index(None, "created_at"),
)

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(36), nullable=False, default=""),  # a job or campaign; none for day, month
    sa.Column("limit_usd", Money, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    _one_of("scope", BUDGET_SCOPES),
    sa.UniqueConstraint("scope", "subject"),
)

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
    _one_of("status", CAMPAIGN_STATUSES),
    sa.Index(None, "created_at"),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("campaign_id", Id, sa.ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # the line in the manifest
    sa.Column("name", sa.String(80), nullable=False),  # the row's id in the manifest
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("status", sa.String(16), nullable=False, default="queued"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("reason", sa.Text),  # why it failed or was cancelled
    sa.Column("notebook", sa.String(255)),  # the executed one's object in the store
    sa.Column("approved", sa.Boolean),  # null: needs no approval; false: its draft is made, or to be made
    sa.Column("draft", sa.String(255)),  # the executed notebook of its draft
    sa.Column("seconds", sa.Float),
    sa.Column("cpu_seconds", sa.Float),
    sa.Column("peak_bytes", sa.BigInteger),  # of its kernel
    sa.Column("owner", sa.String(255)),
    sa.Column("lease_until", Utc),
    sa.Column("started_at", Utc),
    sa.Column("finished_at", Utc),
    _one_of("status", RUN_STATUSES),
    sa.UniqueConstraint("campaign_id", "name"),
    sa.Index(None, "campaign_id", "status", "position"),
)

rates = sa.Table(  # what all processes know of how often somebody may be called
    "rates",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("updated_at", Utc, nullable=False, default=now, onupdate=now),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    _job_id(),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Index(None, "job_id", "id"),
)
