"""Conditions of requests for a file: its entity tag, and whether a range of it may be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

__all__ = ["entity_tag", "range_holds"]


def entity_tag(path: Path) -> str:
    """A tag that changes with the file: of its size and time, so that no byte is read for it."""
    facts = path.stat()
    return f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'


def range_holds(headers: Mapping[str, str], path: Path) -> bool:
    """Whether the Range of a request still means this file (RFC 9110, 13.1.5: If-Range).

    A client that has a part of another version is to be sent the whole of this one.
    """
    condition = headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == entity_tag(path)  # a weak tag never holds
    try:
        since = parsedate_to_datetime(condition)
    except (TypeError, ValueError):
        return False
    modified_at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return since.tzinfo is not None and since == modified_at
