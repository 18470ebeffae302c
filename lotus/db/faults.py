"""What databases say when something is wrong: whether to try again, and otherwise one line with a
remedy.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import exc

__all__ = ["explain_fault", "not_connected", "try_again"]

TOO_MANY = "too many clients|connection slots are reserved|too many connections for"
STARTING = (
    "is starting up|is shutting down|in recovery mode|not accepting connections|not yet accepting"
)
SILENT = (
    "refused|reset by peer|closed the connection|timeout expired|timed out|terminating connection"
)
AGAIN_STATES = ("40001", "40P01", "55P03")  # serialisation, deadlock, a lock that was not to be had
EXPLANATIONS = [  # what a database says -> what it means (empty: its own words), what to do
    ("password authentication failed", "", "check user and password in DATABASE_URL"),
    ("no password supplied", "", "write the password into DATABASE_URL, or into ~/.pgpass"),
    (
        TOO_MANY,
        "",
        "lower DB_POOL_SIZE and DB_MAX_OVERFLOW, or raise max_connections of the server",
    ),
    (
        "QueuePool limit",
        "all connections of this process are in use",
        "raise DB_POOL_SIZE, or run fewer clips at once",
    ),
    (
        "unsupported startup parameter|prepared statement .*exist",
        "",
        "behind PgBouncer set DB_PGBOUNCER=true",
    ),
    (
        "no such (table|column)|(relation|column) .* does not exist",
        "",
        "run `lotus db migrate`: the tables are of another version",
    ),
    ("(database|role) .* does not exist", "", "create it, or correct DATABASE_URL"),
    (
        "SSL|certificate",
        "",
        "correct DB_SSLMODE, or give the certificate by ?sslrootcert= in DATABASE_URL",
    ),
    (STARTING, "", "wait until the server is up, then run it again"),
    (
        "terminating connection|closed the connection|reset by peer|AdminShutdown|consuming input "
        "failed",
        "the connection broke in the middle of a transaction, which was undone",
        "run it again; see the server's log for why",
    ),
    ("statement timeout", "", "run it again later, or raise DB_STATEMENT_TIMEOUT_SECONDS"),
    (
        "deadlock|could not serialize",
        "",
        "run it again: others changed the same rows at the same time",
    ),
    (
        "refused|could not connect|timeout expired|timed out",
        "",
        "start the server, or correct DATABASE_URL",
    ),
    ("resolve host|Name or service|nodename", "", "correct the host in DATABASE_URL"),
    ("read-only transaction", "", "use a role that may write, or the address of the primary"),
    (
        "readonly|read-only",
        "",
        "give yourself the right to write there, or set LOTUS_HOME to another folder",
    ),
    ("permission denied for", "", "use a role with this right, or grant it"),
    ("locked", "", "another process holds the database; wait for it, or stop it"),
    (
        "unable to open|Permission denied|Not a directory",
        "",
        "set LOTUS_HOME to a folder that you may write to",
    ),
    ("not a database|malformed", "", "move the damaged file away, or set DATABASE_URL to another"),
    ("disk is full|No space|could not extend file", "", "free some disk space"),
]


def explain_fault(error: Exception) -> tuple[str, str]:
    """What happened in the database's words, or in clearer ones, and what to do."""
    message = _message(error)
    for sign, meaning, remedy in EXPLANATIONS:
        if re.search(sign, message):
            return meaning or message, remedy
    return message, "run `lotus doctor`"


def _message(error: Exception) -> str:
    """The first line of the driver's message, without where libpq tried to reach what."""
    line = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    fatal = re.search(r"FATAL:\s+(.*)", line)
    if fatal is not None:
        return fatal[1]
    failure = re.search(r"connection failed: .* failed: (.*)", line)
    return failure[1] if failure is not None else line


def not_connected(error: Exception) -> bool:
    """Whether a connection could not be had for a cause that passes; nothing was said on it yet."""
    return isinstance(error, exc.OperationalError) and bool(
        re.search(f"{TOO_MANY}|{STARTING}|{SILENT}", str(error.orig))
    )


def try_again(error: BaseException | None) -> bool:
    """Whether the database undid a transaction that may well succeed when it is done again."""
    if not isinstance(error, exc.DBAPIError):
        return False
    orig: Any = error.orig
    return error.connection_invalidated or getattr(orig, "sqlstate", None) in AGAIN_STATES
