"""What people say of videos: verdicts, comments, and links for those without an account."""

from __future__ import annotations

import sqlalchemy as sa

from lotus.db.tables.kinds import Id, Key, Utc, job_id, metadata, new_id, now, one_of

__all__ = ["COMMENT_KINDS", "VERDICTS", "comments", "reviews", "shares"]

VERDICTS = ("approved", "rejected", "withdrawn")  # a reviewer's newest counts
COMMENT_KINDS = ("comment", "resolved", "reopened")  # a thread's newest of the last two counts

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    job_id(),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("reviewer", sa.String(80), nullable=False),  # the token's name, or a typed one
    sa.Column("reviewer_id", sa.String(64)),  # of the token; null where nobody needs one
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("verdict", VERDICTS),
    sa.Index(None, "job_id", "created_at"),
)

comments = sa.Table(  # lines are added, none is ever changed
    "comments",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    job_id(),
    sa.Column(
        "thread", Id
    ),  # the comment that it answers, resolves or reopens; null: it begins one
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("frame", sa.Integer),  # of the video, counted from 0; null: of all of it
    sa.Column("region", sa.JSON),  # left, top, width and height, in thousandths of the picture
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("author_id", sa.String(64)),  # of the token or person; null where nobody needs one
    sa.Column("created_at", Utc, nullable=False, default=now),
    one_of("kind", COMMENT_KINDS),
    sa.Index(None, "job_id", "created_at"),
)

shares = sa.Table(
    "shares",
    metadata,
    sa.Column("id", Id, primary_key=True, default=new_id),
    job_id(),
    sa.Column("digest", Key, nullable=False, unique=True),  # SHA-256 of the secret of the link
    sa.Column("password", sa.String(200)),  # scrypt, with its salt; null: none is needed
    sa.Column("name", sa.String(80), nullable=False),  # for whom it is
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("created_at", Utc, nullable=False, default=now),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("revoked_at", Utc),
    sa.Column("views", sa.Integer, nullable=False, default=0),
    sa.Column("viewed_at", Utc),
    sa.Index(None, "job_id"),
)
