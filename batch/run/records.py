"""Records of an executed notebook: `lotus.record`, and what scrapbook and papermill 1 glued."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from batch.rows import runs
from lotus.db import tables as t
from lotus.errors import InvalidInput, LotusError
from lotus.notebook.records import NAME_CHARS, RECORD_MIME
from lotus.workspace import Workspace

__all__ = ["holds_records", "records_of", "replace_records", "storable"]

SCRAPS = ("application/scrapbook.scrap.", "+json")
PAPERMILL = "application/papermill.record+json"  # pm.record, before scrapbook
MOST_INTEGER = 2**63 - 1
PICTURES = {"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}


def storable(text: str) -> str:
    """The text as databases keep it: PostgreSQL has no NUL, and no half of a surrogate pair."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def holds_records(content: Any) -> bool:
    """Whether the content of an output's message holds records."""
    data = content.get("data", {})
    if content.get("metadata", {}).get("scrapbook"):
        return True
    return any(kind in (RECORD_MIME, PAPERMILL) or kind.startswith(SCRAPS[0]) for kind in data)


def records_of(workspace: Workspace, row: runs.Row, outputs: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows for `run_records`; the last record of a name counts. Figures go to the store.

    Raises InvalidInput for outputs that are no records although they say so.
    """
    records: dict[str, dict[str, Any]] = {}
    for record in _every(outputs):
        name = storable(str(record.pop("name")))[:NAME_CHARS]
        picture = record.pop("picture", None)
        if picture is not None:
            record["object"] = _keep(workspace, row, *picture)
        records[name] = _row(row, name, record)
    return list(records.values())


def _every(outputs: Iterable[Any]) -> list[dict[str, Any]]:
    try:
        return [record for output in outputs for record in _read(output)]
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as exc:
        reason = f"cannot be read: {' '.join(str(exc).split())[:200] or type(exc).__name__}"
        remedy = "record it again with lotus.record"
        raise InvalidInput(file="", field="record", reason=reason, remedy=remedy) from exc


def replace_records(connection: sa.Connection, run_id: str, records: list[dict[str, Any]]) -> None:
    """The records of a run are those of its last attempt."""
    connection.execute(t.run_records.delete().where(t.run_records.c.run_id == run_id))
    if records:
        connection.execute(t.run_records.insert(), records)


def _read(output: Any) -> Iterator[dict[str, Any]]:
    data = output.get("data", {})
    for kind, content in data.items():
        if kind == RECORD_MIME and isinstance(content, dict) and "name" in content:
            record = {**content}
            if record.get("kind") == "figure":
                record["picture"] = _picture(data)
            yield record
        elif kind.startswith(SCRAPS[0]) and kind.endswith(SCRAPS[1]):
            yield from _scrap(content)
        elif kind == PAPERMILL:
            for name, value in content.items():
                yield {"name": name, **_by_value(value)}
    scrap = output.get("metadata", {}).get("scrapbook", {})
    if scrap.get("display") and (picture := _picture(data)) is not None:
        yield {"name": scrap["name"], "kind": "figure", "picture": picture}


def _scrap(content: Any) -> Iterator[dict[str, Any]]:
    """https://nteract-scrapbook.readthedocs.io/en/latest/models.html: name, data, encoder."""
    if not isinstance(content, dict) or "name" not in content or content.get("data") is None:
        return
    if content.get("encoder") == "pandas":
        yield {"name": content["name"], **_parquet(content["data"])}
    else:
        yield {"name": content["name"], **_by_value(content["data"])}


def _parquet(text: str) -> dict[str, Any]:
    """Scrapbook's DataFrames: Parquet in base64."""
    import io
    import json

    import pandas as pd

    frame = pd.read_parquet(io.BytesIO(base64.b64decode(text)))
    split = json.loads(frame.to_json(orient="split", date_format="iso"))
    return {"kind": "table", "value": {"columns": split["columns"], "rows": split["data"]}}


def _by_value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"kind": "text", "value": value}
    plain = value is None or isinstance(value, bool | int | float)
    return {"kind": "number" if plain else "data", "value": value}


def _picture(data: Any) -> tuple[bytes, str] | None:
    for kind, suffix in PICTURES.items():
        if kind in data:
            text = "".join(data[kind])
            svg = suffix == ".svg"
            return text.encode() if svg else base64.b64decode(text), suffix
    return None


def _keep(workspace: Workspace, row: runs.Row, content: bytes, suffix: str) -> str | None:
    """Put a picture into the store, under its own hash."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    key = f"runs/{row['campaign_id']}/records/{digest}{suffix}"
    try:
        with workspace.folder() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(content)
            workspace.store.put(path, key)
    except LotusError:  # the picture is in the notebook too
        return None
    return key


def _row(row: runs.Row, name: str, record: dict[str, Any]) -> dict[str, Any]:
    value = record.get("value")
    kind = record.get("kind")
    if kind not in t.RECORD_KINDS:
        kind = "data"
    if isinstance(value, int) and abs(value) > MOST_INTEGER:  # no database keeps all its digits
        kind, value = "text", str(value)
    number = float(value) if isinstance(value, bool | int | float) and kind == "number" else None
    finite = number is None or math.isfinite(number)
    return {
        "run_id": row["id"],
        "campaign_id": row["campaign_id"],
        "name": name,
        "kind": kind,
        "number": number if finite else None,
        "text": storable(str(value)) if kind in ("text", "file") else None,
        "value": value if finite else None,
        "object": _own_object(row, record.get("object")),
    }


def _own_object(row: runs.Row, key: Any) -> str | None:
    """A record names no object but those of its own campaign's records."""
    mine = f"runs/{row['campaign_id']}/records/"
    return key if isinstance(key, str) and key.startswith(mine) else None
