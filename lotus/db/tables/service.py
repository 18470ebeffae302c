"""What the service keeps: tokens that let people in, and assets that they uploaded."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Money, Utc, metadata, new_id, now, one_of

__all__ = ["ASSET_KINDS", "TOKEN_SCOPES", "asset_owners", "assets", "tokens", "uploads"]

TOKEN_SCOPES = ("read", "review", "write", "all")  # see lotus.server.tokens
ASSET_KINDS = ("image", "audio", "video")

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("name", sa.String(80), nullable=False),  # what people know it by
    sa.Column(
        "digest", Key, nullable=False, unique=True
    ),  # SHA-256 of the secret, which is kept nowhere
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("revoked_at", Utc),
    sa.Column("budget_usd", Money),  # of all its jobs; null: no limit
    sa.Column("most_jobs", sa.Integer),  # that are queued or under way at once; null: no limit
    one_of("scope", TOKEN_SCOPES),
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
    one_of("kind", ASSET_KINDS),
    sa.Index(None, "created_at"),
)

asset_owners = sa.Table(  # tokens that uploaded these bytes; others need a scope to see them
    "asset_owners",
    metadata,
    sa.Column("asset_id", sa.String(80), sa.ForeignKey("assets.id", ondelete="CASCADE")),
    sa.Column("token", Id),
    sa.Column("name", sa.String(255), nullable=False),  # that this token gave it
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.PrimaryKeyConstraint("asset_id", "token"),
)

uploads = sa.Table(  # that callers make by themselves to a signed address
    "uploads",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    sa.Column("token", Id),  # whose it is; null: somebody on the machine
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),  # just so many are taken
    sa.Column("digest", Key, nullable=False),  # SHA-256 of the address's key
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Index(None, "expires_at"),
)
