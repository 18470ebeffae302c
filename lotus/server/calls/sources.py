"""What a request may name: assets that were uploaded, beds by name, and nothing else of this
machine.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lotus.errors import InvalidInput
from lotus.settings import Settings
from lotus.store.uploads import ASSET, MARK, sources_in

__all__ = ["check_named", "file_name", "scrubbed"]


def check_named(*models: BaseModel | None) -> None:
    """Raise InvalidInput for the first file or address that is no asset; nothing is opened for
    that.
    """
    for model in models:
        if model is None:
            continue
        for field, value in sources_in(model.model_dump(mode="json")):
            if not _is_allowed(field, value):
                raise InvalidInput(
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
    if re.search(r"audio\[\d+\]\.source$", field) and re.fullmatch(r"bed:[a-z_]{1,40}", value):
        return True
    return value.startswith(MARK) and ASSET.fullmatch(value.removeprefix(MARK)) is not None


def file_name(source: str) -> str:
    """What others may see of a source: an asset or a bed as it is, of a file of this machine its
    name.
    """
    return source if source.startswith(MARK) or source.isidentifier() else Path(source).name


def scrubbed(said: Any, settings: Settings) -> Any:
    """The same without the names of this machine's folders."""
    if isinstance(said, dict):
        return {name: scrubbed(value, settings) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [scrubbed(value, settings) for value in said]
    if not isinstance(said, str):
        return said
    for place in (settings.store_url, str(settings.home), str(Path.home())):
        said = said.replace(place, "")
    return said
