"""What became of a commit whose answer was lost: PostgreSQL remembers the outcome of each transaction."""

from __future__ import annotations

import time

import sqlalchemy as sa

__all__ = ["Outcome", "outcome_of", "ticket_for"]

Outcome = bool | None  # it came to pass, it was undone, or nobody can say
LOOKS, BETWEEN_SECONDS = 20, 0.1  # while the server still ends the transaction


def ticket_for(connection: sa.Connection) -> str | None:
    """The transaction's number, to ask about it later; None if it has written nothing, or is SQLite's."""
    if connection.dialect.name != "postgresql":
        return None
    said = connection.scalar(sa.text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)"))
    return None if said is None else str(said)


def outcome_of(connection: sa.Connection, ticket: str) -> Outcome:
    """Whether the transaction was committed (postgresql.org/docs/current/functions-info.html)."""
    query = sa.text("SELECT pg_xact_status(CAST(:ticket AS xid8))")
    for _ in range(LOOKS):
        said = connection.scalar(query, {"ticket": ticket})
        if said != "in progress":
            return {"committed": True, "aborted": False}.get(str(said))
        time.sleep(BETWEEN_SECONDS)
    return None
