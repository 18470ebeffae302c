"""Merge fields: `{{name}}` in the texts of a brief or storyboard becomes what the request says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

__all__ = ["NAME", "merge_fields"]

NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
FIELD = re.compile(r"\{\{ ?(" + NAME + r") ?\}\}")
MOST_FIELDS = 200  # of one document, so that a small request cannot become a large one
DEEPEST = 20  # levels of lists and objects; no document has as many


def merge_fields(document: Any, texts: Mapping[str, str]) -> Any:
    """A copy of a document with the texts in place of their names.

    What was put in is not looked at again. Raises ValueError for a name without a text.
    """
    remaining = MOST_FIELDS

    def text_of(match: re.Match[str]) -> str:
        nonlocal remaining
        remaining -= 1
        if remaining < 0:
            raise ValueError(f"merge: more than {MOST_FIELDS} fields are to be filled in")
        if match[1] not in texts:
            raise ValueError(f"merge: has no text for {match[0]}")
        return texts[match[1]]

    def copy(value: Any, depth: int) -> Any:
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="json")
        if isinstance(value, str):
            return FIELD.sub(text_of, value)
        if depth == DEEPEST:
            return value
        if isinstance(value, Mapping):
            return {name: copy(item, depth + 1) for name, item in value.items()}
        return [copy(item, depth + 1) for item in value] if isinstance(value, list) else value

    return copy(document, 0)
