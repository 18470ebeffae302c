"""Reviews of videos: approved or rejected, with a comment, or withdrawn. Lines are added, none is
ever changed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName

__all__ = ["LONGEST", "add_review", "checked_text"]

LONGEST = {"reviewer": 80, "comment": 2000}  # characters


def add_review(
    db: Database,
    job_id: str,
    verdict: str,
    *,
    reviewer: str,
    comment: str = "",
    reviewer_id: str | None = None,
) -> None:
    """Write a verdict down; `job_id` is the whole id, `reviewer_id` the id of the reviewer's token.

    A reviewer's newest verdict counts; `withdrawn` takes it back. The database's role need not be
    able to read.

    Raises UnknownName, InvalidInput, DatabaseError.
    """
    if verdict not in t.VERDICTS:
        raise UnknownName("verdict", verdict, t.VERDICTS)
    texts = {
        "reviewer": checked_text("reviewer", reviewer),
        "comment": checked_text("comment", comment),
    }
    if not texts["reviewer"]:
        raise InvalidInput(file="", field="reviewer", reason="is empty", remedy="write your name")
    row = {"id": t.new_id(), "job_id": job_id, "verdict": verdict, "created_at": t.now()}
    db.run(_insert, {**row, **texts, "reviewer_id": reviewer_id})


def _insert(connection: sa.Connection, row: dict[str, Any]) -> None:
    connection.execute(t.reviews.insert().values(row))


def checked_text(field: str, text: str) -> str:
    """A text as it is stored; raises InvalidInput for one that is too long."""
    plain = text.replace("\0", "").strip()
    if len(plain) > LONGEST[field]:
        reason = f"has {len(plain):,} characters"
        remedy = f"say it in {LONGEST[field]:,}"
        raise InvalidInput(file="", field=field, reason=reason, remedy=remedy)
    return plain
