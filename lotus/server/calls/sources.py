"""What a request may name: assets that were uploaded, beds by name, and nothing else of this
machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lotus.db import tables as t
from lotus.documents.brief import SPOKEN_CAPTIONS
from lotus.errors import InvalidInput
from lotus.server.calls.owners import owned_assets, sees
from lotus.server.routes import ApiRequest
from lotus.settings import Settings
from lotus.store.uploads import ASSET, MARK, sources_in

__all__ = ["check_named", "file_name", "scrub"]


def check_named(ask: ApiRequest, *models: BaseModel | None) -> None:
    """Raise InvalidInput for the first file or address that is no asset, or an asset of somebody
    else's; nothing is opened for that.
    """
    fields: dict[str, str] = {}  # assets, and the fields that name them
    for model in models:
        if model is None:
            continue
        for field, value in sources_in(model.model_dump(mode="json")):
            if not _is_allowed(field, value):
                raise _not_an_asset(field, value)
            if value.startswith(MARK):
                fields.setdefault(value.removeprefix(MARK), field)
    _check_owned(ask, fields)


def _check_owned(ask: ApiRequest, fields: Mapping[str, str]) -> None:
    """One of somebody else's is refused in the words for one that is not there."""
    if ask.token is None or sees(ask.token) or not fields:
        return
    query = owned_assets(ask.token).where(t.asset_owners.c.asset_id.in_(fields))
    own = set(ask.service.workspace.db.ask(lambda connection: connection.scalars(query).all()))
    for asset, field in fields.items():
        if asset not in own:
            raise InvalidInput(
                file="",
                field=field,
                reason=f"'{MARK}{asset}' is not there",
                remedy="upload the file, and write asset: and the id that it is given",
            )


def _not_an_asset(field: str, value: str) -> InvalidInput:
    return InvalidInput(
        file="",
        field=field,
        reason=f"'{value[:100]}' is not an asset",
        remedy="upload it by POST /api/v1/assets, then write asset: and its id",
    )


def _is_allowed(field: str, value: str) -> bool:
    if field.endswith("font"):
        return False  # no fonts are uploaded
    if field.endswith("music") and re.fullmatch(r"[a-z_]{1,40}", value):
        return True  # a bed by name; whether there is one is seen later
    if field.endswith("captions") and value in SPOKEN_CAPTIONS:
        return True
    if re.search(r"audio\[\d+\]\.source$", field) and re.fullmatch(r"bed:[a-z_]{1,40}", value):
        return True
    return value.startswith(MARK) and ASSET.fullmatch(value.removeprefix(MARK)) is not None


def file_name(source: str) -> str:
    """What others may see of a source: an asset or a bed as it is, of a file of this machine its
    name.
    """
    return source if source.startswith(MARK) or source.isidentifier() else Path(source).name


def scrub(document: Any, settings: Settings) -> Any:
    """The same without the names of this machine's folders."""
    if isinstance(document, dict):
        return {name: scrub(value, settings) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [scrub(value, settings) for value in document]
    if not isinstance(document, str):
        return document
    for place in (settings.store_url, str(settings.home), str(Path.home())):
        document = document.replace(place, "")
    return document
