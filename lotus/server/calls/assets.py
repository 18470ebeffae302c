"""Assets: files that were uploaded, for briefs to name."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from pydantic import Field

from lotus.db import tables as t
from lotus.db.records import Row, insert_new
from lotus.server.answers import Asset, AssetKind, Page
from lotus.server.calls.owners import check_sees
from lotus.server.calls.paging import Paging, page_of, paged
from lotus.server.calls.views import API
from lotus.server.refusals import Refusal
from lotus.server.requests import AssetAddress, RequestModel
from lotus.server.routes import ApiRequest
from lotus.server.sniffing import LIMITS, check_room, examined
from lotus.store.uploads import asset_object
from lotus.system.keys import file_digest

__all__ = ["AssetFilters", "Named", "content", "download", "keep", "list_", "show"]

_a = t.assets.c


class AssetFilters(Paging):
    """Which assets."""

    kind: AssetKind | None = None


class Named(RequestModel):
    """What the file is called where it comes from; people know it by that."""

    name: str = Field(
        default="upload", min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$"
    )


def keep(ask: ApiRequest) -> Asset:
    """Look at what was uploaded to the file of the body, and keep it under its hash."""
    return _keep(ask, ask.body, ask.query.name)


def download(ask: ApiRequest) -> Asset:
    """Download what is at a public address, and keep it as an upload is kept."""
    body: AssetAddress = ask.body
    with ask.service.workspace.folder() as folder:
        check_room(folder, max(LIMITS.values()))
        path = folder / "download"
        ask.service.downloader.save(body.url, path)
        return _keep(ask, path, body.name)


def _keep(ask: ApiRequest, path: Path, name: str) -> Asset:
    found = examined(path)
    digest = file_digest(path)
    row: Row = {
        "id": f"{digest}{found.suffix}",
        "name": name,
        "kind": found.kind,
        "size_bytes": path.stat().st_size,
        "seconds": found.seconds,
        "width": found.width,
        "height": found.height,
        "created_at": t.now(),
    }
    ask.service.workspace.store.put(path, asset_object(row["id"]))
    return _shown(ask.service.workspace.db.run(_kept, row))


def _kept(connection: sa.Connection, row: Row) -> Row:
    """The row as it is kept: of who was first."""
    insert_new(connection, t.assets, [row])
    return _found(connection, row["id"])


def list_(ask: ApiRequest) -> Page[Asset]:
    """The last in order of id first; an id says nothing of time, since it is a hash."""
    check_sees(ask.token)
    query = sa.select(t.assets)
    if ask.query.kind is not None:
        query = query.where(_a.kind == ask.query.kind)
    with ask.service.workspace.db.read() as connection:
        rows = connection.execute(paged(query, _a.id, ask.query)).mappings().all()
        return page_of(
            [dict(r) for r in rows], ask.query, lambda some: [_shown(row) for row in some]
        )


def show(ask: ApiRequest) -> Asset:
    """One."""
    with ask.service.workspace.db.read() as connection:
        return _shown(_found(connection, ask.path["asset"]))


def content(ask: ApiRequest) -> str:
    """The object that holds its bytes."""
    return asset_object(show(ask).id)


def _found(connection: sa.Connection, asset_id: str) -> Row:
    row = connection.execute(sa.select(t.assets).where(_a.id == asset_id)).mappings().first()
    if row is None:
        remedy = "GET /api/v1/assets lists them"
        raise Refusal(status=404, reason=f"no asset {asset_id}", remedy=remedy)
    return dict(row)


def _shown(row: Row) -> Asset:
    return Asset.model_validate({**row, "href": f"{API}/assets/{row['id']}/content"})
