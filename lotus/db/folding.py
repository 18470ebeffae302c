"""Text without regard to case and accents, the same on both databases: `cafe` finds `Café`."""

from __future__ import annotations

import unicodedata
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

__all__ = ["SQLITE", "FoldedText", "fold", "matches"]

SQLITE = "lotus_fold"  # the function of this name is registered with each connection
MARKS = r"[\u0300-\u036f]"  # combining marks, which stand apart in the decomposed form


def fold(text: str | None) -> str | None:
    """The text in lower case without accents."""
    if text is None or text.isascii():
        return text and text.lower()
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in apart if not "\u0300" <= c <= "\u036f")


class FoldedText(GenericFunction[str]):
    """A column as `fold` returns its text."""

    type = sa.Text()
    inherit_cache = True
    name = SQLITE


@compiles(FoldedText, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **facts: Any) -> str:
    column = compiler.process(element.clauses, **facts)
    return f"lower(regexp_replace(normalize({column}, NFD), '{MARKS}', '', 'g'))"


def matches(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Whether a column holds a text, without regard to case and accents."""
    plainly = column.icontains(text, autoescape=True)  # quicker, and enough for most rows
    return plainly | FoldedText(column).contains(fold(text) or "", autoescape=True)
