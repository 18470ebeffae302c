"""Rows of `rates`: what all processes know of how often somebody may be called, changed by one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t

__all__ = ["change_rate"]

State = dict[str, Any]
_c = t.rates.c


def change_rate(connection: sa.Connection, name: str, decide: Callable[[State | None], State]) -> None:
    """Replace a rate's state by what `decide` makes of it (at first, of None); others wait meanwhile."""
    look = sa.select(_c.state).where(_c.name == name).with_for_update()
    found = connection.execute(look).first()
    if found is None:
        with connection.begin_nested() as savepoint:
            try:
                connection.execute(t.rates.insert().values(name=name, state=decide(None)))
                return
            except sa.exc.IntegrityError:  # somebody was faster
                savepoint.rollback()
        found = connection.execute(look).one()
    connection.execute(t.rates.update().where(_c.name == name).values(state=decide(found.state)))
