"""Pages of what has ids that sort by time: the cursor is the last id of the page before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import Field

from lotus.db.records import Row
from lotus.server.answers import Page
from lotus.server.requests import RequestModel

__all__ = ["Paging", "page_of", "page_query"]

Item = TypeVar("Item")


class Paging(RequestModel):
    """How much of a list."""

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f][0-9a-f.a-z-]{0,79}$",
        description="`next` of the previous page",
    )


def page_query(
    query: sa.Select[Any], column: sa.ColumnElement[str], page: Paging
) -> sa.Select[Any]:
    """The query for one page and one row more, which tells whether there is another."""
    if page.cursor is not None:
        query = query.where(column < page.cursor)
    return query.order_by(column.desc()).limit(page.limit + 1)


def page_of(
    rows: Sequence[Row], page: Paging, make: Callable[[Sequence[Row]], Sequence[Item]]
) -> Page[Item]:
    """The page, of the rows that `paged` found."""
    some = rows[: page.limit]
    more = len(rows) > page.limit
    return Page[Any](items=tuple(make(some)), next=some[-1]["id"] if more else None)
