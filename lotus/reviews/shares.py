"""Links by which somebody without an account sees one video: a random secret that is kept as a
hash, ends at a time or when somebody ends it, and counts how often it was opened.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.pipeline.job import Moment

__all__ = [
    "LONGEST_DAYS",
    "Share",
    "count_view",
    "create_share",
    "find_share",
    "list_shares",
    "revoke_share",
    "unlocks",
]

BYTES = 32  # of randomness: nothing that could be guessed, so a plain hash of it is enough
LONGEST_DAYS = 365
SHORTEST_PASSWORD = 6
LONGEST_PASSWORD = 200
SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # 16 MB and some 50 ms a guess (OWASP, Password Storage)
_c = t.shares.c


class Share(BaseModel, frozen=True):
    """A link without its secret; `guarded` if it asks for a password."""

    id: str
    job_id: str
    name: str
    created_by: str
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    views: int
    viewed_at: Moment | None
    guarded: bool


def create_share(
    db: Database,
    job_id: str,
    *,
    created_by: str,
    name: str = "",
    days: int = 14,
    password: str = "",
) -> tuple[Share, str]:
    """A new link and its secret, which cannot be had again; raises InvalidInput."""
    if not 1 <= days <= LONGEST_DAYS:
        reason = f"{days} is outside 1 to {LONGEST_DAYS}"
        raise InvalidInput(file="", field="days", reason=reason, remedy="write a number such as 14")
    if password and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        raise InvalidInput(
            file="",
            field="password",
            reason=reason,
            remedy="write a longer or shorter one, or leave it out",
        )
    if len(name) > 80 or (name and not name.isprintable()):
        reason = "is longer than 80 characters, or has unprintable ones"
        remedy = "write who the link is for"
        raise InvalidInput(file="", field="name", reason=reason, remedy=remedy)
    secret = secrets.token_urlsafe(BYTES)
    now = t.now()
    row: dict[str, Any] = {
        "id": t.new_id(),
        "job_id": job_id,
        "digest": _digest(secret),
        "password": _hash(password) if password else None,
        "name": name.strip(),
        "created_by": created_by[:80],
        "created_at": now,
        "expires_at": now + timedelta(days=days),
        "revoked_at": None,
        "views": 0,
        "viewed_at": None,
    }
    db.run(sa.Connection.execute, t.shares.insert().values(**row))
    return _share(row), secret


def find_share(db: Database, secret: str) -> Share | None:
    """The link with this secret, if it is still one."""
    open_one = (_c.digest == _digest(secret)) & _c.revoked_at.is_(None) & (_c.expires_at > t.now())
    query = sa.select(t.shares).where(open_one)
    row = db.ask(lambda connection: connection.execute(query).mappings().first())
    return _share(row) if row is not None else None


def unlocks(db: Database, share_id: str, password: str) -> bool:
    """Whether it is the password of a link; takes its time, so that guesses are few."""
    query = sa.select(_c.password).where(_c.id == share_id)
    secret_digest = db.ask(lambda connection: connection.scalar(query))
    if secret_digest is None or len(password) > LONGEST_PASSWORD:
        return False
    salt, _, _ = secret_digest.partition("$")
    return hmac.compare_digest(secret_digest, _hash(password, bytes.fromhex(salt)))


def count_view(db: Database, share_id: str) -> None:
    """Somebody opened it."""
    values = {"views": _c.views + 1, "viewed_at": t.now()}
    db.run(sa.Connection.execute, t.shares.update().where(_c.id == share_id).values(values))


def list_shares(connection: sa.Connection, job_id: str) -> list[Share]:
    """The links to a video, the newest first, those that ended too."""
    query = sa.select(t.shares).where(_c.job_id == job_id).order_by(_c.id.desc()).limit(100)
    return [_share(row) for row in connection.execute(query).mappings()]


def revoke_share(db: Database, job_id: str, share_id: str) -> None:
    """End a link at once; raises InvalidInput if the video has none with this id."""
    mine = (_c.id == share_id) & (_c.job_id == job_id)
    change = t.shares.update().where(mine).values(revoked_at=t.now())
    if not db.run(lambda connection: connection.execute(change).rowcount):
        reason = f"no link has the id '{share_id[:40]}'"
        raise InvalidInput(file="", field="link", reason=reason, remedy="reload the page")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _hash(password: str, salt: bytes | None = None) -> str:
    salt = secrets.token_bytes(16) if salt is None else salt
    key = hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, **SCRYPT)
    return f"{salt.hex()}${key.hex()}"


def _share(row: Any) -> Share:
    values = {name: row[name] for name in Share.model_fields if name != "guarded"}
    return Share(**values, guarded=row["password"] is not None)
