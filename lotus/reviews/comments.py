"""Comments on a video: at a frame and in a region of it or on all of it, with replies, resolved and
reopened. Lines are added, none is ever changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName
from lotus.reviews.verdicts import checked_text

__all__ = ["WHOLE", "add_comment", "frame_at", "parsed_region", "threads", "timecode"]

Row = dict[str, Any]
WHOLE = 1000  # thousandths of a picture's width or height
MOST_FRAMES = 10**7
MOST_LINES = 1000  # lines of one video
REGION = re.compile(r"\d{1,4}(,\d{1,4}){3}")
TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,4})(?:[.,](\d{1,6}))?")
_c = t.comments.c


def add_comment(
    db: Database,
    job_id: str,
    *,
    author: str,
    text: str = "",
    author_id: str | None = None,
    thread: str | None = None,
    kind: str = "comment",
    frame: int | None = None,
    region: Sequence[int] | None = None,
) -> str:
    """Write a comment, a reply, or that a thread is resolved; returns its id.

    Parameters
    ----------
    thread
        The id of the comment that it answers, resolves or reopens.
    frame
        The frame of the video, counted from 0; of a reply, its thread's counts.
    region
        Left, top, width and height in thousandths of the picture.

    The database's role need not be able to read. Raises UnknownName, InvalidInput.
    """
    _check(kind, thread, frame)
    texts = {"author": checked_text("reviewer", author), "text": checked_text("comment", text)}
    if not texts["author"]:
        raise _invalid("author", "is empty", "write your name")
    if kind == "comment" and not texts["text"]:
        raise _invalid("comment", "is empty", "write what you see")
    row = {
        "id": t.new_id(),
        "job_id": job_id,
        "thread": thread,
        "kind": kind,
        "frame": None if thread else frame,
        "region": None if thread or region is None else list(region),
        "author_id": author_id,
        "created_at": t.now(),
        **texts,
    }
    db.run(_insert, row)
    return str(row["id"])


def _check(kind: str, thread: str | None, frame: int | None) -> None:
    if kind not in t.COMMENT_KINDS:
        raise UnknownName("kind", kind, t.COMMENT_KINDS)
    if kind != "comment" and thread is None:
        raise _invalid(
            "thread", f"is missing: only a thread can be {kind}", "name the comment that began it"
        )
    if frame is not None and not 0 <= frame <= MOST_FRAMES:
        raise _invalid("frame", f"{frame} is not a frame", "take it from the player")


def _insert(connection: sa.Connection, row: Row) -> None:
    connection.execute(t.comments.insert().values(row))


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)


def parsed_region(text: str) -> tuple[int, int, int, int] | None:
    """A region as forms send it: `left,top,width,height`; None for none. Raises InvalidInput."""
    if not text:
        return None
    numbers = [int(part) for part in text.split(",")] if REGION.fullmatch(text) else [WHOLE] * 4
    rest, top, width, height = numbers
    if rest + width > WHOLE or top + height > WHOLE or not (width and height):
        reason = f"'{text[:40]}' is outside the picture"
        raise _invalid("region", reason, "draw it on the video")
    return rest, top, width, height


def frame_at(text: str, fps: str) -> int | None:
    """The frame that is shown at a time such as 12.5 or 1:02.5; None for none.

    Raises InvalidInput.
    """
    text = text.strip()
    if not text:
        return None
    parts = TIME.fullmatch(text)
    if parts is None:
        raise _invalid("time", f"'{text[:40]}' is not a time", "write seconds: 12.5, or 1:02.5")
    minutes, seconds, decimals = parts.groups()
    whole = 60 * int(minutes or 0) + int(seconds)
    exact = whole + Fraction(int(decimals), 10 ** len(decimals)) if decimals else Fraction(whole)
    # times of players are rounded: a ten-thousandth of a second later is the same frame
    return int((exact + Fraction(1, 10_000)) * Fraction(fps))


def timecode(frame: int, fps: str) -> str:
    """The time of a frame as people read it: 0:12.50."""
    hundredths = int(Fraction(frame) / Fraction(fps) * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes}:{rest // 100:02}.{rest % 100:02}"


def threads(connection: sa.Connection, job_id: str) -> list[Row]:
    """Comments in the order of the video, those on all of it first, with their `replies` and
    whether they are `resolved`.
    """
    query = sa.select(t.comments).where(_c.job_id == job_id).order_by(_c.created_at, _c.id)
    rows = connection.execute(query.limit(MOST_LINES)).mappings().all()
    threads = {row["id"]: _line(row) | {"replies": [], "resolved": False} for row in rows}
    threads = {row["id"]: threads[row["id"]] for row in rows if row["thread"] is None}
    for row in rows:
        of = threads.get(row["thread"])
        if of is None:
            continue
        if row["kind"] == "comment":
            of["replies"].append(_line(row))
        else:
            of["resolved"] = row["kind"] == "resolved"
    return sorted(threads.values(), key=lambda row: -1 if row["frame"] is None else row["frame"])


def _line(row: Any) -> Row:
    names = ("id", "frame", "region", "text", "author", "author_id")
    return {name: row[name] for name in names} | {"created_at": row["created_at"].isoformat()}
