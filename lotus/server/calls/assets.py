"""Assets: files that were uploaded, for briefs to name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pydantic import Field

from lotus.db import tables as t
from lotus.db.records import Row, insert_new
from lotus.server.answers import Asset, AssetKind, Page
from lotus.server.calls.owners import check_sees, sees
from lotus.server.calls.paging import Paging, page_of, page_query
from lotus.server.calls.views import API
from lotus.server.refusals import Refusal
from lotus.server.requests import AssetAddress, RequestModel
from lotus.server.routes import ApiRequest
from lotus.server.sniffing import UPLOAD_LIMITS, check_room, examine, upload_suffix
from lotus.server.tokens import Token
from lotus.store.uploads import asset_object
from lotus.system.keys import file_digest

__all__ = [
    "AssetFilters",
    "UploadName",
    "UploadedFile",
    "content",
    "download",
    "keep",
    "keep_file",
    "list_",
    "show",
]

_a = t.assets.c
_o = t.asset_owners.c
NAMED_BY_OWNER = ("name", "created_at")  # columns that each owner has its own of


@dataclass(frozen=True)
class UploadedFile:
    """A file that came in, and the SHA-256 of its bytes."""

    path: Path
    digest: str

    @classmethod
    def read(cls, path: Path) -> UploadedFile:
        """A file whose bytes were not hashed as they came."""
        return cls(path, file_digest(path))


class AssetFilters(Paging):
    """Which assets."""

    kind: AssetKind | None = None


class UploadName(RequestModel):
    """What the file is called where it comes from; people know it by that."""

    name: str = Field(
        default="upload", min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$"
    )


def keep(ask: ApiRequest) -> Asset:
    """Look at what was uploaded to the file of the body, and keep it under its hash."""
    file: UploadedFile = ask.body
    return keep_file(ask, file, ask.query.name)


def download(ask: ApiRequest) -> Asset:
    """Download what is at a public address, and keep it as an upload is kept."""
    body: AssetAddress = ask.body
    with ask.service.workspace.folder() as folder:
        check_room(folder, max(UPLOAD_LIMITS.values()))
        path = folder / "download"
        ask.service.downloader.save(body.url, path)
        return keep_file(ask, UploadedFile.read(path), body.name)


def keep_file(ask: ApiRequest, file: UploadedFile, name: str) -> Asset:
    """Look at a file, and keep it as an asset of the caller; bytes that are an asset already are
    not looked at again.
    """
    workspace = ask.service.workspace
    asset_id = f"{file.digest}{upload_suffix(file.path)}"
    facts = workspace.db.ask(_find, asset_id, ask.token)  # not of others': time would tell of it
    if facts is None or not workspace.store.exists(asset_object(asset_id)):
        facts = _facts(file.path)
        workspace.store.put(file.path, asset_object(asset_id))
    row: Row = {**facts, "id": asset_id, "name": name, "created_at": t.now()}
    return _view(workspace.db.run(_record, row, ask.token))


def _facts(path: Path) -> Row:
    media = examine(path)
    shape = {"seconds": media.seconds, "width": media.width, "height": media.height}
    return {"kind": media.kind, "size_bytes": path.stat().st_size, **shape}


def _record(connection: sa.Connection, row: Row, token: Token | None) -> Row:
    """The row as this caller sees it: bytes that are there already are one asset, and whoever
    uploads them owns it too, under a name of their own.
    """
    insert_new(connection, t.assets, [row])
    if token is not None:
        owner = {name: row[name] for name in ("name", "created_at")}
        insert_new(
            connection, t.asset_owners, [{"asset_id": row["id"], "token": token.id, **owner}]
        )
    return _row(connection, row["id"], token)


def list_(ask: ApiRequest) -> Page[Asset]:
    """The last in order of id first; an id says nothing of time, since it is a hash."""
    check_sees(ask.token)
    query = sa.select(t.assets)
    if ask.query.kind is not None:
        query = query.where(_a.kind == ask.query.kind)
    with ask.service.workspace.db.read() as connection:
        rows = connection.execute(page_query(query, _a.id, ask.query)).mappings().all()
        return page_of(
            [dict(r) for r in rows], ask.query, lambda some: [_view(row) for row in some]
        )


def show(ask: ApiRequest) -> Asset:
    """One."""
    with ask.service.workspace.db.read() as connection:
        return _view(_row(connection, ask.path["asset"], ask.token))


def content(ask: ApiRequest) -> str:
    """The object that holds its bytes."""
    return asset_object(show(ask).id)


def _row(connection: sa.Connection, asset_id: str, token: Token | None) -> Row:
    """An asset that the caller may see; raises Refusal for one of somebody else's, as for one that
    is not there.
    """
    row = _find(connection, asset_id, token)
    if row is None:
        remedy = "POST /api/v1/assets uploads it"
        raise Refusal(status=404, reason=f"no asset {asset_id}", remedy=remedy)
    return row


def _find(connection: sa.Connection, asset_id: str, token: Token | None) -> Row | None:
    """An asset that the caller may see, under the name that they gave it."""
    ownership = (_o.asset_id == _a.id) & (_o.token == (token.id if token is not None else ""))
    names = {name: sa.func.coalesce(_o[name], _a[name]).label(name) for name in NAMED_BY_OWNER}
    columns = [column for column in _a if column.name not in names]
    query = sa.select(*columns, *names.values()).select_from(
        t.assets.outerjoin(t.asset_owners, ownership)
    )
    query = query.where(_a.id == asset_id)
    if not sees(token):
        query = query.where(_o.token.is_not(None))
    row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else None


def _view(row: Row) -> Asset:
    return Asset.model_validate({**row, "href": f"{API}/assets/{row['id']}/content"})
