"""Files that people have uploaded, as briefs and timelines name them: `asset:HASH.png`.

Each is an object of the store, so such a name says the same on every machine; work begins by
putting a local file in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from lotus.errors import InvalidInput, StoreError
from lotus.store import Store, object_key

__all__ = [
    "ASSET",
    "MARK",
    "SOURCE_FIELDS",
    "SUFFIXES",
    "asset_object",
    "local",
    "replace_names",
    "sources_in",
]

MARK = "asset:"
SUFFIXES = {  # what may be uploaded -> its kind
    **dict.fromkeys((".png", ".jpg", ".webp", ".gif", ".svg"), "image"),
    **dict.fromkeys((".wav", ".mp3", ".flac", ".ogg", ".m4a"), "audio"),
    **dict.fromkeys((".mp4", ".webm", ".mkv"), "video"),
}
ASSET = re.compile(rf"[0-9a-f]{{64}}({'|'.join(map(re.escape, SUFFIXES))})")
# whose text may name a file
SOURCE_FIELDS = (
    "source",
    "logo",
    "font",
    "reference",
    "audio",
    "music",
    "captions",
    "first_frame",
    "last_frame",
)
SOURCE_LISTS = ("references",)

Model = TypeVar("Model", bound=BaseModel)


def asset_object(asset_id: str) -> str:
    """Where an asset is kept; raises InvalidInput for what is no asset's id."""
    if not ASSET.fullmatch(asset_id):
        remedy = "upload the file, and write asset: and the id that it is given"
        raise InvalidInput(
            file="", field="asset", reason=f"'{asset_id[:100]}' is not an asset", remedy=remedy
        )
    digest, _, suffix = asset_id.partition(".")
    return object_key("uploads", digest, f".{suffix}")


def sources_in(document: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in plain data that may name a file, with its field."""
    if isinstance(document, dict):
        for name, value in document.items():
            path = f"{field}.{name}" if field else str(name)
            if name in SOURCE_FIELDS and isinstance(value, str):
                yield path, value
            elif name in SOURCE_LISTS and isinstance(value, list | tuple):
                texts = (text for text in value if isinstance(text, str))
                yield from ((f"{path}[{i}]", text) for i, text in enumerate(texts))
            else:
                yield from sources_in(value, path)
    elif isinstance(document, list | tuple):
        for i, value in enumerate(document):
            yield from sources_in(value, f"{field}[{i}]")


def replace_names(document: Any, change: Callable[[str], str]) -> Any:
    """The same plain data, with every text that may name a file changed."""
    if isinstance(document, dict):
        return {name: _replaced_field(name, value, change) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [replace_names(value, change) for value in document]
    return document


def _replaced_field(name: str, value: Any, change: Callable[[str], str]) -> Any:
    if name in SOURCE_FIELDS and isinstance(value, str):
        return change(value)
    if name in SOURCE_LISTS and isinstance(value, list | tuple):
        return [change(text) if isinstance(text, str) else text for text in value]
    return replace_names(value, change)


def local(model: Model, store: Store) -> tuple[Model, dict[str, str]]:
    """The same brief, storyboard or timeline with local files for its assets; and which asset each
    file is.

    Raises InvalidInput for an asset that is not there.
    """
    document = model.model_dump(mode="json")
    files: dict[str, str] = {}
    for field, value in sources_in(document):
        if value.startswith(MARK) and value not in files:
            files[value] = _file(store, field, value.removeprefix(MARK))
    if not files:
        return model, {}
    replacement = type(model).model_validate(
        replace_names(document, lambda text: files.get(text, text))
    )
    return replacement, {path: asset for asset, path in files.items()}


def _file(store: Store, field: str, asset_id: str) -> str:
    try:
        return str(store.path(asset_object(asset_id)).absolute())
    except (StoreError, InvalidInput) as exc:
        reason = "is not there" if isinstance(exc, StoreError) else "is not an asset"
        remedy = "upload the file, and write asset: and the id that it is given"
        raise InvalidInput(
            file="", field=field, reason=f"'{MARK}{asset_id[:100]}' {reason}", remedy=remedy
        ) from exc
