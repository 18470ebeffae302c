"""Signing in to RDS by IAM: a token of AWS in the place of a password, new for each connection.

docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html. A token opens a
connection for fifteen minutes after it was made; a connection that is open stays open.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

__all__ = ["sign_in_by_token", "token_for"]

PORT = 5432
# RDS says so to a role that may sign in by IAM alone (a member of rds_iam)
BY_TOKEN_ALONE = "PAM authentication failed"


@cache
def _client() -> Any:
    """Boto3's client: tokens are signed by it, without a request."""
    import boto3

    return boto3.client("rds")


def token_for(url: sa.URL) -> str:
    """A token for the host and the user of an address. Raises botocore's errors."""
    return str(
        _client().generate_db_auth_token(
            DBHostname=url.host, Port=url.port or PORT, DBUsername=url.username
        )
    )


def sign_in_by_token(
    engine: sa.Engine, url: sa.URL, make_token: Callable[[sa.URL], str] = token_for
) -> None:
    """Let every new connection of the engine sign in by a token. Who has a password too (the owner
    of the tables) tries it first: the server knows which of the two it takes.
    """

    def connect(dialect: Any, _record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
        if os.environ.get("PGPASSWORD"):
            try:
                return dialect.connect(*arguments, **parameters)
            except dialect.loaded_dbapi.OperationalError as error:
                if BY_TOKEN_ALONE not in str(error):
                    raise
        return dialect.connect(*arguments, **{**parameters, "password": make_token(url)})

    event.listen(engine, "do_connect", connect)
