"""Rules of who is told of what, and the outbox of messages that are to be delivered."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Utc, metadata, new_id, now, one_of

__all__ = ["CHANNELS", "notification_rules", "notifications"]

CHANNELS = ("webhook", "slack", "mail")

notification_rules = sa.Table(
    "notification_rules",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("events", sa.JSON, nullable=False),  # names of lotus.notify.events
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("target", sa.String(500), nullable=False),  # an address, or env: and a variable
    sa.Column("internal", sa.Boolean, nullable=False, default=False),  # may be inside the network
    sa.Column("campaign", sa.String(36)),  # of jobs: of this campaign, or * of any; null: of none
    sa.Column("token", Id),  # of jobs: those that this token asked for; null: of all
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("paused_at", Utc),
    one_of("channel", CHANNELS),
)

notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),  # receivers know a repetition by it
    sa.Column(
        "rule_id", Id, sa.ForeignKey("notification_rules.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("occasion", sa.String(160), nullable=False),  # each is told once
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("next_at", Utc),  # when to try (again); null: delivered, or given up
    sa.Column("delivered_at", Utc),
    sa.Column("error", sa.Text),  # of the last attempt
    sa.UniqueConstraint("rule_id", "occasion"),
    sa.Index(None, "next_at"),
    sa.Index(None, "created_at"),
)
