"""What people call a job: its name, its tags and a note. They change nothing that is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lotus.db import records
from lotus.db import tables as t
from lotus.errors import InvalidInput

__all__ = ["Labels", "save_labels"]

NAME, TAGS, NOTE = "name", "tags", "note"  # among the labels of a job's row, which are texts
LONGEST = {NAME: 128, TAGS: 64, NOTE: 4000}  # characters


@dataclass(frozen=True)
class Labels:
    """A name, tags and a note; empty where nobody wrote one."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def of(cls, row: Mapping[str, str] | None) -> Labels:
        """Those in the labels of a job's row."""
        texts = row or {}
        tags = tuple(tag.strip() for tag in texts.get(TAGS, "").split(",") if tag.strip())
        return cls(texts.get(NAME, ""), tags, texts.get(NOTE, ""))


def save_labels(
    connection: sa.Connection,
    job_id: str,
    *,
    name: str | None,
    tags: Iterable[str] | str | None,
    note: str | None,
) -> None:
    """Change those that are not None; empty ones are removed. Raises InvalidInput."""
    row = records.get_job(connection, job_id)
    labels = dict(row["labels"] or {})
    texts = {NAME: name, NOTE: note, TAGS: None if tags is None else ", ".join(_tags(tags))}
    for field, text in texts.items():
        if text is None:
            continue
        labels[field] = text if field == TAGS else _check_text(field, text)
        if not labels[field]:
            del labels[field]
    update = sa.update(t.generation_jobs).where(t.generation_jobs.c.id == row["id"])
    connection.execute(update.values(labels=labels))


def _tags(tags: Any) -> list[str]:
    """Tags in their order, each once: from one text, or a list of texts."""
    if isinstance(tags, Mapping) or not isinstance(tags, Iterable):
        raise _invalid(TAGS, f"{tags!r}: should be texts", "write tags=['draft', 'night']")
    single = [tags] if isinstance(tags, str) else sorted(tags) if isinstance(tags, set) else tags
    texts = [_check_text(TAGS, tag).strip() for tag in single]
    if any("," in tag for tag in texts):
        raise _invalid(TAGS, "a tag has no comma", "write tags=['draft', 'night']")
    return [tag for tag in dict.fromkeys(texts) if tag]


def _check_text(field: str, text: Any) -> str:
    if not isinstance(text, str):
        raise _invalid(field, f"{text!r}: should be text", f"write {field}='...'")
    if len(text) > LONGEST[field]:
        raise _invalid(field, f"is longer than {LONGEST[field]} characters", "write a shorter text")
    return text


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)
