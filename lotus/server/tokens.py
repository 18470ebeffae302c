"""Tokens of the service: made once, shown once, kept as a hash, revoked at any time."""

from __future__ import annotations

import hashlib
import re
import secrets
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName, not_one
from lotus.money.ledger import Usd
from lotus.pipeline.job import Moment

__all__ = ["GRANTS", "Token", "create_token", "find_token", "list_tokens", "revoke_token"]

Scope = Literal["read", "review", "write", "all"]
GRANTS: dict[str, tuple[str, ...]] = {  # a token's scope -> what its bearer may do
    "read": ("read", "see"),
    "review": ("read", "see", "review"),
    "write": ("read", "write"),  # sees only what it made itself
    "all": ("read", "see", "review", "write"),
}
PREFIX = "lotus_"
BYTES = 32  # of randomness: nothing that could be guessed, so that a plain hash of it is enough
_c = t.tokens.c


class Token(BaseModel, frozen=True):
    """A token without its secret; `budget_usd` and `most_jobs` limit the jobs that it asks for."""

    id: str
    name: str
    scope: Scope
    created_at: Moment
    revoked_at: Moment | None
    budget_usd: Usd | None = None
    most_jobs: int | None = None

    def allows(self, action: str) -> bool:
        """Whether its bearer may read, see what others made, review or write."""
        return self.revoked_at is None and action in GRANTS[self.scope]


def create_token(
    db: Database,
    name: str,
    scope: str,
    *,
    budget_usd: Decimal | None = None,
    most_jobs: int | None = None,
    digest: str = "",
) -> tuple[Token, str]:
    """A new token and its secret, which cannot be had again; no secret for the digest (SHA-256) of
    a token that was made where no log sees it. Raises InputError.
    """
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        reason = "is not a SHA-256 in lower-case hexadecimal digits"
        remedy = "leave it out, or let `lotus ops tokens create` make it"
        raise InvalidInput(file="", field="digest", reason=reason, remedy=remedy)
    if scope not in GRANTS:
        raise UnknownName("scope", scope, GRANTS)
    if not 1 <= len(name.strip()) <= 80:
        reason = "has 1 to 80 characters"
        remedy = "say who uses it, such as 'nightly batch'"
        raise InvalidInput(file="", field="name", reason=reason, remedy=remedy)
    secret = "" if digest else PREFIX + secrets.token_urlsafe(BYTES)
    row: dict[str, Any] = {
        "id": t.new_id(),
        "name": name.strip(),
        "scope": scope,
        "created_at": t.now(),
        "budget_usd": budget_usd,
        "most_jobs": most_jobs,
    }
    db.run(sa.Connection.execute, t.tokens.insert().values(digest=digest or _digest(secret), **row))
    return Token(revoked_at=None, **row), secret


def find_token(db: Database, secret: str) -> Token | None:
    """Whose secret it is; None if nobody's, or if it was revoked."""
    mine = (_c.digest == _digest(secret)) & _c.revoked_at.is_(None)
    row = db.ask(
        lambda connection: connection.execute(sa.select(t.tokens).where(mine)).mappings().first()
    )
    return _token(row) if row is not None else None


def list_tokens(db: Database) -> list[Token]:
    """All tokens, the newest first, those that were revoked too."""
    with db.read() as connection:
        rows = connection.execute(sa.select(t.tokens).order_by(_c.id.desc())).mappings().all()
    return [_token(row) for row in rows]


def revoke_token(db: Database, name: str) -> Token:
    """End a token, named by its id or by the beginning or end of it; raises InvalidInput."""
    return db.run(_revoke, name)


def _revoke(connection: sa.Connection, name: str) -> Token:
    alike = _c.id.startswith(name, autoescape=True) | _c.id.endswith(name, autoescape=True)
    rows = connection.execute(sa.select(t.tokens).where(alike)).mappings().all()
    if len(rows) != 1:
        raise not_one("token", name, len(rows), "see `lotus tokens list`")
    row = {**rows[0], "revoked_at": rows[0]["revoked_at"] or t.now()}
    connection.execute(
        t.tokens.update().where(_c.id == row["id"]).values(revoked_at=row["revoked_at"])
    )
    return _token(row)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _token(row: Any) -> Token:
    return Token(**{name: row[name] for name in Token.model_fields})
