"""What people say of videos: approved or rejected, with a comment. Lines are added, none is ever
changed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName

__all__ = ["LONGEST", "add_review"]

LONGEST = {"reviewer": 80, "comment": 2000}  # characters


def add_review(
    db: Database, job_id: str, verdict: str, *, reviewer: str, comment: str = ""
) -> None:
    """Write a verdict down; `job_id` is the whole id. The database's role need not be able to read.

    Raises UnknownName, InvalidInput, DatabaseError.
    """
    if verdict not in t.VERDICTS:
        raise UnknownName("verdict", verdict, t.VERDICTS)
    said = {"reviewer": _checked("reviewer", reviewer), "comment": _checked("comment", comment)}
    if not said["reviewer"]:
        raise InvalidInput(file="", field="reviewer", reason="is empty", remedy="write your name")
    row = {"id": t.new_id(), "job_id": job_id, "verdict": verdict, "created_at": t.now(), **said}
    db.run(_insert, row)


def _insert(connection: sa.Connection, row: dict[str, Any]) -> None:
    connection.execute(t.reviews.insert().values(row))


def _checked(field: str, text: str) -> str:
    plain = text.replace("\0", "").strip()
    if len(plain) > LONGEST[field]:
        reason = f"has {len(plain):,} characters"
        remedy = f"say it in {LONGEST[field]:,}"
        raise InvalidInput(file="", field=field, reason=reason, remedy=remedy)
    return plain
