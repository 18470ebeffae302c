"""`lotus ops sql` answers by a role that can only read, and takes one statement."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from lotus.aws.begin import new_secret
from lotus.aws.read_sql import READER, rows_of
from lotus.db import Database
from lotus.server.tokens import find_token
from lotus.workspace import Workspace
from tests.driving import inside

WRITING = (
    "CREATE TABLE x (n int)",
    "INSERT INTO things VALUES (2)",
    "SELECT 1; COMMIT; INSERT INTO things VALUES (2)",
    "RESET ROLE; INSERT INTO things VALUES (2)",
)


def test_a_query_is_answered_and_nothing_is_written(database_url: str) -> None:
    db = Database(database_url)
    with db.begin() as connection:
        connection.execute(sa.text("CREATE TABLE things (n int)"))
        connection.execute(sa.text("INSERT INTO things VALUES (1)"))
    for _ in range(2):
        assert rows_of(db, "SELECT n, n + 1 AS more FROM things") == [{"n": 1, "more": 2}]
    for query in WRITING:
        with pytest.raises(
            Exception, match=r"(?i)read-only|readonly|permission|multiple|one statement|syntax"
        ):
            rows_of(db, query)
    assert rows_of(db, "SELECT count(*) AS n FROM things") == [{"n": 1}]
    if db.dialect == "postgresql":
        assert rows_of(db, "SELECT current_user AS who") == [{"who": READER}]
    with db.begin() as connection:  # the connection that was lent can write again
        connection.execute(sa.text("INSERT INTO things VALUES (3)"))
    db.close()


def test_a_token_that_was_made_elsewhere_is_kept_by_its_digest(home: Path) -> None:
    secret, digest = new_secret()
    assert digest == hashlib.sha256(secret.encode()).hexdigest()
    assert inside("db", "init").code == 0
    said = inside("tokens", "create", "me", "--digest", digest)
    assert said.code == 0, said.err
    assert secret not in said.out
    found = find_token(Workspace.open().db, secret)
    assert found is not None
    assert (found.name, found.scope) == ("me", "write")
    assert "is not a SHA-256" in inside("tokens", "create", "me", "--digest", "abc").error
