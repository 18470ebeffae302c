"""Uploads to a signed address: of the bucket, or of the service where the store is a folder.

The bytes become an asset when the caller says that they are there; they are looked at then, as all
uploads are.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.server.answers import Asset, UploadAddress
from lotus.server.calls.assets import UploadedFile, keep_file
from lotus.server.calls.views import API
from lotus.server.refusals import Refusal
from lotus.server.requests import UploadRequest
from lotus.server.routes import ApiRequest

__all__ = ["PREFIX", "begin", "complete", "find_upload", "upload_object"]

PREFIX = "/uploads"  # of addresses of the service that take a file
SECONDS = 3600
LIFETIME = timedelta(days=1)
_u = t.uploads.c


def upload_object(upload_id: str) -> str:
    """Where the bytes are until they are an asset; what nobody completes goes by itself."""
    return f"temp/uploads/{upload_id}"


def begin(ask: ApiRequest) -> UploadAddress:
    """An address for a file of a known size."""
    body: UploadRequest = ask.body
    workspace = ask.service.workspace
    upload_id, key, now = t.new_id(), secrets.token_urlsafe(32), t.now()
    row: Row = {
        "id": upload_id,
        "token": ask.token.id if ask.token is not None else None,
        "name": body.name,
        "size_bytes": body.size_bytes,
        "digest": _digest(key),
        "created_at": now,
        "expires_at": now + timedelta(seconds=SECONDS),
    }
    workspace.db.run(_add, row)
    url = workspace.store.upload_link(upload_object(upload_id), body.size_bytes, SECONDS)
    site = workspace.settings.public_url or ask.service.address
    return UploadAddress(
        id=upload_id,
        url=url or f"{site}{PREFIX}/{upload_id}?key={key}",
        size_bytes=body.size_bytes,
        expires_at=row["expires_at"],
        complete=f"{API}/assets/uploads/{upload_id}/complete",
    )


def _add(connection: sa.Connection, row: Row) -> None:
    connection.execute(t.uploads.delete().where(_u.expires_at < row["created_at"] - LIFETIME))
    connection.execute(t.uploads.insert().values(row))


def complete(ask: ApiRequest) -> Asset:
    """The bytes are there: look at them, and keep them as an asset."""
    workspace = ask.service.workspace
    upload_id = ask.path["id"]
    mine = _u.id == upload_id
    if ask.token is not None:
        mine &= _u.token == ask.token.id
    query = sa.select(t.uploads).where(mine)
    row = workspace.db.ask(lambda connection: connection.execute(query).mappings().first())
    if row is None:
        remedy = "POST /api/v1/assets/uploads begins one"
        raise Refusal(status=404, reason=f"no upload {upload_id}", remedy=remedy)
    key = upload_object(upload_id)
    head = workspace.store.head(key)
    if head is None or head.size_bytes != row["size_bytes"]:
        reason = (
            "the file was not uploaded"
            if head is None
            else "its size differs from the declared one"
        )
        raise Refusal(status=409, reason=reason, remedy="PUT the whole file to its url first")
    try:
        asset = keep_file(ask, UploadedFile.read(workspace.store.path(key)), row["name"])
    finally:
        _forget(ask, upload_id)
    return asset


def _forget(ask: ApiRequest, upload_id: str) -> None:
    """What was looked at is an asset now, or never will be."""
    workspace = ask.service.workspace
    workspace.db.run(sa.Connection.execute, t.uploads.delete().where(_u.id == upload_id))
    workspace.store.delete(upload_object(upload_id))


def find_upload(db: Database, upload_id: str, key: str) -> Any:
    """The row of an upload, if the key is its own and it has not expired."""
    query = sa.select(t.uploads).where(_u.id == upload_id, _u.expires_at > t.now())
    row = db.ask(lambda connection: connection.execute(query).mappings().first())
    return row if row is not None and hmac.compare_digest(row["digest"], _digest(key)) else None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
